"""Each incident breaks as promised, is healed by its own fix, and by nobody else's."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest

from practice.api import Json
from practice.ground import PracticeGround
from practice.health import Verdict
from practice.kubectl import kubectl
from practice.kubelet.fate import host_and_port
from practice.waiting import until
from tests.conftest import OpenGround
from tests.needs import needs

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

pytestmark = [pytest.mark.cluster, pytest.mark.prometheus, pytest.mark.timeout(180)]


def fixes(values: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """What each incident's runbook would do, whatever is really wrong."""
    deployment = f"deployment/{values['victim']}"
    return {
        "bad-image": ["rollout", "undo", deployment],
        "config-key": ["set", "env", deployment, f"{values['setting_key']}={values['setting_value']}"],
        "pool-exhausted": ["set", "env", deployment, f"{values['pool_setting']}=25"],
        "wrong-host": ["set", "env", deployment, f"{values['outside_setting']}={values['outside_good']}"],
        "memory-limit": ["set", "resources", deployment, "--limits=memory=256Mi"],
    }


async def test_an_image_that_is_not_there_is_healed_by_going_back(practice_ground: OpenGround) -> None:
    """The others' fixes are tried first and leave it broken."""
    ground = await practice_ground("bad-image", seed=21, metrics=False)
    own = ["rollout", "undo", f"deployment/{ground.scenario.victim}", "--to-revision=2"]
    before = await ground.healed()

    others = [await _tried(ground, fixes(ground.scenario.values)[name]) for name in ("config-key", "pool-exhausted")]
    healed = await _healed_by(ground, own)

    assert "is not rolled out" in before.why
    assert not any(verdict.ok for verdict in others)
    assert healed.ok, healed.why


async def test_a_setting_that_was_removed_is_healed_by_giving_it_back(practice_ground: OpenGround) -> None:
    """It is gone from the ConfigMap, stands in the annotation of what was applied last, and nothing else helps."""
    ground = await practice_ground("config-key", seed=22, metrics=False)
    key, value, name = (ground.scenario.values[each] for each in ("setting_key", "setting_value", "config_name"))
    before = await ground.healed()
    found = json.loads(await _kubectl(ground, ["get", "configmap", name, "-o", "json"]))

    others = [await _tried(ground, fixes(ground.scenario.values)[other]) for other in ("bad-image", "pool-exhausted")]
    change = json.dumps({"data": {key: value}})
    healed = await _healed_by(ground, ["patch", "configmap", name, "-p", change])

    assert "is not rolled out" in before.why
    assert key not in found["data"]
    assert json.loads(found["metadata"]["annotations"][LAST_APPLIED])["data"][key] == value
    assert not any(verdict.ok for verdict in others)
    assert healed.ok, healed.why


async def test_a_pool_that_is_too_small_is_healed_by_its_size_alone(practice_ground: OpenGround) -> None:
    """All pods are healthy all along; it began minutes ago for Kubernetes and for Prometheus alike."""
    ground = await practice_ground("pool-exhausted", seed=23)
    began = time.time() - ground.scenario.phases[-1].minutes_ago * 60
    before, after = [await _p95(ground, at) for at in (began - 60, began + 120)]
    replica_sets = json.loads(await _kubectl(ground, ["get", "replicasets", "-o", "json"]))["items"]

    await until("live figures", lambda: _complains(ground, "p95 of"))
    other = await _tried(ground, fixes(ground.scenario.values)["config-key"])
    healed = await _healed_by(ground, fixes(ground.scenario.values)["pool-exhausted"])

    assert after > 3 * before
    newest = max(datetime.fromisoformat(each["metadata"]["creationTimestamp"]) for each in replica_sets)
    assert abs(newest.timestamp() - began) < 30
    assert "p95 of" in other.why
    assert healed.ok, healed.why


async def test_what_has_recovered_is_to_be_left_alone(practice_ground: OpenGround) -> None:
    """Nothing is wrong any more; whoever changes something anyway has failed."""
    ground = await practice_ground("recovered", seed=24)
    assert ground.telemetry

    chosen = f'namespace="{ground.namespace}",service="{ground.scenario.victim}",code="500"'
    bad = time.time() - (ground.scenario.phases[-1].minutes_ago + 4) * 60
    errors = await ground.telemetry.ask(f"sum(rate(http_requests_total{{{chosen}}}[1m]))", bad)
    before = await ground.healed()
    await _kubectl(ground, ["rollout", "restart", f"deployment/{ground.scenario.victim}"])
    after = await ground.healed()

    assert next(iter(errors.values())) > 5
    assert before.ok, before.why
    assert "something was changed" in after.why


async def test_a_limit_below_the_need_is_healed_by_a_higher_one(practice_ground: OpenGround) -> None:
    """The release's pods are killed again and again; a setting makes no difference."""
    ground = await practice_ground("memory-limit", seed=31, metrics=False)
    pods = json.loads(await _kubectl(ground, ["get", "pods", "-o", "json"]))["items"]
    ends = {each.get("lastState", {}).get("terminated", {}).get("reason") for each in _containers(pods)}

    other = await _tried(ground, fixes(ground.scenario.values)["pool-exhausted"])
    healed = await _healed_by(ground, fixes(ground.scenario.values)["memory-limit"])

    assert ends == {"OOMKilled", None}
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_probe_of_a_port_that_nobody_serves_is_healed_by_going_back(practice_ground: OpenGround) -> None:
    """The release's pods run and are never ready; more memory makes no difference."""
    ground = await practice_ground("probe-port", seed=31, metrics=False)
    events = await _kubectl(ground, ["events", "--types=Warning"])

    other = await _tried(ground, fixes(ground.scenario.values)["memory-limit"])
    healed = await _healed_by(ground, ["rollout", "undo", f"deployment/{ground.scenario.victim}", "--to-revision=2"])

    assert f":{ground.scenario.values['unused_port']}: connect: connection refused" in events
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_wrong_host_is_healed_by_the_right_one(practice_ground: OpenGround) -> None:
    """The log names the host that refused; the healthy neighbours' usual medicine makes no difference."""
    ground = await practice_ground("wrong-host", seed=31, metrics=False)
    values = ground.scenario.values
    said = await _kubectl(ground, ["logs", "-l", f"app.kubernetes.io/name={ground.scenario.victim}", "--tail=40"])

    other = await _tried(ground, fixes(values)["config-key"])
    healed = await _healed_by(ground, fixes(values)["wrong-host"])

    assert values["outside_last_words"].format(address=host_and_port(values["outside_bad"])) in said
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_selector_with_a_typo_is_healed_at_the_service(practice_ground: OpenGround) -> None:
    """All pods are green, the callers are refused, and new pods are reached no better."""
    ground = await practice_ground("selector-typo", seed=31, metrics=False)
    values = ground.scenario.values
    before = await ground.healed()
    refused = f"upstream {values['victim']}:80 failed: connection refused"
    await until("a caller to complain", lambda: _writes(ground, values["caller"], refused), seconds=10)

    other = await _tried(ground, ["rollout", "restart", f"deployment/{values['victim']}"])
    selector = json.dumps({"spec": {"selector": {"app.kubernetes.io/name": values["victim"]}}})
    healed = await _healed_by(ground, ["patch", "service", values["victim"], "-p", selector])

    assert before.why == f"service {ground.namespace}/{values['victim']} has no ready endpoint"
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_cordoned_node_is_healed_at_the_node(practice_ground: OpenGround) -> None:
    """Its pods fit nowhere else, restarted or not; afterwards the node is as it was."""
    ground = await practice_ground("cordoned", seed=31, metrics=False)
    values = ground.scenario.values
    before = await ground.healed()

    other = await _tried(ground, ["rollout", "restart", f"deployment/{values['victim']}"])
    healed = await _healed_by(ground, ["uncordon", values["node"]])
    await _kubectl(ground, ["cordon", values["node"]])
    await ground.clear()
    node = json.loads(await _kubectl(ground, ["get", "node", values["node"], "-o", "json"]))

    assert f"node {values['node']} takes no pods" in before.why
    assert not other.ok
    assert healed.ok, healed.why
    assert "unschedulable" not in node["spec"]
    assert values["node_label_key"] not in node["metadata"]["labels"]


async def test_a_claim_for_a_class_that_is_not_there_is_healed_by_going_back(practice_ground: OpenGround) -> None:
    """To the claim that has its volume; the volumes go with the ground."""
    ground = await practice_ground("claim-pending", seed=31, metrics=False)
    values = ground.scenario.values
    events = await _kubectl(ground, ["events", "--types=Warning"])

    other = await _tried(ground, fixes(values)["memory-limit"])
    healed = await _healed_by(ground, ["rollout", "undo", f"deployment/{values['victim']}", "--to-revision=2"])
    await ground.clear()
    volumes = await _kubectl(ground, ["get", "persistentvolumes", "-o", "name"])

    assert f'storageclass.storage.k8s.io "{values["class_missing"]}" not found' in events
    assert not other.ok
    assert healed.ok, healed.why
    assert values["victim"] not in volumes


async def test_an_autoscaler_at_its_limit_is_healed_by_a_higher_one(practice_ground: OpenGround) -> None:
    """Its pods are hot and slow; scaling by hand is undone by the autoscaler."""
    ground = await practice_ground("autoscaler-limit", seed=31)
    values = ground.scenario.values
    before = await ground.healed()
    usage = await _kubectl(ground, ["top", "pods", "-l", f"app.kubernetes.io/name={values['victim']}", "--no-headers"])

    other = await _tried(ground, ["scale", f"deployment/{values['victim']}", "--replicas=9"])
    healed = await _healed_by(ground, ["patch", "hpa", values["victim"], "-p", '{"spec": {"maxReplicas": 9}}'])

    assert f"autoscaler {values['victim']} wants more than its {values['most']} replicas" in before.why
    assert [line.split()[1] for line in usage.splitlines()] == ["115m"] * int(values["most"])
    assert not other.ok
    assert healed.ok, healed.why


async def test_a_fault_two_services_away_is_healed_where_it_is(practice_ground: OpenGround) -> None:
    """The front complains about the middle; going back with the front's own release makes no difference."""
    ground = await practice_ground("misleading", seed=31)
    values = ground.scenario.values
    front, middle, back = (values[name] for name in ("outer_caller", "caller", "victim"))
    await until("live figures", lambda: _complains(ground, f"{front} answers"))
    before = await ground.healed()
    await until("a caller to complain", lambda: _writes(ground, front, f"upstream {middle}"), seconds=10)
    await until("its upstream to complain", lambda: _writes(ground, middle, f"upstream {back}"), seconds=10)

    other = await _tried(ground, ["rollout", "undo", f"deployment/{front}"])
    healed = await _healed_by(ground, fixes(values)["pool-exhausted"])

    assert f"p95 of {back}" in before.why
    assert f"{front} answers" in other.why
    assert healed.ok, healed.why


async def _writes(ground: PracticeGround, service: str, text: str) -> bool:
    return text in await _kubectl(ground, ["logs", "-l", f"app.kubernetes.io/name={service}", "--tail=20"])


def _containers(pods: Sequence[Json]) -> list[Json]:
    return [status for pod in pods for status in pod["status"].get("containerStatuses", [])]


async def _tried(ground: PracticeGround, words: Sequence[str]) -> Verdict:
    """The verdict after a fix has had every chance."""
    await _kubectl(ground, words)
    started = time.monotonic()
    while time.monotonic() - started < 3:
        if (verdict := await ground.healed()).ok:
            break
    return verdict


async def _healed_by(ground: PracticeGround, words: Sequence[str]) -> Verdict:
    await _kubectl(ground, words)
    started = time.monotonic()
    while not (verdict := await ground.healed()).ok and time.monotonic() - started < 40:
        pass
    return verdict


async def _p95(ground: PracticeGround, at: float) -> float:
    chosen = f'namespace="{ground.namespace}",service="{ground.scenario.victim}"'
    rate = f"rate(http_request_duration_seconds_bucket{{{chosen}}}[1m])"
    assert ground.telemetry
    (value,) = (await ground.telemetry.ask(f"histogram_quantile(0.95, sum by (le) ({rate}))", at)).values()
    return value


async def _complains(ground: PracticeGround, text: str) -> bool:
    return text in (await ground.healed()).why


async def _kubectl(ground: PracticeGround, words: Sequence[str]) -> str:
    return await kubectl(needs("kubectl")["kubectl"], ground.admin_kubeconfig, words)
