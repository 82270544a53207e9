"""What makes an approved fix void: that somebody decided otherwise meanwhile, not that time went by."""

from typing import Any, cast

import pytest

from domain.plain_json import Json
from domain.proposals import Precondition
from hands.drift import Drifted, unchanged
from tools.kubernetes.client import KubeClient

NODE = Precondition("v1", "Node", "", "node-1", "u", "spec.unschedulable:true")
AUTOSCALER = Precondition("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "web", "u", "spec.maxReplicas:4")


class OneObject:
    """A cluster that holds one object."""

    def __init__(self, **parts: Any) -> None:
        self.item: Json = {"metadata": {"uid": "u", "resourceVersion": "77"}, **parts}

    async def get(self, path: str, **_: Any) -> Json:
        return self.item


def holding(**parts: Any) -> KubeClient:
    return cast("KubeClient", OneObject(**parts))


async def test_a_status_that_is_written_all_the_time_is_no_drift() -> None:
    """Heartbeats and measurements move the resource version; the decision is as it was."""
    assert await unchanged(holding(spec={"unschedulable": True}, status={"now": 1}), NODE)
    assert await unchanged(holding(spec={"maxReplicas": 4}, status={"currentReplicas": 4}), AUTOSCALER)


@pytest.mark.parametrize(
    ("expected", "spec"),
    [(NODE, {}), (NODE, {"unschedulable": False}), (AUTOSCALER, {"maxReplicas": 9}), (AUTOSCALER, {})],
)
async def test_what_somebody_decided_meanwhile_is(expected: Precondition, spec: Json) -> None:
    with pytest.raises(Drifted, match=r"was changed since: spec\."):
        await unchanged(holding(spec=spec), expected)


@pytest.mark.parametrize("version", ["spec.unschedulable:true", "metadata.name:web", "spec:1", ""])
async def test_a_field_that_does_not_decide_for_its_kind_is_not_taken(version: str) -> None:
    """Otherwise a proposal could be pinned to something that never changes."""
    expected = Precondition("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "web", "u", version)

    with pytest.raises(Drifted, match="unknown version"):
        await unchanged(holding(spec={"unschedulable": True}), expected)
