"""Looking unasked: which cause alerts have, and that a storm of them is one look and not a storm of requests."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.alerts import Alert
from domain.cards import ClusterLabel
from domain.cluster_state import ClusterState
from domain.errors import ToolFailed
from domain.evidence import observed
from domain.findings import Cause, Finding, Severity
from domain.messages import Message
from domain.objects import ObjectRef
from graphs import unasked
from graphs.desk import Desk
from graphs.diagnosis import Seen
from graphs.focus import Focus
from graphs.unasked import UnaskedLooks, cause_of

NOW = datetime(2026, 3, 12, 14, 3, tzinfo=UTC)
STATE = ClusterState("c", "eu-prod-1", NOW, {}, {})


def alert(name: str = "HighLatency", **labels: str) -> Alert:
    return Alert(1, "f", name, "warning", labels, {}, NOW, NOW, NOW, "firing", "g")


def finding(code: str, name: str, **facts: str) -> Finding:
    ref = ObjectRef("c", "shop", "Deployment", name)
    seen = observed("kubernetes", f"{code} {name}", code, check="kubectl get pods", objects=(ref,))
    return Finding(code, Severity.critical, ref, f"{name}: {code}", (seen,), NOW, facts)


def seen(*causes: Cause) -> Seen:
    done = SimpleNamespace(state=STATE, signals=None, evidence=(), notes=())
    return Seen(cast("Any", done), causes, (), ())


POOL = Cause(finding("pool-exhausted", "orders"), 0.8, (finding("alert-firing", "checkout", alert="HighLatency"),))
IMAGE = Cause(finding("image-pull", "cart"), 0.95)
NODE = Cause(Finding("unschedulable", Severity.warning, ObjectRef("c", "", "Node", "node-7"), "full", ()), 0.9)
FIRES = Cause(finding("alert-firing", "checkout", alert="HighLatency"), 0.4)


@pytest.mark.parametrize(
    ("fired", "focus", "why"),
    [
        (alert(namespace="shop"), Focus("shop"), POOL),
        (alert("Other", namespace="shop", service="cart"), Focus("shop", "cart"), IMAGE),
        (alert("NodeFull", node="node-7"), Focus(), NODE),
        (alert("Other", namespace="shop"), Focus("shop"), IMAGE),
        (alert("Other", namespace="shop", service="mail"), Focus("shop", "mail"), None),
        (alert("Other", node="node-1"), Focus(), None),
    ],
)
def test_the_cause_of_alerts_is_about_them(fired: Alert, focus: Focus, why: Cause | None) -> None:
    """One that explains them, else one of what they name; that an alert fires is the cause of nothing."""
    assert cause_of(seen(FIRES, IMAGE, POOL, NODE), [fired], focus) is why


async def test_alerts_that_come_at_once_share_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty alerts about one namespace are one look; another namespace has its own, and two run at a time."""
    looked, running, most = [], 0, 0

    async def look_around(desk: Desk, message: Message, focus: Focus) -> Seen:
        nonlocal running, most
        looked.append(focus)
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return seen(IMAGE)

    monkeypatch.setattr(unasked, "look_around", look_around)
    looks = UnaskedLooks(desk())

    spaces = [f"shop-{n % 5}" for n in range(50)]
    await asyncio.gather(*(looks.look([alert(namespace=space)], Focus(space, "cart")) for space in spaces))

    assert sorted(focus.namespace for focus in looked) == sorted(set(spaces))
    assert {focus.service for focus in looked} == {""}
    assert most == unasked.AT_ONCE


async def test_a_look_that_fails_says_why_and_the_next_one_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is raised: the incident is announced without a cause."""
    answers: Iterator[ToolFailed | Seen] = iter([ToolFailed("the cluster gave no answer"), seen(IMAGE)])

    async def look_around(desk: Desk, message: Message, focus: Focus) -> Seen:
        answer = next(answers)
        if isinstance(answer, ToolFailed):
            raise answer
        return answer

    monkeypatch.setattr(unasked, "look_around", look_around)
    looks = UnaskedLooks(desk())

    first = await looks.look([alert(namespace="shop")], Focus("shop"))
    second = await looks.look([alert(namespace="shop")], Focus("shop"))

    assert first.blind == "the cluster gave no answer"
    assert second.cause is IMAGE


async def test_a_look_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is told that something fires, whatever the cluster does."""

    async def look_around(desk: Desk, message: Message, focus: Focus) -> Seen:
        await asyncio.sleep(60)
        return seen()

    monkeypatch.setattr(unasked, "look_around", look_around)
    monkeypatch.setattr(unasked, "PATIENCE", 0.05)
    looks = UnaskedLooks(desk())

    found = await looks.look([alert(namespace="shop")], Focus("shop"))

    assert "no time to look" in found.blind
    await looks.close()


def desk() -> Desk:
    async def what_helped(*_: object, **__: object) -> tuple[()]:
        return ()

    store = SimpleNamespace(incidents=SimpleNamespace(what_helped=what_helped))
    made = SimpleNamespace(
        clock=lambda: NOW, label=ClusterLabel("eu-prod-1"), model=None, store=store, runbooks=(), kube=None
    )
    return cast("Desk", made)
