"""Findings folded into causes: one root, its consequences under it, best first."""

import importlib
import pkgutil
import time
from datetime import timedelta

import tools.detectors
from domain.cluster_state import ClusterState, LogKey
from domain.evidence import observed
from domain.findings import Cause, Finding, Severity
from domain.objects import ObjectRef
from tests.tools.detectors import things as k
from tools.detectors.catalog import DETECTORS, find_all
from tools.detectors.causes import AT_MOST, fold
from tools.detectors.preceding import with_preceding_changes


def causes_of(state: ClusterState) -> tuple[Cause, ...]:
    return fold(find_all(state), state)


def broken_image(
    name: str,
    *,
    namespace: str = "shop",
    pods: int = 2,
    image: str = "registry.example/x:9",
    message: str = "not found",
) -> list[k.Json]:
    """A Deployment none of whose pods can pull, and its Service."""
    containers = [k.container(image=image)]
    late = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "lastTransitionTime": k.at(60),
    }
    owner = k.deployment(name, namespace=namespace, replicas=pods, ready=0, conditions=[late], containers=containers)
    revision = k.replica_set(owner, 2, replicas=pods, ready=0)
    waits = k.status(**k.waiting("ImagePullBackOff", message))
    made = [
        k.pod(
            f"{name}-{n}",
            waits,
            owner=revision,
            namespace=namespace,
            phase="Pending",
            labels={"app": name},
            containers=containers,
        )
        for n in range(pods)
    ]
    service = k.service(name, namespace=namespace)
    return [owner, revision, *made, service, k.endpoints(service, not_ready=pods)]


def crashing(name: str, log: str, *, env: dict[str, str] | None = None) -> tuple[list[k.Json], dict[LogKey, str]]:
    containers = [k.container(env=[{"name": key, "value": value} for key, value in (env or {}).items()])]
    owner = k.deployment(name, replicas=1, ready=0, containers=containers)
    revision = k.replica_set(owner, 1, replicas=1, ready=0)
    status = k.status(restarts=6, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    pod = k.pod(f"{name}-0", status, owner=revision, labels={"app": name}, containers=containers)
    return [owner, revision, pod], {LogKey("shop", f"{name}-0", "app", True): log}


def test_a_bad_image_explains_the_rollout_and_the_service() -> None:
    """One cause; the stuck rollout and the Service without endpoints are its consequences."""
    (cause,) = causes_of(k.state(*broken_image("web")))

    assert cause.finding.code == "image-pull"
    assert {finding.code for finding in cause.consequences} == {"rollout-stuck", "service-without-endpoints"}
    assert cause.confidence > 0.9


def test_who_calls_a_service_that_is_gone_is_a_consequence() -> None:
    """The caller's log names the Service, so its crash is explained by what broke the Service."""
    caller, logs = crashing("front", "dial tcp: connect to db:5432 failed: connection refused\n")

    (cause,) = causes_of(k.state(*broken_image("db"), *caller, logs=logs))

    assert cause.finding.object.name == "db"
    assert "front" in {finding.object.name for finding in cause.consequences}


def test_a_crash_that_names_nobody_stays_its_own_cause() -> None:
    """Two things broken at once are two causes, the larger one first."""
    other, logs = crashing("report", "division by zero\n")

    causes = causes_of(k.state(*broken_image("db", pods=5), *other, logs=logs))

    assert [cause.finding.object.name for cause in causes] == ["db", "report"]
    assert causes[0].confidence > causes[1].confidence


def test_one_registry_that_is_down_is_one_cause() -> None:
    """Three workloads that cannot reach the same registry have one thing wrong."""
    message = "dial tcp 10.1.1.1:443: i/o timeout"
    items = [item for name in ("a", "b", "c") for item in broken_image(name, message=message)]

    (cause,) = causes_of(k.state(*items))

    assert {finding.object.name for finding in cause.consequences} >= {"b", "c"} or cause.finding.object.name != "a"


def test_two_wrong_tags_are_two_causes() -> None:
    """The same code on two workloads is not the same cause."""
    causes = causes_of(k.state(*broken_image("a"), *broken_image("b")))

    assert len(causes) == 2


def test_there_are_at_most_three_causes() -> None:
    """A person at night can follow three."""
    items = [item for n in range(6) for item in broken_image(f"app-{n}")]

    causes = causes_of(k.state(*items))

    assert len(causes) == AT_MOST


def test_a_general_collapse_is_folded_in_a_moment() -> None:
    """A thousand things wrong at once must not keep anybody waiting."""
    state = released("orders", ago=620)
    findings = [slow(f"service-{n}", since=600) for n in range(1000)]
    begin = time.process_time()

    causes = fold(findings, state)

    assert len(causes) == AT_MOST
    assert time.process_time() - begin < 5


def test_what_could_not_be_read_speaks_against_certainty() -> None:
    """The same finding with half the cluster unread is less sure, and says why."""
    items = broken_image("web")
    (sure,) = causes_of(k.state(*items))
    (less,) = causes_of(k.state(*items, coverage={"Event": "forbidden"}))

    assert less.confidence < sure.confidence
    assert any("Event" in sentence for sentence in less.against)


def slow(name: str, code: str = "latency-high", *, since: float, **facts: str) -> Finding:
    """What the metrics part would say about a workload."""
    ref = ObjectRef("cluster-uid", "shop", "Deployment", name)
    seen = observed("prometheus", f"{code} of {name}", f"{name} is slow", check="up", objects=(ref,))
    return Finding(code, Severity.warning, ref, f"{name} is slow", (seen,), k.NOW - timedelta(seconds=since), facts)


def released(name: str, *, ago: float) -> ClusterState:
    """A healthy Deployment whose newest revision gave it a smaller pool."""
    before = k.container(env=[{"name": "POOL_SIZE", "value": "30"}])
    after = k.container(env=[{"name": "POOL_SIZE", "value": "2"}])
    owner = k.deployment(name, containers=[after])
    old, new = k.replica_set(owner, 1, replicas=0, containers=[before]), k.replica_set(owner, 2, replicas=1, age=ago)
    return k.state(owner, old, new, k.pod(f"{name}-0", owner=new, labels={"app": name}, containers=[after]))


def test_trouble_in_the_metrics_is_told_with_the_rollout_before_it() -> None:
    """The one variable that the rollout changed, with both values, and the revision to go back to."""
    state = released("orders", ago=620)

    (finding,) = with_preceding_changes([slow("orders", "pool-exhausted", since=600)], state)

    facts = finding.facts
    assert (facts["env_name"], facts["env_value"], facts["previous_env_value"]) == ("POOL_SIZE", "2", "30")
    assert (facts["previous_revision"], facts["container"]) == ("1", "app")
    assert any("POOL_SIZE" in piece.sample for piece in finding.evidence)


def test_a_rollout_of_yesterday_explains_nothing_of_now() -> None:
    """What came long before is not blamed."""
    (finding,) = with_preceding_changes([slow("orders", since=600)], released("orders", ago=90_000))

    assert "env_name" not in finding.facts


def test_an_alert_joins_what_is_found_wrong_with_the_same_workload() -> None:
    """It says that something is wrong, not what; alone it stays a cause."""
    state = released("orders", ago=620)
    alert = slow("orders", "alert-firing", since=300, alert="HighLatency")

    (alone,) = fold([alert], state)
    (folded,) = fold([alert, slow("orders", "pool-exhausted", since=600)], state)

    assert alone.finding.code == "alert-firing"
    assert folded.finding.code == "pool-exhausted"
    assert [finding.code for finding in folded.consequences] == ["alert-firing"]


def test_what_is_over_is_no_cause() -> None:
    """A recovered finding stays a finding."""
    state = released("orders", ago=620)

    assert fold([slow("orders", since=3000, recovered_at="2026-03-04T11:30:00+00:00")], state) == ()


def test_the_catalog_lists_every_detector() -> None:
    """Whatever file here has a `find` is in the catalog."""
    modules = [
        importlib.import_module(f"tools.detectors.{m.name}") for m in pkgutil.iter_modules(tools.detectors.__path__)
    ]

    assert {module.find for module in modules if hasattr(module, "find")} == set(DETECTORS)
