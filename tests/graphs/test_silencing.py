"""From alerts to a script: whatever their labels hold, the script runs our lines and nothing of theirs."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NotAllowed
from domain.people import Person
from domain.scripts import Plan
from graphs.compiler import compile_script
from graphs.desk import Desk
from graphs.silence_wish import Wish
from graphs.silencing import MOST, offered, plan_for, targets
from policy.shell import parse
from policy.verdict import judge
from tools.alertmanager.silences import FiringAlert

NOW = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)
ASKER = Person("slack", "T1", "U1")
DESK = cast(
    "Desk",
    SimpleNamespace(alertmanager=SimpleNamespace(url="http://alerts:9093"), clock=lambda: NOW, cluster="c"),
)


def firing(**labels: str) -> FiringAlert:
    return FiringAlert("f", labels, ())


def planned(*alerts: FiringAlert, wish: Wish | None = None) -> Plan:
    return asyncio.run(plan_for(DESK, wish or Wish(), alerts, ASKER, "i0123456789"))


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "$(reboot)",
            "`reboot`",
            "a\nreboot",
            "'; reboot #",
            '"; reboot',
            "--end=2099-01-01T00:00:00Z",
            "-h",
            "a b",
            "*",
        ]
    ),
)


@given(name=HOSTILE, namespace=HOSTILE, more=HOSTILE)
def test_labels_never_become_lines_of_the_script(name: str, namespace: str, more: str) -> None:
    """Whoever writes an alert's labels writes no shell: the only command is the one that policy understood."""
    try:
        plan = planned(firing(alertname=name, namespace=namespace, more=more))
    except NotAllowed:
        return
    script = compile_script(plan, (), title=plan.title, where="here")

    (step,) = plan.steps
    assert step.command is not None
    verdict = judge(step.command.text, observed=targets(plan))
    lines = [line for line in script.run.splitlines() if line and not line.startswith(("#", "say ", "set ", "stop()"))]
    assert lines == ["say() { printf '==> %s\\n' \"$1\"; }", step.command.text] or not verdict.runnable
    assert parse(step.command.text)[0].argv == step.command.argv or not verdict.runnable


def test_one_proposal_silences_each_kind_of_alert_once() -> None:
    plan = planned(
        firing(alertname="Crash", namespace="shop", pod="a"),
        firing(alertname="Slow", namespace="shop"),
        firing(alertname="Crash", namespace="shop", pod="b"),
    )

    texts = [step.command.text for step in plan.steps if step.command]
    assert [step.title for step in plan.steps] == [
        "Silence Crash in shop for 60 min",
        "Silence Slow in shop for 60 min",
    ]
    assert all("--start=2026-03-01T12:00:00Z --end=2026-03-01T13:00:00Z" in text for text in texts)
    assert "pod=" not in texts[0]
    assert len({step.verify for step in plan.steps}) == 2


def test_too_many_kinds_at_once_are_refused() -> None:
    with pytest.raises(NotAllowed, match="Name one of them"):
        planned(*(firing(alertname=f"A{number}") for number in range(MOST + 1)))


def test_a_wish_for_more_than_a_day_is_refused() -> None:
    with pytest.raises(NotAllowed, match="longer than 24 hours"):
        planned(firing(alertname="Crash"), wish=Wish(length=timedelta(hours=25)))


def test_silencing_is_offered_where_an_alertmanager_is_set() -> None:
    assert offered(DESK)
    assert not offered(cast("Desk", SimpleNamespace(alertmanager=None)))
