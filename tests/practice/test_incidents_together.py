"""The newer incidents that lean most on controllers, on the real ones, side by side as on a bad day."""

import asyncio

import pytest

from practice.control_plane import ControlPlane
from practice.ground import PracticeGround
from tests.needs import needs
from tests.practice.mending import fixes, healed_by, tried

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SEED = 53
"""With which no two of them draw the same namespace."""
FOREIGN = {"selector-typo": "memory-limit", "claim-pending": "memory-limit", "autoscaler-limit": "pool-exhausted"}
"""A fix that another incident asks for, and that leaves this one as it is."""


async def test_each_of_three_incidents_is_healed_by_its_own_fix_alone(control_plane: ControlPlane) -> None:
    """Broken when it opens, broken after somebody else's medicine, healed after its own."""
    needs("kubectl")

    stories = dict(zip(FOREIGN, await asyncio.gather(*(_story(control_plane, name) for name in FOREIGN)), strict=True))

    assert stories == dict.fromkeys(FOREIGN, ("broken", "broken", "healed"))


async def test_a_cordoned_node_is_healed_by_taking_pods_again(control_plane: ControlPlane) -> None:
    """Alone, as every other incident would complain of the node, too."""
    needs("kubectl")

    assert await _story(control_plane, "cordoned", "memory-limit") == ("broken", "broken", "healed")


async def _story(plane: ControlPlane, name: str, foreign: str = "") -> tuple[str, str, str]:
    async with PracticeGround.open(name, SEED, plane=plane, metrics=name == "misleading", prometheus="small") as ground:
        known = fixes(ground.scenario.values)
        verdicts = [
            await ground.healed(),
            await tried(ground, known[foreign or FOREIGN[name]]),
            await healed_by(ground, known[name]),
        ]
    before, other, own = ("healed" if verdict.ok else "broken" for verdict in verdicts)
    return before, other, own if own == "healed" else verdicts[-1].why
