"""However a practice is left, at whatever stage: nothing of it goes on, and nothing of it stays on the disk."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bot.cli.conftest import ROOT
from tests.needs import needs

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("starting practice's", signal.SIGINT),
        ("playing what happened, 2", signal.SIGTERM),
        ("ready after", signal.SIGHUP),
        ("ready after", signal.SIGKILL),
    ],
)
async def test_whoever_leaves_leaves_nothing_behind(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C, `kill`, a closed window: exit 130 and all is cleared. After SIGKILL only the folder stays."""
    needs("kubectl")
    places = tmp_path / "tmp"
    places.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", "demo", "--cluster", "small", "--seed", "3"),
        env={**os.environ, "TMPDIR": str(places), "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    with _ended(process):
        said = await _until_said(process, stage)
        await asyncio.sleep(0.3)
        started = _processes_of(places)

        process.send_signal(number)
        async with asyncio.timeout(60):
            code = await process.wait()

    assert started, said
    assert code == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    async with asyncio.timeout(5):
        while left := _processes_of(places):
            await asyncio.sleep(0.05)
    assert left == []
    if number is not signal.SIGKILL:
        assert list(places.iterdir()) == []


async def _until_said(process: asyncio.subprocess.Process, stage: str) -> str:
    """What it said on the way; the process ending before is a failure that shows it."""
    said = ""
    assert process.stderr is not None
    async with asyncio.timeout(90):
        while stage not in said:
            line = await process.stderr.readline()
            assert line, said
            said += line.decode()
    return said


@contextmanager
def _ended(process: asyncio.subprocess.Process) -> Iterator[None]:
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()


def _processes_of(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder or were given it; not our own child itself."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command, given = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
        except OSError:
            continue
        is_it = b"bot.cli\0demo" in command
        if command and not is_it and str(folder).encode() in command + given:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found
