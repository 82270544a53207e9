"""A Service whose selector picks nothing: which label is wrong, and what it should be."""

import json

import pytest

from domain.cluster_state import ClusterState
from domain.findings import Finding
from tests.tools.detectors import things as k
from tools.detectors.catalog import find_all

LABELS = {"app.kubernetes.io/name": "cart", "team": "shop"}


def selecting(selector: dict[str, str], *, applied: dict[str, str] | None = None, name: str = "cart") -> ClusterState:
    owner = k.deployment("cart", labels=LABELS)
    revision = k.replica_set(owner, 1, replicas=1, age=90_000)
    made = k.service(name, selector)
    if applied:
        text = json.dumps({"spec": {"selector": applied}})
        made["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": text}
    return k.state(owner, revision, k.pod("cart-0", owner=revision, labels=LABELS), made, k.endpoints(made))


def one(state: ClusterState) -> Finding:
    (finding,) = find_all(state)
    assert finding.code == "service-without-endpoints"
    return finding


@pytest.mark.parametrize(
    ("selector", "facts"),
    [
        (
            {"app.kubernetes.io/name": "cartt", "team": "shop"},
            {
                "selector_key": "app.kubernetes.io/name",
                "present_selector_value": "cartt",
                "selector_value": "cart",
            },
        ),
        (
            {"app.kubernetes.io/nmae": "cart", "team": "shop"},
            {
                "present_selector_key": "app.kubernetes.io/nmae",
                "selector_key": "app.kubernetes.io/name",
                "selector_value": "cart",
            },
        ),
        (
            {"app.kubernetes.io/name": "cart", "track": "canary"},
            {"present_selector_key": "track", "present_selector_value": "canary"},
        ),
        ({"app.kubernetes.io/name": "card", "team": "shopp"}, {}),
    ],
    ids=["a value", "a name", "a label too many", "two at once"],
)
def test_the_one_label_that_is_wrong_is_told_with_the_right_one(
    selector: dict[str, str], facts: dict[str, str]
) -> None:
    found = one(selecting(selector)).facts

    assert {key: value for key, value in found.items() if "selector_" in key} == facts


def test_what_was_last_applied_says_what_was_meant() -> None:
    """However far the present selector is from it."""
    found = one(selecting({"app.kubernetes.io/name": "wrong-entirely"}, applied={"app.kubernetes.io/name": "cart"}))

    assert (found.facts["selector_key"], found.facts["selector_value"]) == ("app.kubernetes.io/name", "cart")
    assert found.title.endswith("the pods of cart have app.kubernetes.io/name=cart")
