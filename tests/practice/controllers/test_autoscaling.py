"""From what pods use to how many there should be, and how fast."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.api import Json
from practice.controllers.autoscaling.pace import Memory, paced
from practice.controllers.autoscaling.usage import NoProposal, Sample, Target, propose, quantity
from practice.controllers.quantities import parse

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CPU = Target("cpu", utilization=50)


def pod(name: str, *, request: str = "100m", ready: bool = True, phase: str = "Running") -> Json:
    since = "2026-01-01T11:00:00Z"
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": since}
    container = {"name": "main", "resources": {"requests": {"cpu": request}}}
    return {
        "metadata": {"name": name},
        "spec": {"containers": [container]},
        "status": {"phase": phase, "startTime": since, "conditions": [condition]},
    }


def used(**amounts: int) -> dict[str, Sample]:
    return {name: Sample(amount, NOW, timedelta(seconds=15)) for name, amount in amounts.items()}


@pytest.mark.parametrize(
    ("amounts", "replicas"),
    [
        ({"a": 100, "b": 100}, 4),
        ({"a": 52, "b": 52}, 2),
        ({"a": 10, "b": 10}, 1),
        ({"a": 100}, 2),
        ({"a": 200}, 4),
        ({"a": 10}, 2),
    ],
    ids=["twice the target", "within tolerance", "hardly anything", "one unmeasured", "one hot", "one idle"],
)
def test_the_proposal_brings_the_average_to_the_target(amounts: dict[str, int], replicas: int) -> None:
    """A pod without a measure counts as idle when it is to grow, as full when it is to shrink."""
    proposal = propose(CPU, 2, [pod("a"), pod("b")], used(**amounts), NOW)

    assert proposal.replicas == replicas


def test_pods_that_do_not_run_yet_do_not_make_it_grow_further() -> None:
    """They are counted in as idle."""
    pods = [pod("a"), pod("b", phase="Pending", ready=False)]

    assert propose(CPU, 1, pods, used(a=100), NOW).replicas == 1


@pytest.mark.parametrize(
    ("pods", "amounts", "says"),
    [
        ([], {}, "no pods returned by selector while calculating replica count"),
        ([pod("a")], {}, "did not receive metrics for targeted pods (pods might be unready)"),
    ],
    ids=["no pods", "no measures"],
)
def test_what_says_nothing_says_why(pods: list[Json], amounts: dict[str, int], says: str) -> None:
    """In Kubernetes' words."""
    with pytest.raises(NoProposal) as said:
        propose(CPU, 2, pods, used(**amounts), NOW)

    assert str(said.value) == says


@given(st.integers(0, 10**15), st.sampled_from(["cpu", "memory"]))
def test_a_written_quantity_reads_as_what_it_was(amount: int, resource: str) -> None:
    """Thousandths."""
    assert parse(quantity(resource, amount)) * 1000 == amount


@given(st.integers(1, 40), st.integers(0, 200), st.integers(1, 10), st.integers(0, 30))
def test_no_step_leaves_the_limits(current: int, desired: int, least: int, more: int) -> None:
    """Nor does it more than double, unless there are fewer than two."""
    spec = {"minReplicas": least, "maxReplicas": least + more}
    current = min(max(current, least), least + more)

    pace = paced(spec, Memory(), current, desired)

    assert least <= pace.replicas <= least + more
    assert pace.replicas <= max(2 * current, 4)
    assert (pace.limited[0] == "True") == (pace.replicas != desired)


def test_policies_and_windows_of_the_owner_hold() -> None:
    """Two pods more in a minute, and no shrinking within the window."""
    up = {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}], "selectPolicy": "Max"}
    down = {"stabilizationWindowSeconds": 300, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}
    spec = {"minReplicas": 1, "maxReplicas": 20, "behavior": {"scaleUp": up, "scaleDown": down}}
    memory = Memory()

    grown = paced(spec, memory, 3, 9)
    shrunk = paced(spec, memory, 5, 1)

    assert (grown.replicas, grown.limited[1]) == (5, "ScaleUpLimit")
    assert (shrunk.replicas, shrunk.able[1]) == (5, "ScaleDownStabilized")
