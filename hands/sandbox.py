"""Runs a script where it can reach nothing but an API proxy, and keeps what it says and takes within bounds."""

import asyncio
import contextlib
import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import ToolFailed
from domain.proposals import Proposal
from hands import amtool, forwarder
from hands.control_group import control_group
from hands.output import BoundedOutput
from hands.profile import (
    AMTOOL,
    FORWARDER,
    KUBECONFIG,
    SCRIPT,
    SOCKET,
    Limits,
    Surroundings,
    behind_the_forwarder,
    command_line,
    kubeconfig,
    limited,
    surroundings,
)
from hands.programs import Bind, Programs
from policy.redaction import redact
from policy.untrusted import clean
from store.ledger.claimed import ClaimedExecution

OnLine = Callable[[str], Awaitable[None]]
_LETS_GO_WITHIN = 3.0
"""Seconds in which everything inside ends once the lifeline is let go."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one script. `exit_code` is None when it was killed."""

    exit_code: int | None
    output: str
    """Bounded, cleaned, redacted."""
    truncated: bool
    took_seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """One script with everything it is allowed to see."""

    script: str
    around: Surroundings
    output_cap: int
    context: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class Sandbox:
    """Only a claim makes what `run` takes; `look` takes any proposal, and its caller must give a read-only proxy."""

    programs: Programs
    limits: Limits = field(default_factory=Limits)

    async def run(self, claimed: ClaimedExecution, socket: Path, *, on_line: OnLine | None = None) -> Ran:
        """Run the approved script once, with the API behind `socket`."""
        proposal = claimed.proposal
        return await self.start(_contents(proposal, proposal.script.run), socket, on_line=on_line)

    async def look(self, proposal: Proposal, socket: Path, *, seconds: float) -> Ran:
        """Run the verify script once. It changes nothing because the proxy behind `socket` lets no write through."""
        return await self.start(_contents(proposal, proposal.script.verify), socket, seconds=seconds)

    async def start(
        self, contents: Contents, socket: Path, *, seconds: float | None = None, on_line: OnLine | None = None
    ) -> Ran:
        """Run any script; the sandbox's own trials use it too."""
        seconds = contents.around.timeout_seconds if seconds is None else seconds
        output = BoundedOutput(contents.output_cap)
        began = time.monotonic()
        async with self._process(contents, socket) as process:
            why = ""
            try:
                async with asyncio.timeout(seconds):
                    await _read(process, output, on_line)
                    await process.wait()
            except TimeoutError:
                why = f"killed: it took longer than {seconds:g} s"
            await _end(process)
            code = process.returncode
        exit_code = None if why or code is None or code < 0 else code
        if not why and exit_code is None:
            why = f"ended by signal {-(code or 0)}"
        text = redact(clean(output.text(), cap=contents.output_cap + 200))
        return Ran(exit_code, text, output.truncated, time.monotonic() - began, why)

    @contextlib.asynccontextmanager
    async def _process(self, contents: Contents, socket: Path) -> AsyncIterator[asyncio.subprocess.Process]:
        folder = _written(contents, self.programs)
        name = secrets.token_hex(6)
        try:
            binds = (
                Bind(str(folder / "script"), SCRIPT),
                Bind(str(folder / "kubeconfig"), KUBECONFIG),
                Bind(str(socket), SOCKET),
                Bind(forwarder.__file__, FORWARDER),
                Bind(str(folder / "amtool"), AMTOOL),
            )
            script = limited(contents.around, self.limits, [contents.around.interpreter, SCRIPT])
            inside = behind_the_forwarder(self.programs, script)
            command = command_line(self.programs, contents.around, self.limits, binds=binds, command=inside)
            with control_group(name, self.limits) as group:
                process = await _started(group.entering(command))
                try:
                    yield process
                finally:
                    await _end(process)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _started(command: list[str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # bubblewrap's own environment can be read inside, as /proc/1/environ.
            env={},
            cwd="/",
            umask=0o077,
        )
    except OSError as broken:
        raise ToolFailed(f"The sandbox {command[0]} cannot be started: {broken}.") from broken


def _written(contents: Contents, programs: Programs) -> Path:
    """A private folder with what is bound into the sandbox."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="hilda-run-"))
        (folder / "script").write_bytes(contents.script.encode())
        (folder / "kubeconfig").write_text(kubeconfig(contents.context, contents.namespace))
        (folder / "amtool").write_text(f"#!{programs.python} -ISB\n{Path(amtool.__file__).read_text()}")
        (folder / "amtool").chmod(0o500)
    except OSError as full:
        raise ToolFailed(f"The script cannot be put into {tempfile.gettempdir()}: {full}.") from full
    return folder


def _contents(proposal: Proposal, script: str) -> Contents:
    return Contents(script, surroundings(proposal), proposal.output_cap_bytes, proposal.context, proposal.namespace)


async def _read(process: asyncio.subprocess.Process, output: BoundedOutput, on_line: OnLine | None) -> None:
    """Everything until nobody holds the other end any more; whole lines are told as they come."""
    assert process.stdout
    assert process.stdin
    data = await process.stdout.read(65536)
    if data.startswith(forwarder.READY):
        data = data.removeprefix(forwarder.READY)
        with contextlib.suppress(ConnectionError):
            process.stdin.write(b"\n")
            await process.stdin.drain()
        data = data or await process.stdout.read(65536)
    rest = b""
    while data:
        output.add(data)
        if on_line is not None:
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-4096:]
            for line in lines:
                await on_line(line.decode(errors="replace"))
        data = await process.stdout.read(65536)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Make sure that nothing is left.

    Letting go of the lifeline ends all that runs inside, and a sandbox that is only starting ends by itself. Killing
    bubblewrap while it starts could leave a half-made one waiting for ever, so that comes last.
    """
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    try:
        async with asyncio.timeout(_LETS_GO_WITHIN):
            while await process.stdout.read(65536):
                pass
            await process.wait()
    except TimeoutError:
        _log.warning("the sandbox did not end by itself and is killed")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        # Closes our end of the output too, whoever may still hold the other one.
        process._transport.close()  # type: ignore[attr-defined]
