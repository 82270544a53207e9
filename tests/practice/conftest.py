"""Whoever tests what a control plane does leaves the shared one as it was: others look at all of it."""

import asyncio
from collections.abc import Iterator

import pytest

from practice import programs
from tests.practice import leavings


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    asked = {name for item in request.session.items if item.path == request.path for name in _fixtures(item)}
    there = all(programs.where(name) for name in (*programs.CONTROL_PLANE, "kubectl"))
    if not (there and asked & {"control_plane", "any_plane"}):
        yield
        return
    plane = request.getfixturevalue("control_plane")
    before = asyncio.run(leavings.paths(plane))
    yield
    asyncio.run(leavings.remove(plane, before))


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []
