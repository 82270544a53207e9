"""A control group of its own for each script, where this host lets us make one: all its processes and memory together.

For root this is the only bound on processes, since the kernel exempts root from the per-user limit.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.errors import ToolFailed
from hands.profile import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "hilda-script-"
_LEFT_BEHIND = 6 * 3600.0
"""Seconds after which an empty group belongs to nobody any more; other executors make theirs all the time."""


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Folders that a process enters by writing its id; empty where groups cannot be had."""

    folders: tuple[Path, ...]

    def entering(self, command: list[str]) -> list[str]:
        """The command, started as a member: the shell joins and then becomes the command, without an environment."""
        if not self.folders:
            return command
        join = " && ".join(f'echo $$ > "{folder}/cgroup.procs"' for folder in self.folders)
        return ["/bin/sh", "-c", f'{join} && exec /usr/bin/env -i "$0" "$@"', *command]


@contextlib.contextmanager
def control_group(name: str, limits: Limits, *, root: Path = ROOT) -> Iterator[ControlGroup]:
    """A group for one script, removed afterwards; none where this process may not make one.

    ToolFailed where it may and yet cannot: a script is not run with less around it than the self-test had.
    """
    made: list[Path] = []
    try:
        try:
            for parent, values in _places(root, limits):
                folder = parent / f"{PREFIX}{name}"
                folder.mkdir()
                made.append(folder)
                for file, value in values.items():
                    (folder / file).write_text(str(value))
        except OSError as broken:
            raise ToolFailed(f"The script's control group cannot be made below {root}: {broken}.") from broken
        yield ControlGroup(tuple(made))
    finally:
        for folder in made:
            _remove(folder)


def sweep(now: float, root: Path = ROOT) -> None:
    """Remove groups that a killed executor left behind long ago; one in use refuses to go."""
    for folder in [*root.glob(f"{PREFIX}*"), *root.glob(f"*/{PREFIX}*")]:
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < now - _LEFT_BEHIND:
                folder.rmdir()


def _places(root: Path, limits: Limits) -> Iterator[tuple[Path, dict[str, int]]]:
    """Where groups are made and what bounds them: version 2 of the interface, else version 1, else nowhere."""
    try:
        controllers = (root / "cgroup.subtree_control").read_text().split()
    except OSError:
        found = [
            (root / "pids", {"pids.max": limits.processes}),
            (root / "memory", {"memory.limit_in_bytes": limits.memory}),
        ]
        yield from (place for place in found if (place[0] / "cgroup.procs").exists() and os.access(place[0], os.W_OK))
        return
    values = {"pids.max": limits.processes, "memory.max": limits.memory}
    wanted = {file: value for file, value in values.items() if file.partition(".")[0] in controllers}
    if wanted and os.access(root, os.W_OK):
        yield root, wanted


def _remove(folder: Path) -> None:
    """The kernel lets the last process go a moment after its end was reported."""
    for _ in range(20):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.005)
        else:
            return
