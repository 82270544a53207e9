"""Filling a runbook: exact commands from observed values, tasks for people where a value is missing."""

import dataclasses
import json
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.findings import Cause, Finding, Severity
from domain.objects import ObjectRef
from domain.scripts import Plan
from policy.kubectl import for_people
from runbooks.fill import choose, fill
from runbooks.library import load
from runbooks.slots import SLOTS

BOOKS = load()


def cause(
    code: str, kind: str = "Deployment", name: str = "basket", /, *, since: datetime | None = None, **facts: str
) -> Cause:
    ref = ObjectRef("cluster-uid", "store", kind, name)
    return Cause(Finding(code, Severity.critical, ref, "something is wrong", (), since, facts), 0.9)


def plan_for(found: Cause) -> Plan:
    book = choose(found, BOOKS)
    assert book is not None
    return fill(book, found, context="staging")


def test_a_bad_image_is_rolled_back_to_the_pinned_revision_and_the_way_back_is_pinned_too() -> None:
    """Kubernetes renumbers the revision rolled back to; the replaced one keeps its number, so that is the undo."""
    plan = plan_for(cause("image-pull", container="web", image="r/a:2", previous_revision="4", current_revision="5"))

    step = plan.steps[0]

    assert step.command is not None
    assert step.command.text == "kubectl -n store rollout undo deployment/basket --to-revision=4"
    assert [undo.text for undo in step.undo] == ["kubectl -n store rollout undo deployment/basket --to-revision=5"]
    assert step.objects == (ObjectRef("cluster-uid", "store", "Deployment", "basket"),)


def test_without_a_revision_the_previous_image_is_set() -> None:
    """The first alternative that can be filled is the step."""
    plan = plan_for(cause("image-pull", container="web", image="r/a:2", previous_image="r/a:1"))

    step = plan.steps[0]

    assert step.command is not None
    assert step.command.argv == ("kubectl", "-n", "store", "set", "image", "deployment/basket", "web=r/a:1")


def test_a_step_that_cannot_be_filled_stays_as_a_task_with_its_reason() -> None:
    """A person is told what is missing and the line that shows it."""
    plan = plan_for(cause("image-pull"))

    step = plan.steps[0]

    assert step.command is None
    assert "the previous revision was not observed" in step.why
    assert "kubectl --context staging -n store rollout history deployment/basket" in step.why


def test_the_line_to_copy_carries_the_context() -> None:
    """What runs has no context of its own; what a person pastes has."""
    plan = plan_for(cause("image-pull", container="web", image="r/a:2", previous_image="r/a:1"))
    command = plan.steps[0].command
    assert command is not None

    line = for_people(command.text, "my cluster")

    assert line == "kubectl --context 'my cluster' -n store set image deployment/basket web=r/a:1"


@pytest.mark.parametrize("name", ["-rf", "a b", "$(id)", "a;b", "Basket", "bаsket"])
def test_a_name_that_is_no_kubernetes_name_never_reaches_a_command(name: str) -> None:
    """Deceptive or malformed values make a task for a person."""
    plan = plan_for(
        cause("image-pull", "Deployment", name, container="web", previous_revision="4", current_revision="5")
    )

    commands = [step.command for step in plan.steps if step.command]

    assert commands == []


def commands(plan: Plan) -> list[str]:
    return [step.command.text for step in plan.steps if step.command]


CONFIG = {
    "container": "web",
    "pod": "basket-1",
    "config_kind": "ConfigMap",
    "config_name": "basket-config",
    "config_key": "GREETING",
    "config_value": 'hello "you"\nit\'s me',
}


def test_a_missing_key_is_restored_and_then_the_pods_are_started_again() -> None:
    """The value goes through JSON and shell unharmed, and the undo removes exactly that key."""
    plan = plan_for(cause("config-missing", **CONFIG))

    patch, restart = [step for step in plan.steps if step.command]

    assert patch.command is not None
    assert json.loads(patch.command.argv[-1]) == {"data": {"GREETING": CONFIG["config_value"]}}
    assert json.loads(patch.undo[0].argv[-1]) == {"data": {"GREETING": None}}
    assert restart.command is not None
    assert restart.command.argv[3:] == ("rollout", "restart", "deployment/basket")


def test_a_restart_only_follows_the_step_it_belongs_to() -> None:
    """Where the rollout is undone instead, nothing is restarted on top."""
    facts = {**CONFIG, "config_value": "", "previous_revision": "4", "current_revision": "5"}
    plan = plan_for(cause("config-missing", **facts, changed_fields="containers[web].env[GREETING]"))

    assert commands(plan) == ["kubectl -n store rollout undo deployment/basket --to-revision=4"]


def test_a_rollout_that_changed_nothing_relevant_is_not_undone() -> None:
    """A key that was deleted does not come back with the revision before."""
    facts = {**CONFIG, "config_value": "", "previous_revision": "4", "current_revision": "5"}

    plan = plan_for(cause("config-missing", **facts, changed_fields="containers[web].image"))

    assert commands(plan) == []
    assert "the latest rollout did not change what configuration is referred to" in plan.steps[0].why


def test_a_secrets_value_is_never_written() -> None:
    """A Secret's key becomes a task for a person."""
    plan = plan_for(cause("config-missing", **{**CONFIG, "config_kind": "Secret"}))

    assert commands(plan) == []
    assert "Secrets are neither read nor written" in plan.steps[0].why


def test_a_value_that_looks_like_a_secret_is_in_no_command_and_no_sentence() -> None:
    """Whatever a ConfigMap or a variable held, a password is not repeated."""
    password = "hunter2-Zk81!xQ"
    facts = {"container": "web", "env_name": "DB_PASSWORD", "env_value": "x", "previous_env_value": password}

    plan = plan_for(cause("pool-exhausted", **facts))

    assert password not in repr(plan)
    assert "looks like a secret" in plan.steps[0].why


@pytest.mark.parametrize("value", ["pаypal", "a\u200bb", "a\u202eb", "\x1b[2J", "x" * 5000])
def test_a_value_that_shows_as_something_else_is_left_to_a_person(value: str) -> None:
    """Look-alikes, invisible characters, control characters, and texts that nobody reads before approving."""
    plan = plan_for(cause("config-missing", **{**CONFIG, "config_value": value}))

    assert commands(plan) == []


@pytest.mark.parametrize("value", ["it's", '""', "ü", "a\nb"])
def test_a_variable_that_one_plain_word_cannot_carry_is_not_set(value: str) -> None:
    """Policy does not read words that are pieced together, so the rollout is undone instead."""
    facts = {
        "container": "web",
        "env_name": "POOL",
        "env_value": "1",
        "previous_revision": "4",
        "current_revision": "5",
    }

    plan = plan_for(cause("pool-exhausted", previous_env_value=value, changed_fields="env", **facts))

    assert commands(plan) == ["kubectl -n store rollout undo deployment/basket --to-revision=4"]


def test_going_back_to_the_same_value_is_no_fix() -> None:
    """A limit that did not change is not set again."""
    plan = plan_for(cause("out-of-memory", container="web", memory_limit="64Mi", previous_memory_limit="64Mi"))

    assert commands(plan) == []
    assert "the previous memory limit is the same as the present one" in plan.steps[0].why


@pytest.mark.parametrize(("minutes", "undone"), [(5, True), (600, False), (-10, False)])
def test_only_the_rollout_that_started_it_is_undone(minutes: int, undone: bool) -> None:
    """A crash that began long after the latest rollout, or before it, was not brought by it."""
    since = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    facts = {
        "container": "web",
        "pod": "basket-1",
        "previous_revision": "4",
        "current_revision": "5",
        "changed_fields": "containers[web].image",
        "rolled_out_at": (since - timedelta(minutes=minutes)).isoformat(),
    }

    plan = plan_for(cause("crash-loop", since=since, **facts))

    assert ("rollout undo" in commands(plan)[0]) is undone
    assert undone or commands(plan) == ["kubectl -n store logs basket-1 -c web --previous --tail=200"]


def test_the_queries_that_showed_the_trouble_show_when_it_is_over() -> None:
    """The pool's own query, and latency back to 1.5 times what it was before."""
    pool = cause(
        "pool-exhausted", container="web", env_name="POOL", env_value="2", previous_env_value="20", query="used"
    )
    slow = cause("latency-high", query="p95", **{"from": "0.04"}).finding

    plan = plan_for(dataclasses.replace(pool, consequences=(slow,)))

    assert [(e.query, e.comparison, e.bound) for e in plan.expectations] == [("used", "<", 95.0), ("p95", "<", 0.06)]


def test_the_trouble_of_the_workload_to_blame_is_what_has_to_end() -> None:
    """Callers show it too, and may have troubles of their own; a share of errors that was usual before is no fault."""
    pool = cause(
        "pool-exhausted", "Deployment", "z", env_name="P", env_value="2", previous_env_value="20", query="used"
    )
    caller = cause("latency-high", "Deployment", "a", query="p95 of a", **{"from": "0.2"}).finding
    own = cause("latency-high", "Deployment", "z", query="p95 of z", **{"from": "0.04"}).finding
    failing = cause("errors-high", "Deployment", "z", query="errors of z", **{"from": "4"}).finding
    pool = dataclasses.replace(
        pool, finding=dataclasses.replace(pool.finding, facts={**pool.finding.facts, "container": "web"})
    )

    plan = plan_for(dataclasses.replace(pool, consequences=(caller, failing, own)))

    assert [(e.query, e.bound) for e in plan.expectations] == [("used", 95.0), ("errors of z", 6.0), ("p95 of z", 0.06)]


def test_where_nothing_changes_nothing_is_expected_of_metrics() -> None:
    """A plan of reading and tasks promises no recovery."""
    plan = plan_for(cause("pool-exhausted", query="used"))

    assert plan.expectations == ()


def test_the_object_counts_more_than_what_a_fact_calls_it() -> None:
    """Facts cannot point a command at another workload than the one that was looked at."""
    found = cause("image-pull", namespace="kube-system", workload="other", previous_revision="4", current_revision="5")

    assert commands(plan_for(found)) == ["kubectl -n store rollout undo deployment/basket --to-revision=4"]


def test_no_runbook_is_made_up_for_an_unknown_cause() -> None:
    """choose says None rather than the nearest."""
    assert choose(cause("martians"), load()) is None


FACTS = sorted(SLOTS)


@given(
    st.sampled_from(sorted({code for book in BOOKS for code in book.causes})),
    st.dictionaries(st.sampled_from(FACTS), st.text(max_size=30) | st.sampled_from([s.sample for s in SLOTS.values()])),
    st.sampled_from(["Deployment", "StatefulSet", "Service", "Pod", "CronJob", "Node", "HorizontalPodAutoscaler"]),
    st.text(max_size=12) | st.just("basket"),
)
@settings(deadline=None)
def test_whatever_was_observed_every_command_is_exactly_its_words(
    code: str, facts: dict[str, str], kind: str, name: str
) -> None:
    """No value brings shell syntax, an option or a second command with it, whatever it is made of."""
    plan = plan_for(cause(code, kind, name, **facts))

    for step in plan.steps:
        for command in (*([step.command] if step.command else []), *step.verify, *step.undo):
            assert tuple(shlex.split(command.text)) == command.argv
            assert command.argv[0] == "kubectl"
            assert set(bare_characters(command.text)) <= SAFE, command.text


SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 @%+=:,./-_")


def bare_characters(text: str) -> str:
    """What stands outside single quotes; `shlex.join` writes no other kind but `"'"` for a quote itself."""
    return "".join(part for index, part in enumerate(text.replace("""'"'"'""", "").split("'")) if index % 2 == 0)
