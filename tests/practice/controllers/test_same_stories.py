"""The same manifests come to the same under Kubernetes' own controllers and under practice's."""

import asyncio
import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from practice.control_plane import ControlPlane
from practice.plane import Plane
from practice.small_plane import SmallPlane
from tests.practice.controllers.stage import Story, tell
from tests.practice.controllers.stories import SLOW_STORIES, STORIES, STORIES_OF_NODES

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

_AT_A_TIME = 4
_TOLD = 3
"""So often at most: where two controllers race, Kubernetes' own do not come to the same each time."""
Told: TypeAlias = Sequence[object] | BaseException


@dataclass(frozen=True)
class Versions:
    """What one story came to."""

    theirs: Told
    """Under Kubernetes' own controllers."""
    ours: Told
    """Under practice's, on the real API server."""
    small: Told
    """Under practice's, on practice's API server."""

    def agree(self) -> bool:
        told = (self.theirs, self.ours, self.small)
        return not any(isinstance(each, BaseException) for each in told) and self.theirs == self.ours == self.small


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest, control_plane: ControlPlane, own_plane: ControlPlane, small_plane: SmallPlane
) -> Mapping[str, Versions]:
    """All stories that were asked for, told some at a time: each mostly waits."""
    asked = {item.name.partition("[")[2].rstrip("]") for item in request.session.items}
    planes = (control_plane, own_plane, small_plane)

    async def tell_all() -> Mapping[str, Versions]:
        several = [story for story in (*STORIES, *SLOW_STORIES) if story.__name__ in asked]
        alone = [story for story in STORIES_OF_NODES if story.__name__ in asked]
        return await _tell(several, planes, _AT_A_TIME) | await _tell(alone, planes, 1)

    return asyncio.run(tell_all())


async def _tell(stories: Collection[Story], planes: Collection[Plane], at_a_time: int) -> dict[str, Versions]:
    free = asyncio.Semaphore(at_a_time)

    async def versions(story: Story) -> Versions:
        async with free:
            for attempt in range(_TOLD):
                namespace = f"{story.__name__.replace('_', '-')}-{attempt}"
                all_of_them = (tell(plane, story, namespace) for plane in planes)
                found = Versions(*await asyncio.gather(*all_of_them, return_exceptions=True))
                if found.agree():
                    break
            return found

    results = await asyncio.gather(*map(versions, stories))
    return dict(zip((story.__name__ for story in stories), results, strict=True))


@pytest.mark.parametrize("story", [*STORIES, *STORIES_OF_NODES], ids=lambda story: story.__name__)
def test_it_comes_to_the_same(story: Story, told: Mapping[str, Versions]) -> None:
    """Objects, conditions and events are equal but for times, uids and drawn names, whosever the API server is."""
    _are_the_same(told[story.__name__])


@pytest.mark.slow
@pytest.mark.parametrize("story", SLOW_STORIES, ids=lambda story: story.__name__)
def test_it_comes_to_the_same_after_a_while(story: Story, told: Mapping[str, Versions]) -> None:
    """What takes Kubernetes half a minute."""
    _are_the_same(told[story.__name__])


def _are_the_same(versions: Versions) -> None:
    for told in (versions.theirs, versions.ours, versions.small):
        if isinstance(told, BaseException):
            raise told
    assert versions.ours == versions.theirs, _difference(versions.theirs, versions.ours)
    assert versions.small == versions.theirs, _difference(versions.theirs, versions.small)


def _difference(theirs: object, ours: object) -> str:
    return "\n".join(difflib.unified_diff(_lines(theirs), _lines(ours), "theirs", "ours", n=0))


def _lines(told: object) -> list[str]:
    """One part of an object a line, so that a difference is found."""
    if isinstance(told, Sequence) and not isinstance(told, str):
        return [line for each in told for line in _lines(each)]
    return str(told).replace(", ", ",\n").split("\n")
