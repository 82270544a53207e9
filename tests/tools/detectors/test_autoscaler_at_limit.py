"""An autoscaler that may not do what it wants: only while the load is above its target, and for a while."""

from typing import Any

import pytest

from domain.cluster_state import ClusterState
from tests.tools.detectors import things as k
from tests.tools.detectors.test_causes import slow
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold


def autoscaler(
    *, used: int = 150, target: int = 60, limited_for: float = 300, reason: str = "TooManyReplicas", **more: Any
) -> k.Json:
    resource = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}
    current = {"name": "cpu", "current": {"averageUtilization": used, "averageValue": "75m"}}
    return k.thing(
        "HorizontalPodAutoscaler",
        "web",
        spec={
            "maxReplicas": 4,
            "scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"},
            "metrics": more.get("metrics", [{"type": "Resource", "resource": resource}]),
        },
        status={
            "currentReplicas": more.get("pods", 4),
            "desiredReplicas": 4,
            "currentMetrics": more.get("measured", [{"type": "Resource", "resource": current}]),
            "conditions": [
                {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"},
                {
                    "type": "ScalingLimited",
                    "status": "True" if reason == "TooManyReplicas" else "False",
                    "reason": reason,
                    "message": "the desired replica count is more than the maximum replica count",
                    "lastTransitionTime": k.at(limited_for),
                },
            ],
        },
    )


def serving(*more: k.Json) -> ClusterState:
    owner = k.deployment("web", replicas=4)
    revision = k.replica_set(owner, 1, replicas=4, age=90_000)
    pods = [k.pod(f"web-{n}", owner=revision, labels={"app": "web"}) for n in range(4)]
    return k.state(owner, revision, *pods, *more)


def test_it_says_how_many_pods_the_load_needs() -> None:
    """Its own formula, and a fifth to spare: 4 pods at 150 of 60 percent need 10, so 12."""
    (finding,) = find_all(serving(autoscaler()))

    assert (finding.code, finding.object.kind) == ("autoscaler-at-limit", "HorizontalPodAutoscaler")
    assert finding.title == (
        "web needs more than the 4 pods that its autoscaler may give it: cpu at 150 % (target 60 %)"
    )
    facts = finding.facts
    assert (facts["max_replicas"], facts["needed_replicas"], facts["workload"]) == ("4", "12", "web")


def test_the_latency_of_what_it_scales_is_its_consequence() -> None:
    state = serving(autoscaler())

    (cause,) = fold([*find_all(state), slow("web", since=200), slow("web", "cpu-saturated", since=200)], state)

    assert cause.finding.code == "autoscaler-at-limit"
    assert {finding.code for finding in cause.consequences} == {"latency-high", "cpu-saturated"}


@pytest.mark.parametrize(
    "made",
    [
        autoscaler(used=64),
        autoscaler(reason="DesiredWithinRange"),
        autoscaler(limited_for=10),
        autoscaler(pods=3),
        autoscaler(measured=[]),
    ],
    ids=["load at its target", "not limited", "only just", "still scaling", "no metrics"],
)
def test_an_autoscaler_that_copes_is_left_alone(made: k.Json) -> None:
    assert find_all(serving(made)) == ()


def test_metrics_of_other_kinds_are_compared_as_the_autoscaler_does() -> None:
    """Requests per pod from the metrics API, as quantities."""
    asked = {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "50"}}
    found = {"metric": {"name": "rps"}, "current": {"averageValue": "120500m"}}
    made = autoscaler(metrics=[{"type": "Pods", "pods": asked}], measured=[{"type": "Pods", "pods": found}])

    (finding,) = find_all(serving(made))

    assert finding.facts["needed_replicas"] == "12"
    assert finding.facts["metric"] == "rps"
