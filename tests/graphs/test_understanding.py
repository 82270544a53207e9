"""What people type is understood without a model."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.levels import Level
from domain.messages import Message
from domain.people import Person
from graphs.understanding import Intent, Names, understand

NOW = datetime(2026, 3, 14, 15, 30, tzinfo=UTC)
NAMES = Names(
    namespaces=frozenset({"shop", "billing", "kube-system", "default"}),
    workloads=frozenset({("shop", "checkout"), ("shop", "cart"), ("billing", "invoice-api"), ("billing", "cart")}),
    pods=frozenset({("shop", "checkout-7c9f8d-x2x4p")}),
)


def said(text: str, zone: str = "UTC") -> Message:
    return Message("m1", Person("terminal", "t", "1"), "c", text, NOW, zone)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what is wrong?", Intent.diagnose),
        ("why is checkout slow", Intent.diagnose),
        ("Why did prod latency spike at 2 PM?", Intent.diagnose),
        ("anything broken in shop?", Intent.diagnose),
        ("users get errors in the shop", Intent.diagnose),
        ("what happened?", Intent.diagnose),
        ("what is wrogn?", Intent.diagnose),
        ("why did errors spike at 11:38?", Intent.diagnose),
        ("why the 502s since noon?", Intent.diagnose),
        ("why is the sky blue?", Intent.decline),
        ("cheklist", Intent.climb),
        ("what chnaged?", Intent.changes),
        ("customers complain that the shop hangs", Intent.diagnose),
        ("is everything ok?", Intent.diagnose),
        ("Show me CPU usage for all services in the last hour", Intent.metric),
        ("memory of checkout over the last 3 hours", Intent.metric),
        ("logs of checkout", Intent.logs),
        ("show me the logs", Intent.logs),
        ("previous logs of login", Intent.logs),
        ("list deployments in shop", Intent.listing),
        ("which pods are there in billing", Intent.listing),
        ("status of checkout", Intent.status),
        ("how is cart doing?", Intent.status),
        ("since when?", Intent.since),
        ("what changed?", Intent.changes),
        ("why do you think so?", Intent.why),
        ("next level", Intent.climb),
        ("fix it", Intent.climb),
        ("what should I do?", Intent.climb),
        ("level 3", Intent.climb),
        ("what can you see here?", Intent.see),
        ("undo that", Intent.undo),
        ("undo p0123456789", Intent.undo),
        ("stop", Intent.stop),
        ("hello hilda", Intent.smalltalk),
        ("thanks!", Intent.smalltalk),
        ("help", Intent.help),
        ("how do I approve?", Intent.help),
        ("what now?", Intent.help),
        ("runbook for etcd database space", Intent.runbook),
        ("write me a poem about cats", Intent.decline),
        ("what is the capital of France", Intent.decline),
        ("how do I sort a list in Python?", Intent.decline),
    ],
)
def test_a_question_is_understood_as_it_was_meant(text: str, intent: Intent) -> None:
    """Each way of asking leads to the answer that a colleague would give."""
    assert understand(said(text), NAMES).intent is intent


def test_a_service_is_known_by_its_name_or_by_one_of_its_pods() -> None:
    """A pod's name leads to the workload that owns it."""
    by_name = understand(said("what is wrong with invoice-api"), NAMES)
    by_pod = understand(said("why does checkout-7c9f8d-x2x4p crash"), NAMES)

    assert (by_name.namespace, by_name.service) == ("billing", "invoice-api")
    assert (by_pod.namespace, by_pod.service) == ("shop", "checkout")


def test_the_same_name_in_two_namespaces_means_the_one_we_talk_about() -> None:
    """What the conversation is about decides between namesakes."""
    assert understand(said("logs of cart"), NAMES, focus_namespace="billing").namespace == "billing"
    assert understand(said("logs of cart"), NAMES, focus_namespace="shop").namespace == "shop"


@pytest.mark.parametrize(("text", "near"), [("status of chekout", "checkout"), ("list pods in biling", "billing")])
def test_a_misspelt_name_is_answered_with_the_one_that_exists(text: str, near: str) -> None:
    """A typo gets a suggestion, not an empty answer."""
    assert near in understand(said(text), NAMES).did_you_mean


def test_two_pm_is_meant_in_the_zone_of_the_person_who_asks() -> None:
    """2 PM in Berlin in winter is 13:00 UTC; ten minutes either side are looked at."""
    window = understand(said("why did latency spike at 2 PM?", zone="Europe/Berlin"), NAMES).window

    assert window is not None
    assert (window.start.astimezone(UTC).hour, window.start.minute) == (12, 50)
    assert (window.end.astimezone(UTC).hour, window.end.minute) == (13, 10)


@pytest.mark.parametrize(
    ("text", "level"),
    [("checklist", Level.checklist), ("which commands?", Level.commands), ("write a script", Level.script)],
)
def test_a_level_is_named_by_what_it_gives(text: str, level: Level) -> None:
    """People name the thing, not the number."""
    assert understand(said(text), NAMES).level is level


def test_a_pasted_alert_is_looked_into() -> None:
    """Text that came out of a tool is searched for names and investigated."""
    alert = (
        "[FIRING:1] KubePodCrashLooping\nalertname: KubePodCrashLooping\nnamespace: shop\npod: checkout-7c9f8d-x2x4p\n"
    )

    understood = understand(said(alert), NAMES)

    assert understood.intent is Intent.diagnose
    assert (understood.namespace, understood.service) == ("shop", "checkout")


@given(st.text(max_size=600))
def test_no_text_breaks_the_understanding(text: str) -> None:
    """Whatever is typed, it is understood as something."""
    assert understand(said(text), NAMES).intent in Intent


def test_a_megabyte_of_text_is_understood_in_no_time() -> None:
    """Only the beginning is read as a question; the rest is searched for names up to a bound."""
    assert understand(said("a-" * 500_000), NAMES).intent in Intent
