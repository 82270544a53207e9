"""A drill with somebody at a second terminal, and a practice where no sandbox works, both on the small cluster."""

import asyncio
import json
import os
import re
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.cli.drill import incidents
from bot.cli.practising import execute
from bot.settings import load_settings
from practice.children import ChildFailed, Children
from practice.ground import PracticeGround
from practice.scenario import NAMES
from practice.telemetry import Telemetry
from store import heartbeat
from store.record import Store
from tests.bot.cli.conftest import ROOT
from tests.needs import needs

pytestmark = pytest.mark.timeout(180)

REFUSAL = "bwrap: No permissions to create a new namespace"


@dataclass
class Running:
    """`hilda ...` with a pipe to type into; everything it says is kept."""

    process: asyncio.subprocess.Process
    said: str = ""

    async def until(self, pattern: str) -> re.Match[str]:
        """Wait until it has said that, in what it says on stderr."""
        assert self.process.stderr is not None
        async with asyncio.timeout(120):
            while (found := re.search(pattern, self.said)) is None:
                line = await self.process.stderr.readline()
                assert line, self.said
                self.said += line.decode()
        return found

    def type(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())


@asynccontextmanager
async def hilda(folder: Path, *words: str, **environment: str) -> AsyncIterator[Running]:
    needs("kubectl")
    given = {"TMPDIR": str(folder), "HILDA_STATE_DIR": str(folder / "state"), "PYTHONPATH": str(ROOT), **environment}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", *words),
        env={**os.environ, **given},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def a_drill_of(scenario: str) -> int:
    """A seed whose first incident is that one."""
    return next(seed for seed in range(1, 1000) if next(incidents(list(NAMES), seed))[0] == scenario)


@pytest.mark.sandbox
async def test_a_drill_is_won_from_two_terminals(tmp_path: Path) -> None:
    """One person asks and climbs; another sources the file from the card, looks with kubectl, and approves."""
    seed = a_drill_of("config-key")
    drill = ("drill", "--rounds", "1", "--seed", str(seed), "--cluster", "small", "-o", "json")
    async with hilda(tmp_path, *drill) as first:
        file = (await first.until(r"\. (/\S+/second-terminal)")).group(1)
        first.type("done", "what is wrong?", "script")
        await first.until(r"\[a\] Approve")

        second = await asyncio.create_subprocess_exec(
            *("/bin/bash", "-ec", SECOND_TERMINAL.format(file=file)),
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await second.communicate()
        await first.until("Done and verified")
        first.type("done")
        out, _ = await first.process.communicate()

    assert second.returncode == 0, told.decode()
    assert "is approved" in told.decode()
    assert "not approved" in told.decode()
    assert "approved by lead" in first.said
    assert first.process.returncode == 0, first.said[-2000:]
    (result,) = json.loads(out)["rounds"]
    assert (result["scenario"], result["slips"], result["points"] > 0) == ("config-key", 1, True)
    assert 0 < result["cause"] < result["approved"] < result["healed"]
    (history,) = (tmp_path / "state").rglob("drills.jsonl")
    assert len(history.read_text().splitlines()) == 1


SECOND_TERMINAL = """
. {file}
kubectl get pods -A
digest=$(hilda proposals show -o json | grep '"digest"' | cut -d'"' -f4 | cut -c1-12)
hilda proposals approve --as oncall --digest "$digest" || echo "not approved: one's own"
hilda proposals approve --as lead --digest "$digest"
"""


async def test_without_a_sandbox_everything_works_up_to_the_approval(tmp_path: Path) -> None:
    """The first card and the approval say what is missing and how to get it; exit 3, and nothing was changed."""
    broken = tmp_path / "programs" / "bwrap"
    broken.parent.mkdir()
    broken.write_text(f"#!/bin/sh\necho '{REFUSAL}' >&2\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)

    path = f"{broken.parent}:{os.environ['PATH']}"
    async with hilda(tmp_path, "demo", "--play", "--seed", "6", "--cluster", "small", PATH=path) as demo:
        out, err = await demo.process.communicate()

    told = out.decode()
    first, approved = told.split("> what is wrong")[0], told.split("● Approved")[1]
    for card in (first, approved):
        assert REFUSAL in " ".join(card.split())
        assert "user namespaces" in " ".join(card.split())
    assert "it waits: nothing here can run it" in approved
    assert "not healed" in told
    assert demo.process.returncode == 3, err.decode()


async def test_without_metrics_of_the_present_nothing_runs_and_the_approver_hears_why(tmp_path: Path) -> None:
    """A Prometheus that ended on the way: no executor is started, and the record says what is the matter."""

    class Ended(Telemetry):
        async def goes_on(self) -> None:
            raise ChildFailed("prometheus ended with exit code 1")

    ground = cast("PracticeGround", SimpleNamespace(telemetry=Ended("", Children(tmp_path))))
    settings = load_settings(state_dir=tmp_path, database_url="")
    store = await Store.open(settings.database, settings.audit_key)

    await execute(ground, store, "practice", settings)

    why = await heartbeat.why_nobody_runs(store, "practice", datetime.now(UTC))
    await store.close()
    assert "prometheus ended with exit code 1" in why
