"""Pods that would have a node if it were not cordoned."""

from typing import Any

import pytest

from domain.findings import Finding
from tests.tools.detectors import things as k
from tools.detectors.catalog import find_all
from tools.kubernetes.placement import would_take

MESSAGE = (
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector. "
    "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
)


def labelled(name: str, labels: dict[str, str], **more: Any) -> k.Json:
    node = k.node(name, **more)
    node["metadata"]["labels"] = labels
    if more.get("cordoned"):
        node["spec"]["taints"] = [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": k.at(700)}
        ]
    return node


def waiting(spec: k.Json, *nodes: k.Json, message: str = MESSAGE) -> Finding:
    """What is found of a Deployment whose pods wait for a node."""
    owner = k.deployment("web", replicas=1, ready=0)
    revision = k.replica_set(owner, 1, replicas=1, ready=0, age=90_000)
    pod = k.pod("web-0", k.status(), owner=revision, node="", phase="Pending", spec=spec, labels={"app": "web"})
    pod["status"]["conditions"] = [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastTransitionTime": k.at(600),
        }
    ]
    (finding,) = (f for f in find_all(k.state(owner, revision, pod, *nodes)) if f.code == "unschedulable")
    return finding


def test_the_only_node_that_may_take_a_pod_is_cordoned() -> None:
    """Most nodes are ruled out by the selector, and still the cordon is the reason."""
    nodes = [labelled("a", {"disk": "ssd"}, cordoned=True), labelled("b", {}), labelled("c", {})]

    finding = waiting({"nodeSelector": {"disk": "ssd"}}, *nodes)

    assert (finding.facts["why"], finding.facts["node"]) == ("cordoned", "a")
    assert "the only node that may take them is cordoned (a)" in finding.title
    assert any("Node a was cordoned 11 min ago" in piece.summary for piece in finding.evidence)


def test_a_selector_that_no_node_matches_is_not_blamed_on_a_cordon() -> None:
    nodes = [labelled("a", {"disk": "hdd"}, cordoned=True), labelled("b", {})]

    finding = waiting({"nodeSelector": {"disk": "ssd"}}, *nodes)

    assert finding.facts["why"] == "affinity"
    assert "node" not in finding.facts


def test_a_cordoned_node_without_room_would_not_help() -> None:
    nodes = [labelled("a", {}, cordoned=True, cpu="1"), labelled("b", {}, cpu="1")]
    asks = {"containers": [k.container(resources={"requests": {"cpu": "2"}})]}

    finding = waiting(
        asks, *nodes, message="0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."
    )

    assert finding.facts["why"] == "resources"
    assert "node" not in finding.facts


def test_where_others_are_full_the_cordoned_node_is_named_and_room_stays_the_reason() -> None:
    nodes = [labelled("a", {}, cordoned=True, cpu="4"), labelled("b", {}, cpu="1")]
    asks = {"containers": [k.container(resources={"requests": {"cpu": "2"}})]}

    finding = waiting(
        asks, *nodes, message="0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."
    )

    assert (finding.facts["why"], finding.facts["node"]) == ("resources", "a")


AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"


def affinity(**rule: Any) -> k.Json:
    return {"affinity": {"nodeAffinity": {AFFINITY: {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}}}


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        ({}, True),
        ({"nodeSelector": {"zone": "a"}}, True),
        ({"nodeSelector": {"zone": "b"}}, False),
        (affinity(key="zone", operator="In", values=["a", "b"]), True),
        (affinity(key="zone", operator="NotIn", values=["a"]), False),
        (affinity(key="gpu", operator="Exists"), False),
        (affinity(key="gpu", operator="DoesNotExist"), True),
        (affinity(key="cores", operator="Gt", values=["4"]), True),
        (affinity(key="cores", operator="Lt", values=["4"]), False),
    ],
)
def test_a_node_takes_what_its_labels_allow(spec: k.Json, taken: bool) -> None:
    node = labelled("a", {"zone": "a", "cores": "8"}, cordoned=True)

    assert would_take(node, {"spec": spec}) is taken


@pytest.mark.parametrize(
    ("toleration", "taken"),
    [
        ([], False),
        ([{"operator": "Exists"}], True),
        ([{"key": "team", "value": "a", "effect": "NoSchedule"}], True),
        ([{"key": "team", "value": "b"}], False),
        ([{"key": "team", "operator": "Exists", "effect": "NoExecute"}], False),
    ],
)
def test_a_taint_keeps_out_what_does_not_tolerate_it(toleration: list[k.Json], taken: bool) -> None:
    node = k.node("a")
    node["spec"]["taints"] = [{"key": "team", "value": "a", "effect": "NoSchedule"}]

    assert would_take(node, {"spec": {"tolerations": toleration}}) is taken
