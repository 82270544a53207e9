"""What an earlier look saw and a later one may miss: kept while it is still true, and let go when it is not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.cluster_state import ClusterState, LogKey
from domain.findings import Cause, Finding
from domain.plain_json import Json
from tests.tools.detectors import things as k
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold
from tools.detectors.held import Held, is_held, with_held

NEW = [k.container(image="r/web:2", env=[{"name": "CACHE", "value": "redis-b:6379"}])]
OLD = [k.container(image="r/web:2", env=[{"name": "CACHE", "value": "redis-a:6379"}])]
CRASHED = k.status(restarts=6, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
STARTING = k.status(**k.running(2))
WELL = k.status(ready=True, **k.running(150))
LAST_WORDS = "ERROR redis-b:6379: connection refused"
PAST_DEADLINE = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "lastTransitionTime": k.at(60),
}


def web(
    status: Json, *, template: list[Json] = NEW, said: str = LAST_WORDS, stuck: bool = False, **more: Any
) -> ClusterState:
    """One pod of the new revision as given, beside one of the revision before that serves."""
    owner = k.deployment(
        "web", replicas=2, ready=1, containers=template, conditions=[PAST_DEADLINE] if stuck else [], **more
    )
    first = k.replica_set(owner, 1, replicas=1, age=90_000, containers=OLD)
    second = k.replica_set(owner, 2, replicas=1, ready=0, age=210, containers=template)
    serving = k.pod("web-old", owner=first, containers=OLD, labels={"app": "web"})
    pod = k.pod("web-new", status, owner=second, containers=template, labels={"app": "web"}, age=200)
    return k.state(owner, first, second, serving, pod, logs={LogKey("shop", "web-new", "app", True): said})


def seen(state: ClusterState, code: str = "crash-loop") -> Held:
    """What a conversation keeps of it: through JSON, since it is kept between two turns."""
    found = next(finding for finding in find_all(state) if finding.code == code)
    held = Held.of(found, state)
    assert held is not None
    return Held.from_json(held.as_json(), found.evidence)


def causes(state: ClusterState, held: Held | None) -> tuple[Cause, ...]:
    return fold(with_held(find_all(state), held, state), state)


def test_what_is_kept_between_turns_comes_back_as_it_was() -> None:
    state = web(CRASHED)
    (found,) = (finding for finding in find_all(state) if finding.code == "crash-loop")

    assert seen(state).finding == found


def test_a_crash_that_a_look_misses_still_explains_the_rollout_it_stopped() -> None:
    """Without it the rollout would be the cause, and its checklist the wrong one."""
    earlier, now = seen(web(CRASHED)), web(STARTING, stuck=True)

    (without,), (cause,) = causes(now, None), causes(now, earlier)

    assert without.finding.code == "rollout-stuck"
    assert cause.finding.code == "crash-loop"
    assert cause.finding.facts["previous_env_value"] == "redis-a:6379"
    assert [finding.code for finding in cause.consequences] == ["rollout-stuck"]
    assert is_held(cause.finding)
    assert all("(seen 0 s ago)" in piece.summary for piece in cause.finding.evidence)


def test_a_pod_that_is_not_ready_yet_is_not_healed() -> None:
    """Also where nothing at all is found at that moment."""
    (cause,) = causes(web(STARTING), seen(web(CRASHED)))

    assert cause.finding.code == "crash-loop"


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(web(WELL), id="its pods are ready"),
        pytest.param(web(STARTING, template=OLD), id="somebody rolled out something else"),
        pytest.param(k.state(k.deployment("web", replicas=0, containers=NEW)), id="scaled to nothing"),
        pytest.param(k.state(), id="it is gone"),
    ],
)
def test_what_is_healed_or_another_thing_by_now_is_let_go(now: ClusterState) -> None:
    assert causes(now, seen(web(CRASHED))) == ()


def test_what_was_seen_long_ago_is_let_go() -> None:
    earlier = seen(web(CRASHED))

    assert causes(web(STARTING), replace(earlier, at=earlier.at - timedelta(minutes=16))) == ()


def test_trouble_seen_again_keeps_the_reason_that_was_seen_before() -> None:
    """A log that could not be read this time takes nothing from what was known."""
    (cause,) = causes(web(k.status(restarts=7, last=k.ended(1), **k.waiting("CrashLoopBackOff")), said=""), None)
    (held,) = causes(
        web(k.status(restarts=7, last=k.ended(1), **k.waiting("CrashLoopBackOff")), said=""), seen(web(CRASHED))
    )

    assert "blamed_setting" not in cause.finding.facts
    assert held.finding.facts["blamed_setting"] == "CACHE"
    assert held.finding.facts["restarts"] == "7"
    assert any(piece.source == "logs" for piece in held.finding.evidence)


def test_a_deeper_reason_takes_the_place_of_what_was_seen_before() -> None:
    """A fresh look that knows more is believed; what was told before follows from it."""
    missing = k.status(**k.waiting("CreateContainerConfigError", 'configmap "web-config" not found'))

    (cause,) = causes(web(missing), seen(web(CRASHED)))

    assert cause.finding.code == "config-missing"
    assert "crash-loop" in [finding.code for finding in cause.consequences]


def test_what_does_not_come_and_go_is_never_kept() -> None:
    """A Service that selects nobody is seen by every look; one that misses it has seen it mended."""
    service = k.service("web", {"app": "wbe"})
    state = k.state(*web(WELL).of("Pod"), service, k.endpoints(service))
    (found,) = (finding for finding in find_all(state) if finding.code == "service-without-endpoints")

    assert Held.of(found, state) is None


def test_a_date_is_told_once_however_often_it_is_kept() -> None:
    """What is kept may have been shown with its date before."""
    earlier = seen(web(CRASHED))
    once: Finding = causes(web(STARTING), earlier)[0].finding
    again = Held.from_json(earlier.as_json(), once.evidence)

    twice = causes(web(STARTING), again)[0].finding

    assert [piece.summary for piece in twice.evidence] == [piece.summary for piece in once.evidence]
