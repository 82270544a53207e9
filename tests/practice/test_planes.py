"""Which cluster is played on, and what a taken port means."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from practice import planes, programs, small_plane
from practice.children import ChildFailed, free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        yield int(somebody.getsockname()[1])


def test_the_real_one_is_played_on_where_all_its_programs_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is missing is enough for the small one; what is asked for counts in any case."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    said = []
    for name in programs.CONTROL_PLANE:
        said.append(planes.chosen())
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)

    assert said == ["small"] * len(programs.CONTROL_PLANE)
    assert planes.chosen() == "real"
    assert [planes.chosen(kind) for kind in planes.KINDS] == ["real", "small"]


async def test_a_port_that_somebody_took_first_is_given_up(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start takes another one, and nobody hears of it."""
    offered = iter([[taken], *(free_ports(1) for _ in range(9))])
    monkeypatch.setattr(small_plane, "free_ports", lambda _: next(offered))

    plane = await planes.start("small", tmp_path)
    try:
        assert planes.kind_of(plane) == "small"
        assert not plane.server.endswith(f":{taken}")
    finally:
        await plane.stop()


async def test_ports_that_are_always_taken_end_the_start_with_the_reason(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a wait for nothing."""
    monkeypatch.setattr(small_plane, "free_ports", lambda _: [taken])

    with pytest.raises(ChildFailed, match="address already in use"):
        await planes.start("small", tmp_path)
