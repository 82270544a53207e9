"""Proves at start that the sandbox holds, or says what is missing and how to get it: no sandbox, no execution."""

import asyncio
import os
import secrets
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from domain.errors import Misconfigured, ToolFailed
from domain.sandbox import ENVIRONMENT, INTERPRETER, SANDBOX_PROFILE, WORKING_DIRECTORY
from hands.profile import Surroundings
from hands.programs import GET_BUBBLEWRAP
from hands.sandbox import Contents, Ran, Sandbox

_AROUND = Surroundings(SANDBOX_PROFILE, INTERPRETER, WORKING_DIRECTORY, ENVIRONMENT, timeout_seconds=20)
_NO_WEAKER_WAY = "No sandbox, no execution: there is no second, weaker way to run."


async def self_test(sandbox: Sandbox) -> None:
    """Start something, try to escape, and leave a daemon behind; Misconfigured unless all of it goes as it must."""
    folder = Path(tempfile.mkdtemp(prefix="hilda-trial-"))
    try:
        server = await asyncio.start_unix_server(lambda _, writer: writer.close(), folder / "api.sock")
        async with server:
            await _starts(sandbox, folder / "api.sock")
            await _holds(sandbox, folder)
            await _ends(sandbox, folder / "api.sock")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _starts(sandbox: Sandbox, socket: Path) -> None:
    ran = await _run(sandbox, "kubectl version --client -o json >/dev/null && echo started\n", socket)
    if ran.exit_code == 0 and "started" in ran.output:
        return
    raise Misconfigured(
        f"{_NO_WEAKER_WAY} {sandbox.programs.bubblewrap} with {sandbox.programs.kubectl} inside does not start here: "
        f"{_said(ran)}. {_advice(ran.output)}"
    )


async def _holds(sandbox: Sandbox, folder: Path) -> None:
    canary = folder / "canary"
    canary.write_text("not to be read\n")
    listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with listener:
        given = {
            "PORT": listener.sockets[0].getsockname()[1],
            "CANARY": canary,
            "PROCESSES": sandbox.limits.processes,
            "PYTHON": sandbox.programs.python,
        }
        head = "".join(f"{name}='{value}'\n" for name, value in given.items())
        script = resources.files("hands").joinpath("escapes.sh").read_text()
        ran = await _run(sandbox, head + script, folder / "api.sock")
    escaped = [line for line in ran.output.splitlines() if line.startswith("escaped ")]
    if escaped or "tried everything" not in ran.output:
        raise Misconfigured(
            f"{_NO_WEAKER_WAY} This sandbox does not hold: {'; '.join(escaped) or _said(ran)}. {_as_root()}"
        )


async def _ends(sandbox: Sandbox, socket: Path) -> None:
    """A timeout gets what has left the process group and the session, too."""
    mark = f"86400.{secrets.randbelow(10**9):09}"
    ran = await _run(
        sandbox, f"(setsid sleep {mark} </dev/null >/dev/null 2>&1 &)\nsleep {mark}\n", socket, seconds=0.3
    )
    for _ in range(40):
        left = _processes_with(mark)
        if not left:
            break
        await asyncio.sleep(0.05)
    if left or not ran.why:
        raise Misconfigured(f"{_NO_WEAKER_WAY} A script that was stopped left processes behind: {left or _said(ran)}.")


async def _run(sandbox: Sandbox, script: str, socket: Path, *, seconds: float = 20) -> Ran:
    try:
        return await sandbox.start(Contents(script, _AROUND, output_cap=64 * 1024), socket, seconds=seconds)
    except ToolFailed as broken:
        raise Misconfigured(f"{_NO_WEAKER_WAY} {broken}") from broken


def _said(ran: Ran) -> str:
    return (ran.output.strip().splitlines() or [ran.why or f"exit code {ran.exit_code} without a word"])[-1].rstrip(".")


def _advice(output: str) -> str:
    """What to do about the usual ways in which a host refuses."""
    if "namespace" in output or "Operation not permitted" in output or "uid map" in output:
        return (
            "This host does not let programs make user namespaces. On Debian: sysctl "
            "kernel.unprivileged_userns_clone=1; on Ubuntu 24.04 and later: an AppArmor profile for bwrap, or sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0; in a container: allow unshare, mount and pivot_root in "
            "its seccomp profile, or run the executor on a host."
        )
    if "Unknown option" in output:
        return f"This bubblewrap is too old; 0.8 or later is needed: {GET_BUBBLEWRAP}."
    return f"Get a bubblewrap (0.8 or later) with: {GET_BUBBLEWRAP}; kubectl must be a plain program, not a wrapper."


def _as_root() -> str:
    if os.getuid() == 0:
        return (
            "As root, processes are bounded only by a control group: make /sys/fs/cgroup writable, or use another user."
        )
    return f"Try another bubblewrap: {GET_BUBBLEWRAP}."


def _processes_with(mark: str) -> list[str]:
    found = []
    for commandline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in commandline.read_bytes() and commandline.parent.name != str(os.getpid()):
                found.append(commandline.parent.name)
        except OSError:
            continue
    return found
