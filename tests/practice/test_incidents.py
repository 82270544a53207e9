"""Each incident breaks as promised, is healed by its own fix, and by nobody else's."""

import json
import time
from datetime import datetime

import pytest

from practice.ground import PracticeGround
from practice.waiting import until
from tests.conftest import OpenGround
from tests.practice.mending import complains, fixes, healed_by, on, tried

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

pytestmark = [pytest.mark.cluster, pytest.mark.prometheus, pytest.mark.timeout(180)]


async def test_an_image_that_is_not_there_is_healed_by_going_back(practice_ground: OpenGround) -> None:
    """The others' fixes are tried first and leave it broken."""
    ground = await practice_ground("bad-image", seed=21, metrics=False)
    own = ["rollout", "undo", f"deployment/{ground.scenario.victim}", "--to-revision=2"]
    before = await ground.healed()

    others = [await tried(ground, fixes(ground.scenario.values)[name]) for name in ("config-key", "pool-exhausted")]
    healed = await healed_by(ground, own)

    assert "is not rolled out" in before.why
    assert not any(verdict.ok for verdict in others)
    assert healed.ok, healed.why


async def test_a_setting_that_was_removed_is_healed_by_giving_it_back(practice_ground: OpenGround) -> None:
    """It is gone from the ConfigMap, stands in the annotation of what was applied last, and nothing else helps."""
    ground = await practice_ground("config-key", seed=22, metrics=False)
    key, value, name = (ground.scenario.values[each] for each in ("setting_key", "setting_value", "config_name"))
    before = await ground.healed()
    found = json.loads(await on(ground, ["get", "configmap", name, "-o", "json"]))

    others = [await tried(ground, fixes(ground.scenario.values)[other]) for other in ("bad-image", "pool-exhausted")]
    change = json.dumps({"data": {key: value}})
    healed = await healed_by(ground, ["patch", "configmap", name, "-p", change])

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
    replica_sets = json.loads(await on(ground, ["get", "replicasets", "-o", "json"]))["items"]

    await until("live figures", lambda: complains(ground, "p95 of"))
    other = await tried(ground, fixes(ground.scenario.values)["config-key"])
    healed = await healed_by(ground, fixes(ground.scenario.values)["pool-exhausted"])

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
    await on(ground, ["rollout", "restart", f"deployment/{ground.scenario.victim}"])
    after = await ground.healed()

    assert next(iter(errors.values())) > 5
    assert before.ok, before.why
    assert "something was changed" in after.why


async def _p95(ground: PracticeGround, at: float) -> float:
    chosen = f'namespace="{ground.namespace}",service="{ground.scenario.victim}"'
    rate = f"rate(http_request_duration_seconds_bucket{{{chosen}}}[1m])"
    assert ground.telemetry
    (value,) = (await ground.telemetry.ask(f"histogram_quantile(0.95, sum by (le) ({rate}))", at)).values()
    return value
