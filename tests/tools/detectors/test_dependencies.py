"""Whose fault it is: a caller shows what the service that it calls causes."""

import pytest

from domain.cluster_state import ClusterState, LogKey
from domain.findings import Cause
from domain.objects import ObjectRef
from tests.tools.detectors import things as k
from tests.tools.detectors.test_causes import slow
from tools.detectors.causes import fold
from tools.kubernetes.dependencies import Dependencies


def service(name: str, calls: str = "", *, how: str = "env", ready: int = 1) -> list[k.Json]:
    """A Deployment with its Service, set to call an address in one way or another."""
    container = k.container()
    more = []
    match how:
        case "env" if calls:
            container["env"] = [{"name": "UPSTREAM", "value": calls}]
        case "args":
            container["args"] = [f"--upstream={calls}"]
        case "config map":
            container["envFrom"] = [{"configMapRef": {"name": f"{name}-config"}}]
            more = [k.config_map(f"{name}-config", {"UPSTREAM": calls})]
        case "file":
            more = [k.config_map(f"{name}-config", {"app.conf": f"timeout = 5\nupstream = {calls}\n"})]
    owner = k.deployment(name, containers=[container])
    if how == "file":
        volumes = [{"name": "conf", "configMap": {"name": f"{name}-config"}}]
        owner["spec"]["template"]["spec"]["volumes"] = volumes
    revision = k.replica_set(owner, 1, replicas=1, age=90_000)
    pod = k.pod(f"{name}-0", owner=revision, labels={"app": name})
    front = k.service(name)
    return [owner, revision, pod, front, k.endpoints(front, ready=ready), *more]


def ref(name: str, kind: str = "Deployment") -> ObjectRef:
    return ObjectRef("cluster-uid", "shop", kind, name)


def chain(how: str = "env") -> ClusterState:
    """web calls cart, cart calls pricing; report calls nobody."""
    return k.state(
        *service("web", "http://cart.shop.svc.cluster.local:80/api", how=how),
        *service("cart", "http://pricing", how=how),
        *service("pricing"),
        *service("report"),
    )


@pytest.mark.parametrize(
    "address",
    [
        "pricing",
        "pricing:80",
        "pricing.shop",
        "pricing.shop.svc:80",
        "http://pricing.shop.svc.cluster.local/v1",
        "postgres://user@pricing:5432/db",
        "other:1,pricing:2",
    ],
)
@pytest.mark.parametrize("how", ["env", "args", "config map", "file"])
def test_an_address_in_the_settings_is_a_call(address: str, how: str) -> None:
    state = k.state(*service("cart", address, how=how), *service("pricing"))

    assert Dependencies.over(state).called_by(ref("cart")) == (ref("pricing", "Service"),)


@pytest.mark.parametrize(
    "value",
    [
        "pricing-v2",
        "pricing.shop.example.com",
        "my.pricing.example",
        "pricing.example.com",
        "http://pricing.other.svc",
        "repricing",
        "/etc/pricing.d",
    ],
)
def test_what_only_looks_like_a_service_is_none(value: str) -> None:
    state = k.state(*service("cart", value), *service("pricing"))

    assert Dependencies.over(state).called_by(ref("cart")) == ()


def test_a_complaint_in_the_log_names_whom_it_waits_for() -> None:
    """Settings may be anywhere; what the program complains of is in its log. What it says in passing is not."""
    logs = {
        LogKey(
            "shop", "cart-0", "app", False
        ): "INFO GET /report:80/x 200\nERROR upstream pricing.shop.svc:80 answered 503\n"
    }
    state = k.state(*service("cart"), *service("pricing"), *service("report"), logs=logs)

    assert Dependencies.over(state).called_by(ref("cart")) == (ref("pricing", "Service"),)


def folded(*findings: object, state: ClusterState) -> tuple[Cause, ...]:
    return fold(findings, state)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["env", "config map"])
def test_the_last_of_a_chain_of_failing_services_is_the_cause(how: str) -> None:
    """Everybody fails; the one that calls nobody who fails is what is wrong."""
    found = [slow(name, "errors-high", since=600) for name in ("web", "cart", "pricing")]

    (cause,) = folded(*found, state=chain(how))

    assert cause.finding.object.name == "pricing"
    assert {finding.object.name for finding in cause.consequences} == {"web", "cart"}
    assert any(sentence.startswith("web calls cart") for sentence in cause.supporting)


def test_a_service_in_between_need_not_show_anything() -> None:
    """It retries, or nobody measures it; the way through it is known all the same."""
    found = [slow("web", "errors-high", since=600), slow("pricing", "pool-exhausted", since=620)]

    (cause,) = folded(*found, state=chain())

    assert cause.finding.object.name == "pricing"
    assert "web calls cart, which calls pricing" in cause.supporting


def test_metrics_that_are_a_step_apart_do_not_turn_the_fault_around() -> None:
    """The caller seems to have failed two minutes before: that is how coarse it is measured."""
    found = [slow("web", "errors-high", since=720), slow("cart", "latency-high", since=600)]

    (cause,) = folded(*found, state=chain())

    assert cause.finding.object.name == "cart"


def test_a_caller_that_failed_long_before_has_a_cause_of_its_own() -> None:
    found = [slow("web", "errors-high", since=5000), slow("pricing", "errors-high", since=600)]

    causes = folded(*found, state=chain())

    assert {cause.finding.object.name for cause in causes} == {"web", "pricing"}


def test_who_does_not_call_it_is_not_explained_by_it() -> None:
    found = [slow("report", "errors-high", since=600), slow("pricing", "errors-high", since=600)]

    assert len(folded(*found, state=chain())) == 2


def test_two_that_call_each_other_are_one_cause_and_no_circle() -> None:
    state = k.state(*service("web", "http://cart"), *service("cart", "http://web"))
    found = [slow(name, "errors-high", since=600) for name in ("web", "cart")]

    (cause,) = folded(*found, state=state)

    assert len(cause.consequences) == 1


def test_an_alert_about_a_callers_errors_follows_too() -> None:
    alert = slow("web", "alert-firing", since=500, alert="HighErrorRate")

    (cause,) = folded(alert, slow("pricing", "errors-high", since=600), state=chain())

    assert cause.finding.object.name == "pricing"
    assert [finding.code for finding in cause.consequences] == ["alert-firing"]


def dying(*, old_pods: int) -> ClusterState:
    """web calls pricing, whose new revision keeps running out of memory beside so many pods of the old one."""
    items = service("pricing")
    owner, old = items[0], items[1]
    old["status"]["readyReplicas"] = old_pods
    return k.state(*service("web", "http://pricing"), *items, k.replica_set(owner, 2, replicas=1, ready=0, age=600))


@pytest.mark.parametrize(("old_pods", "explained"), [(0, True), (1, False)])
def test_what_keeps_dying_fails_its_callers_unless_others_still_serve(old_pods: int, explained: bool) -> None:
    """A release that does not come up beside pods that serve is nobody else's trouble."""
    found = [slow("pricing", "out-of-memory", since=600), slow("web", "errors-high", since=500)]

    causes = folded(*found, state=dying(old_pods=old_pods))

    assert (len(causes) == 1) is explained
