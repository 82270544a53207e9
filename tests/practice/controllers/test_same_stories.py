"""The same manifests come to the same under Kubernetes' own controllers and under practice's."""

import asyncio
import difflib
from collections.abc import Sequence

import pytest

from practice.control_plane import ControlPlane
from practice.small_plane import SmallPlane
from tests.practice.controllers.stage import Story, tell
from tests.practice.controllers.stories import STORIES

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_it_comes_to_the_same(
    story: Story, control_plane: ControlPlane, own_plane: ControlPlane, small_plane: SmallPlane
) -> None:
    """Objects, conditions and events are equal but for times, uids and drawn names, whosever the API server is."""
    namespace = story.__name__.replace("_", "-")  # type: ignore[attr-defined]

    theirs, ours, small = await asyncio.gather(
        *(tell(plane, story, namespace) for plane in (control_plane, own_plane, small_plane))
    )

    assert ours == theirs, _difference(theirs, ours)
    assert small == theirs, _difference(theirs, small)


def _difference(theirs: object, ours: object) -> str:
    return "\n".join(difflib.unified_diff(_lines(theirs), _lines(ours), "theirs", "ours", n=0))


def _lines(told: object) -> list[str]:
    """One part of an object a line, so that a difference is found."""
    if isinstance(told, Sequence) and not isinstance(told, str):
        return [line for each in told for line in _lines(each)]
    return str(told).replace(", ", ",\n").split("\n")
