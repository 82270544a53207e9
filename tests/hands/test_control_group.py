"""Groups bound all processes of a script together, and one executor leaves another's alone."""

import os
from pathlib import Path

import pytest

from domain.errors import ToolFailed
from hands.control_group import control_group, sweep
from hands.profile import Limits


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids\n")
    return tmp_path


def test_a_group_bounds_processes_and_memory(version_2):
    """And what enters it is the command itself, with no environment of the shell that took it there."""
    with control_group("a", Limits(processes=7, memory=1000), root=version_2) as group:
        (folder,) = group.folders
        bounds = (folder / "pids.max").read_text(), (folder / "memory.max").read_text()
        command = group.entering(["bwrap", "--x"])
        for file in folder.iterdir():
            file.unlink()

    assert bounds == ("7", "1000")
    assert command[:2] == ["/bin/sh", "-c"]
    assert command[2].endswith('exec /usr/bin/env -i "$0" "$@"')
    assert not folder.exists()


def test_without_the_right_to_make_one_there_is_none(tmp_path):
    """An ordinary user's processes are bounded by prlimit instead."""
    with control_group("a", Limits(), root=tmp_path / "nothing") as group:
        assert group.entering(["bwrap"]) == ["bwrap"]


def test_a_group_that_cannot_be_made_is_an_error(version_2):
    """Never a script with less around it than the self-test had."""
    (version_2 / "hilda-script-a").mkdir()

    with pytest.raises(ToolFailed, match="control group cannot be made"), control_group("a", Limits(), root=version_2):
        pass


def test_a_starting_executor_leaves_the_groups_of_others_alone(version_2):
    """One that was just made is empty for a moment; only what is hours old belongs to nobody."""
    young, old = version_2 / "hilda-script-young", version_2 / "hilda-script-old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))

    sweep(young.stat().st_mtime, root=version_2)

    assert young.exists()
    assert not old.exists()
