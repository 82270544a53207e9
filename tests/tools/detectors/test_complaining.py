"""What programs say while their metrics are bad, and the change that came before."""

import json

import pytest

from domain.cluster_state import ClusterState, LogKey
from runbooks.fill import choose, fill
from runbooks.library import load
from tests.tools.detectors import things as k
from tests.tools.detectors.test_causes import slow
from tools.detectors.causes import fold
from tools.detectors.complaining import logs_to_read, with_complaints
from tools.detectors.preceding import with_preceding_changes
from tools.kubernetes.complaints import complaints
from tools.kubernetes.logs import with_logs
from tools.kubernetes.relations import Relations

SAID = "INFO GET /a 200 3ms\nERROR GET /b 502 9ms: upstream pricing.shop.svc:80 answered 503\nINFO GET /c 200 3ms\n"


def serving(*more: k.Json, containers: list[k.Json] | None = None, restarted: bool = False) -> ClusterState:
    """A healthy Deployment of three pods; `restarted` a few minutes ago by hand."""
    box = containers or [k.container()]
    owner = k.deployment("cart", replicas=3, containers=box)
    old = k.replica_set(owner, 1, replicas=0 if restarted else 3, age=90_000, containers=box)
    made = [owner, old]
    newest = old
    if restarted:
        newest = k.replica_set(owner, 2, replicas=3, age=640, containers=box)
        restart = {"kubectl.kubernetes.io/restartedAt": k.at(640)}
        newest["spec"]["template"] = {
            "metadata": {"annotations": restart, "labels": {"app": "cart"}},
            "spec": {"containers": box},
        }
        made.append(newest)
    pods = [k.pod(f"cart-{n}", owner=newest, labels={"app": "cart"}, containers=box) for n in range(3)]
    return k.state(*made, *pods, *more)


def test_two_pods_of_a_service_in_trouble_are_worth_reading() -> None:
    """Not all of them, not those that were read before, and none where the trouble is over."""
    state = serving()

    assert [key.pod for key in logs_to_read([slow("cart", "errors-high", since=600)], state)] == ["cart-0", "cart-1"]
    read = with_logs(state, {LogKey("shop", "cart-0", "app", False): SAID})
    assert [key.pod for key in logs_to_read([slow("cart", "errors-high", since=600)], read)] == ["cart-1"]
    assert logs_to_read([slow("cart", "errors-high", since=600, recovered_at="2026-03-04T11:50:00+00:00")], state) == ()


def test_its_complaints_become_evidence() -> None:
    state = with_logs(serving(), {LogKey("shop", "cart-0", "app", False): SAID})

    (finding,) = with_complaints([slow("cart", "errors-high", since=600)], state)

    assert finding.evidence[-1].sample == "ERROR GET /b 502 9ms: upstream pricing.shop.svc:80 answered 503"
    assert finding.evidence[-1].trust == "untrusted"
    assert "cart-0 -c app" in finding.evidence[-1].check


def test_more_logs_do_not_make_anybody_work_it_all_out_again() -> None:
    state = serving()
    before = Relations.over(state)
    workloads = before.workloads()

    more = with_logs(state, {LogKey("shop", "cart-0", "app", False): SAID})

    assert Relations.over(more).state is more
    assert Relations.over(more).workloads() is workloads
    assert before.state is state


@pytest.mark.parametrize(
    ("line", "complains"),
    [
        ("INFO GET /orders 200 12ms", False),
        ("2026-01-01 level=error msg=boom", True),
        ("dial tcp 10.0.0.1:5432: connect: connection refused", True),
        ("GET /x HTTP/1.1 503 1ms", True),
        ("WARN pool exhausted", True),
        ("handled 5032 requests", False),
        ("terror attack simulation loaded", False),
        ("java.net.SocketTimeoutException: Read timed out", True),
    ],
)
def test_a_complaint_is_told_from_chatter(line: str, complains: bool) -> None:
    assert (complaints(line) == [line]) is complains


def edited_config() -> k.Json:
    """POOL was 20 when it was applied, and somebody made it 2 eleven minutes ago."""
    applied = {"data": {"POOL": "20", "MODE": "a"}}
    return k.config_map(
        "cart-config",
        {"POOL": "2", "MODE": "a"},
        annotations={"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)},
        managedFields=[{"manager": "kubectl-patch", "time": k.at(660), "fieldsV1": {"f:data": {}}}],
    )


def test_a_restart_after_an_edit_does_not_hide_the_edit() -> None:
    """The pods were restarted to read it: what is to be taken back is the edit, and its undo is what was found."""
    box = [k.container(envFrom=[{"configMapRef": {"name": "cart-config"}}])]
    state = serving(edited_config(), containers=box, restarted=True)

    findings = with_preceding_changes([slow("cart", "pool-exhausted", since=600, query="used")], state)
    (cause,) = fold(findings, state)
    book = choose(cause, load())
    assert book is not None
    plan = fill(book, cause, context="test")

    step = plan.steps[0]
    assert step.command is not None
    assert json.loads(step.command.argv[-1]) == {"data": {"POOL": "20"}}
    assert [json.loads(back.argv[-1]) for back in step.undo] == [{"data": {"POOL": "2"}}]
    assert plan.steps[1].command is not None
    assert plan.steps[1].command.text == "kubectl -n shop rollout restart deployment/cart"


def test_errors_since_a_release_are_taken_back_with_it() -> None:
    """Nothing but the release explains them; the errors' own query shows when it is over."""
    before, after = k.container(image="r/cart:1"), k.container(image="r/cart:2")
    owner = k.deployment("cart", containers=[after])
    old, new = k.replica_set(owner, 1, replicas=0, containers=[before]), k.replica_set(owner, 2, replicas=1, age=700)
    state = k.state(owner, old, new, k.pod("cart-0", owner=new, labels={"app": "cart"}, containers=[after]))

    findings = with_preceding_changes([slow("cart", "errors-high", since=650, query="share")], state)
    (cause,) = fold(findings, state)
    book = choose(cause, load())
    assert book is not None
    plan = fill(book, cause, context="test")

    assert cause.confidence > 0.7
    assert plan.steps[0].command is not None
    assert plan.steps[0].command.text == "kubectl -n shop rollout undo deployment/cart --to-revision=1"
    assert [(e.query, e.comparison, e.bound) for e in plan.expectations] == [("share", "<", 2.0)]


def test_errors_that_nothing_came_before_are_a_persons_to_explain() -> None:
    state = serving()
    (cause,) = fold(with_preceding_changes([slow("cart", "errors-high", since=650)], state), state)
    book = choose(cause, load())
    assert book is not None

    assert [step.command for step in fill(book, cause, context="test").steps if step.command] == []
