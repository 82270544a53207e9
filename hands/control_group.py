"""A control group of its own for each script, where this host lets us make one: all its processes and memory together.

For root this is the only bound on processes, since the kernel exempts root from the per-user limit.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hands.profile import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "hilda-script-"


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Folders that a process enters by writing its id; empty where groups cannot be had."""

    folders: tuple[Path, ...]

    def entering(self, command: list[str]) -> list[str]:
        """The command, started as a member: the shell joins and then becomes the command."""
        if not self.folders:
            return command
        join = " && ".join(f'echo $$ > "{folder}/cgroup.procs"' for folder in self.folders)
        return ["/bin/sh", "-c", f'{join} && exec /usr/bin/env -i "$0" "$@"', *command]


@contextlib.contextmanager
def control_group(name: str, limits: Limits, *, root: Path = ROOT) -> Iterator[ControlGroup]:
    """A group for one script, removed afterwards; version 2 of the interface, else version 1, else none."""
    made: list[Path] = []
    try:
        if (root / "cgroup.controllers").exists():
            made += _made(root / f"{PREFIX}{name}", {"pids.max": limits.processes, "memory.max": limits.memory})
        else:
            made += _made(root / "pids" / f"{PREFIX}{name}", {"pids.max": limits.processes})
            made += _made(root / "memory" / f"{PREFIX}{name}", {"memory.limit_in_bytes": limits.memory})
        yield ControlGroup(tuple(made))
    finally:
        for folder in made:
            _remove(folder)


def sweep(root: Path = ROOT) -> None:
    """Remove groups that a killed executor left behind; one in use refuses to go."""
    for folder in [*root.glob(f"{PREFIX}*"), *root.glob(f"*/{PREFIX}*")]:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _remove(folder: Path) -> None:
    """The kernel lets the last process go a moment after its end was reported."""
    for _ in range(20):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.005)
        else:
            return


def _made(folder: Path, values: dict[str, int]) -> list[Path]:
    """The folder with its limits set; nothing where this process may not, or the controller is not on."""
    if not os.access(folder.parent, os.W_OK):
        return []
    try:
        folder.mkdir()
    except OSError:
        return []
    try:
        for name, value in values.items():
            if not (folder / name).exists():
                raise OSError(f"{name} is not to be had")
            (folder / name).write_text(str(value))
    except OSError:
        folder.rmdir()
        return []
    return [folder]
