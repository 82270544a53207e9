"""The newer incidents on the small control plane: each shows as promised, and only its own fix heals it.

tests/practice/test_incidents_together.py has some of them on the real one; tests/journeys/test_twenty_seeds.py all.
"""

import json
from collections.abc import Sequence

import pytest

from practice.api import Json
from practice.waiting import until
from practice.worlds import host_and_port
from tests.conftest import OpenGround
from tests.practice.mending import complains, fixes, healed_by, on, tried, writes

pytestmark = pytest.mark.timeout(180)


async def test_a_limit_below_the_need_is_healed_by_a_higher_one(small_ground: OpenGround) -> None:
    """The release's pods are killed again and again; a setting makes no difference."""
    ground = await small_ground("memory-limit", seed=31, metrics=False)
    pods = json.loads(await on(ground, ["get", "pods", "-o", "json"]))["items"]
    ends = {each.get("lastState", {}).get("terminated", {}).get("reason") for each in _containers(pods)}

    other = await tried(ground, fixes(ground.scenario.values)["pool-exhausted"])
    healed = await healed_by(ground, fixes(ground.scenario.values)["memory-limit"])

    assert ends == {"OOMKilled", None}
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_probe_of_a_port_that_nobody_serves_is_healed_by_going_back(small_ground: OpenGround) -> None:
    """The release's pods run and are never ready; more memory makes no difference."""
    ground = await small_ground("probe-port", seed=31, metrics=False)
    events = await on(ground, ["events", "--types=Warning"])

    other = await tried(ground, fixes(ground.scenario.values)["memory-limit"])
    healed = await healed_by(ground, ["rollout", "undo", f"deployment/{ground.scenario.victim}", "--to-revision=2"])

    assert f":{ground.scenario.values['unused_port']}: connect: connection refused" in events
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_wrong_host_is_healed_by_the_right_one(small_ground: OpenGround) -> None:
    """The log names the host that refused; the healthy neighbours' usual medicine makes no difference."""
    ground = await small_ground("wrong-host", seed=31, metrics=False)
    values = ground.scenario.values
    refused = values["outside_last_words"].format(address=host_and_port(values["outside_bad"]))
    await until("it to say who refused", lambda: writes(ground, ground.scenario.victim, refused), seconds=20)

    other = await tried(ground, fixes(values)["config-key"])
    healed = await healed_by(ground, fixes(values)["wrong-host"])

    assert not other.ok
    assert healed.ok, healed.why


async def test_a_selector_with_a_typo_is_healed_at_the_service(small_ground: OpenGround) -> None:
    """All pods are green, the callers are refused, and new pods are reached no better."""
    ground = await small_ground("selector-typo", seed=31, metrics=False)
    values = ground.scenario.values
    before = await ground.healed()
    refused = f"upstream {values['victim']}:80 failed: connection refused"
    await until("a caller to complain", lambda: writes(ground, values["caller"], refused), seconds=10)

    other = await tried(ground, ["rollout", "restart", f"deployment/{values['victim']}"])
    selector = json.dumps({"spec": {"selector": {"app.kubernetes.io/name": values["victim"]}}})
    healed = await healed_by(ground, ["patch", "service", values["victim"], "-p", selector])

    assert before.why == f"service {ground.namespace}/{values['victim']} has no ready endpoint"
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_cordoned_node_is_healed_at_the_node(small_ground: OpenGround) -> None:
    """Its pods fit nowhere else, restarted or not; afterwards the node is as it was."""
    ground = await small_ground("cordoned", seed=31, metrics=False)
    values = ground.scenario.values
    before = await ground.healed()

    other = await tried(ground, ["rollout", "restart", f"deployment/{values['victim']}"])
    healed = await healed_by(ground, ["uncordon", values["node"]])
    await on(ground, ["cordon", values["node"]])
    await ground.clear()
    node = json.loads(await on(ground, ["get", "node", values["node"], "-o", "json"]))

    assert f"node {values['node']} takes no pods" in before.why
    assert not other.ok
    assert healed.ok, healed.why
    assert "unschedulable" not in node["spec"]
    assert values["node_label_key"] not in node["metadata"]["labels"]


async def test_a_claim_for_a_class_that_is_not_there_is_healed_by_going_back(small_ground: OpenGround) -> None:
    """To the claim that has its volume; the volumes go with the ground."""
    ground = await small_ground("claim-pending", seed=31, metrics=False)
    values = ground.scenario.values
    events = await on(ground, ["events", "--types=Warning"])

    other = await tried(ground, fixes(values)["memory-limit"])
    healed = await healed_by(ground, ["rollout", "undo", f"deployment/{values['victim']}", "--to-revision=2"])
    await ground.clear()
    volumes = await on(ground, ["get", "persistentvolumes", "-o", "name"])

    assert f'storageclass.storage.k8s.io "{values["class_missing"]}" not found' in events
    assert not other.ok
    assert healed.ok, healed.why
    assert values["victim"] not in volumes


async def test_an_autoscaler_at_its_limit_is_healed_by_a_higher_one(small_ground: OpenGround) -> None:
    """Its pods are hot and slow; scaling by hand is undone by the autoscaler."""
    ground = await small_ground("autoscaler-limit", seed=31, metrics=False)
    values = ground.scenario.values
    before = await ground.healed()
    usage = await on(ground, ["top", "pods", "-l", f"app.kubernetes.io/name={values['victim']}", "--no-headers"])

    other = await tried(ground, ["scale", f"deployment/{values['victim']}", "--replicas=9"])
    healed = await healed_by(ground, ["patch", "hpa", values["victim"], "-p", '{"spec": {"maxReplicas": 9}}'])

    assert f"autoscaler {values['victim']} wants more than its {values['most']} replicas" in before.why
    assert [line.split()[1] for line in usage.splitlines()] == ["115m"] * int(values["most"])
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_fault_two_services_away_is_healed_where_it_is(small_ground: OpenGround) -> None:
    """The front complains about the middle; going back with the front's own release makes no difference."""
    ground = await small_ground("misleading", seed=31)
    values = ground.scenario.values
    front, middle, back = (values[name] for name in ("outer_caller", "caller", "victim"))
    await until("live figures", lambda: complains(ground, f"{front} answers"))
    before = await ground.healed()
    await until("a caller to complain", lambda: writes(ground, front, f"upstream {middle}"), seconds=10)
    await until("its upstream to complain", lambda: writes(ground, middle, f"upstream {back}"), seconds=10)

    other = await tried(ground, ["rollout", "undo", f"deployment/{front}"])
    healed = await healed_by(ground, fixes(values)["pool-exhausted"])

    assert f"p95 of {back}" in before.why
    assert f"{front} answers" in other.why
    assert healed.ok, healed.why


def _containers(pods: Sequence[Json]) -> list[Json]:
    return [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
