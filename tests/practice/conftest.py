"""Whoever tests what a control plane does leaves the shared one as it was: others look at all of it."""

import asyncio
from collections.abc import Iterator

import pytest

from practice import programs
from tests.practice import leavings


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    asked = {name for item in request.session.items if item.path == request.path for name in _fixtures(item)}
    planes = [request.getfixturevalue(name) for name in _shared(asked)]
    before = [asyncio.run(leavings.paths(plane)) for plane in planes]
    yield
    for plane, paths in zip(planes, before, strict=True):
        asyncio.run(leavings.remove(plane, paths))


def _shared(asked: set[str]) -> list[str]:
    """The shared control planes that tests with those fixtures change, as far as they can be had here."""
    real = all(programs.where(name) for name in (*programs.CONTROL_PLANE, "kubectl"))
    small = bool(programs.where("kubectl"))
    return [
        name
        for name, there in (("control_plane", real), ("small_plane", small))
        if there and asked & {name, "any_plane"}
    ]


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []
