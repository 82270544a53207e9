"""What changed recently, newest first."""

import json
from datetime import timedelta

from tests.tools.detectors import things as k
from tools.kubernetes.changes import recent_changes

HOUR = timedelta(hours=1)


def test_a_rollout_is_told_with_its_exact_difference() -> None:
    """Which revision, from what to what."""
    owner = k.deployment("web", containers=[k.container(image="web:2")])
    old = k.replica_set(owner, 1, replicas=0, age=90_000, containers=[k.container(image="web:1")])
    state = k.state(owner, old, k.replica_set(owner, 2, replicas=1, age=600))

    (change,) = recent_changes(state, HOUR)

    assert (change.what, change.object.name) == ("rolled out", "web")
    assert "containers[app].image: web:1 -> web:2" in change.detail
    assert "--context test" in change.evidence.check


def test_a_rollback_is_no_rollout_of_long_ago() -> None:
    """An old ReplicaSet taken up again dates from when the template was written, not from its creation."""
    owner = k.deployment("web", containers=[k.container(image="web:1")])
    owner["metadata"]["managedFields"] = [
        {"manager": "kubectl-rollout", "time": k.at(120), "fieldsV1": {"f:spec": {"f:template": {}}}}
    ]
    again = k.replica_set(owner, 3, replicas=1, age=90_000)
    bad = k.replica_set(owner, 2, replicas=0, age=900, containers=[k.container(image="web:2")])

    changes = recent_changes(k.state(owner, again, bad), HOUR)

    assert [change.what for change in changes] == ["rolled back", "rolled out"]
    assert (k.NOW - changes[0].at).total_seconds() == 120


def test_what_a_rollback_took_back_is_told_by_what_ran_before_it() -> None:
    """The revision that is taken up again gets a new number, and leaves a gap where it was."""
    owner = k.deployment("web", containers=[k.container(image="r/web:2")])
    owner["metadata"]["managedFields"] = [
        {"manager": "kubectl-rollout", "time": k.at(300), "fieldsV1": {"f:spec": {"f:template": {}}}}
    ]
    first = k.replica_set(owner, 1, replicas=0, age=900_000, containers=[k.container(image="r/web:1")])
    bad = k.replica_set(owner, 3, replicas=0, age=900, containers=[k.container(image="r/web:3")])
    good = k.replica_set(owner, 4, replicas=1, age=90_000)

    back, out = recent_changes(k.state(owner, first, bad, good), HOUR)

    assert (back.what, out.what) == ("rolled back", "rolled out")
    assert out.detail == "revision 3: containers[app].image: r/web:2 -> r/web:3"
    assert back.detail == "revision 3 -> 4: containers[app].image: r/web:3 -> r/web:2"


def test_a_selector_is_told_as_kubectl_writes_it() -> None:
    applied = {"spec": {"selector": {"app": "web", "tier": "front"}}}
    service = k.service("web", {"app": "wbe", "tier": "front"})
    service["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    service["metadata"]["managedFields"] = [{"manager": "kubectl-patch", "time": k.at(60), "fieldsV1": {"f:spec": {}}}]

    (change,) = recent_changes(k.state(service), HOUR)

    assert change.detail == "selector: app=web,tier=front -> app=wbe,tier=front by kubectl-patch"


def test_a_restart_is_told_as_that() -> None:
    """Only the restart annotation differs."""
    owner = k.deployment("web")
    old = k.replica_set(owner, 1, replicas=0, age=90_000)
    new = k.replica_set(owner, 2, replicas=1, age=60)
    marked = {"annotations": {"kubectl.kubernetes.io/restartedAt": "x"}, **new["spec"]["template"]["metadata"]}
    new["spec"]["template"] = {**new["spec"]["template"], "metadata": marked}

    (change,) = recent_changes(k.state(owner, old, new), HOUR)

    assert change.what == "restarted"


def test_an_edited_config_map_is_told_with_its_keys() -> None:
    """When and by which tool, and what differs from what was applied; secret-looking values stay hidden."""
    applied = {"data": {"POOL": "20", "DB_PASSWORD": "correct-horse-battery"}}
    edited = k.config_map(
        "settings",
        {"POOL": "2", "DB_PASSWORD": "staple-staple-staple"},
        annotations={"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)},
        managedFields=[{"manager": "kubectl-edit", "time": k.at(300), "fieldsV1": {"f:data": {}}}],
    )

    (change,) = recent_changes(k.state(edited), HOUR)

    assert (change.what, change.object.kind) == ("edited", "ConfigMap")
    assert "POOL: 20 -> 2" in change.detail
    assert "kubectl-edit" in change.detail
    assert "horse" not in str(change)
    assert "staple" not in str(change)


def test_scaling_and_cordoning_are_changes() -> None:
    """Newest first, and nothing from before the span."""
    owner = k.deployment("web", replicas=5)
    owner["metadata"]["managedFields"] = [
        {"manager": "kubectl", "subresource": "scale", "time": k.at(200), "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    ]
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": k.at(100)}
    cordoned = k.node("n1", cordoned=True)
    cordoned["spec"]["taints"] = [taint]
    old = k.node("n2", cordoned=True)
    old["spec"]["taints"] = [{**taint, "timeAdded": k.at(9000)}]

    changes = recent_changes(k.state(owner, cordoned, old), HOUR)

    assert [(change.what, change.object.name) for change in changes] == [("cordoned", "n1"), ("scaled", "web")]
