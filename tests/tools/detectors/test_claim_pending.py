"""Volume claims that nobody gives a volume: why, for whom, and what is only a matter of moments."""

from typing import Any

import pytest

from domain.cluster_state import ClusterState
from domain.findings import Cause, Severity
from tests.tools.detectors import things as k
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold


def claim(
    name: str = "data", storage_class: str | None = "fast", *, age: float = 600, phase: str = "Pending"
) -> k.Json:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return k.thing("PersistentVolumeClaim", name, age=age, spec=spec, status={"phase": phase})


def volume(storage_class: str = "fast", size: str = "5Gi", phase: str = "Available") -> k.Json:
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "storageClassName": storage_class}
    return k.thing("PersistentVolume", "pv-1", "", spec=spec, status={"phase": phase})


def storage_class(name: str, provisioner: str = "csi.example", **annotations: str) -> k.Json:
    return k.thing("StorageClass", name, "", metadata={"annotations": annotations}, provisioner=provisioner)


def mounting(*more: k.Json, name: str = "data", waits: bool = True) -> ClusterState:
    """A Deployment whose newest pods mount the claim and wait, while one of the revision before serves."""
    before = [{"name": "data", "persistentVolumeClaim": {"claimName": "old-data"}}]
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]
    owner = k.deployment("web", replicas=2, ready=1)
    old, new = k.replica_set(owner, 1, replicas=1, age=90_000), k.replica_set(owner, 2, replicas=1, ready=0, age=600)
    old["spec"]["template"] = {"metadata": {}, "spec": {"containers": [k.container()], "volumes": before}}
    new["spec"]["template"] = {"metadata": {}, "spec": {"containers": [k.container()], "volumes": volumes}}
    serving = k.pod("web-old", owner=old, spec={"volumes": before}, labels={"app": "web"})
    scheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
        "lastTransitionTime": k.at(590),
    }
    waiting = k.pod(
        "web-new",
        k.status(),
        owner=new,
        spec={"volumes": volumes},
        node="",
        phase="Pending",
        age=595,
        labels={"app": "web"},
    )
    waiting["status"]["conditions"] = [scheduled]
    if not waits:
        waiting = k.pod("web-new", owner=new, spec={"volumes": volumes}, labels={"app": "web"})
    return k.state(owner, old, new, serving, waiting, k.node(), *more)


def causes_of(state: ClusterState) -> tuple[Cause, ...]:
    return fold(find_all(state), state)


def test_a_claim_whose_class_does_not_exist_explains_the_pods_that_wait() -> None:
    """The claim is the cause; that its pods find no node follows; the rollout that brought it can be taken back."""
    (cause,) = causes_of(mounting(claim(), storage_class("fast-ssd")))

    assert (cause.finding.code, cause.finding.object.name) == ("claim-pending", "data")
    assert {finding.code for finding in cause.consequences} == {"unschedulable"}
    assert "storage class fast, which does not exist" in cause.finding.title
    facts = cause.finding.facts
    assert (facts["why"], facts["nearest_class"], facts["workload"]) == ("class-missing", "fast-ssd", "web")
    assert (facts["previous_revision"], facts["current_revision"]) == ("1", "2")
    assert cause.finding.severity is Severity.warning, "a pod of the revision before serves"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ([claim(storage_class=None)], "no-class"),
        ([claim(storage_class="")], "no-volume"),
        ([claim(storage_class=""), volume("", "500Mi")], "no-volume"),
        ([claim(), storage_class("fast", "kubernetes.io/no-provisioner"), volume("slow")], "no-volume"),
        ([claim(phase="Lost")], "lost"),
        ([claim(), storage_class("fast")], "slow"),
    ],
)
def test_each_reason_is_told_apart(made: list[k.Json], why: str) -> None:
    (cause,) = causes_of(mounting(*made))

    assert cause.finding.facts["why"] == why


def test_a_provisioner_that_fails_is_quoted() -> None:
    wanted = claim(age=60)
    failed = k.event(wanted, "ProvisioningFailed", "quota of the array exceeded")

    (cause,) = causes_of(mounting(wanted, failed, storage_class("fast")))

    assert cause.finding.facts["why"] == "provisioning-failed"
    assert any("quota of the array" in piece.sample for piece in cause.finding.evidence)


@pytest.mark.parametrize(
    "made",
    [
        [claim(age=60), storage_class("fast")],
        [claim(age=60), volume("fast")],
        [
            claim(storage_class=None, age=60),
            storage_class("any", **{"storageclass.kubernetes.io/is-default-class": "true"}),
        ],
        [claim(phase="Bound")],
        [claim(age=3)],
    ],
)
def test_a_claim_that_may_be_bound_any_moment_is_left_alone(made: list[k.Json]) -> None:
    """Provisioning takes a while, and a volume that fits is bound within moments."""
    assert [c for c in causes_of(mounting(*made)) if c.finding.code == "claim-pending"] == []


def test_a_claim_that_nobody_mounts_is_nobodys_trouble() -> None:
    assert causes_of(mounting(claim("forgotten"), claim(phase="Bound"), waits=False)) == ()


def test_nothing_is_said_about_classes_that_may_not_be_read() -> None:
    state = mounting(claim(age=60))
    unread = k.state(
        *(i for items in state.objects.values() for i in items),
        coverage={"StorageClass": "forbidden", "PersistentVolume": "forbidden"},
    )

    assert [c for c in causes_of(unread) if c.finding.code == "claim-pending"] == []
