"""Asking an Alertmanager what fires: the same from the real one and from practice's, and as if it had been sent."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.doors.alertmanager.poll import poll
from domain.alerts import Alert
from domain.errors import ToolFailed
from store.record import Store
from tests.alertmanagers import Held, an_alertmanager, real_alertmanager, settled
from tools.alertmanager.connection import Alertmanager
from tools.alertmanager.firing import GROUPS, STATUS
from tools.alertmanager.grouping import fingerprint_of

CRASHING = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1", "severity": "warning"}
FULL = {"alertname": "KubePersistentVolumeFillingUp", "namespace": "shop", "severity": "critical"}
AT_ONCE = timedelta(0)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "key" / "audit.key")
    yield opened
    await opened.close()


@pytest.fixture(params=["real", "practice"])
async def held(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Held]:
    async with an_alertmanager(request.param, tmp_path / "alertmanager") as held:
        yield held


async def asked(url: str, store: Store, warm: timedelta = AT_ONCE) -> dict[str, Alert]:
    alertmanager = Alertmanager(url)
    try:
        await poll(alertmanager, store.alerts, "c1", warm=warm)
    finally:
        await alertmanager.close()
    return {alert.name: alert for alert in await store.alerts.firing()}


async def test_what_it_lists_fires(held: Held, store: Store) -> None:
    """With its labels, once however often it is asked."""
    await held.fire(CRASHING, FULL)

    await asked(held.url, store)
    found = await asked(held.url, store)

    assert {name: dict(alert.labels) for name, alert in found.items()} == {
        "KubePodCrashLooping": CRASHING,
        "KubePersistentVolumeFillingUp": FULL,
    }
    assert found["KubePodCrashLooping"].source.startswith("poll/")


async def test_fingerprints_are_made_as_alertmanager_makes_them(tmp_path: Path, store: Store) -> None:
    """So that an alert without one is the same alert as one with it."""
    async with real_alertmanager(tmp_path / "alertmanager") as held:
        await held.fire(CRASHING, FULL | {"summary": "95 % voll ist zu viel – \u4f60"})
        found = await asked(held.url, store)

    assert len(found) == 2
    assert {alert.fingerprint for alert in found.values()} == {fingerprint_of(a.labels) for a in found.values()}


async def test_what_is_silenced_there_says_so_here(held: Held, store: Store) -> None:
    """By which silence; when the silence is over it is heard again, and each change is looked at."""
    await held.fire(CRASHING)
    await asked(held.url, store)
    await _work_off(store)
    silence = await held.ask("POST", "/api/v2/silences", _silence())
    await settled(held, "KubePodCrashLooping", "suppressed")

    silenced = await asked(held.url, store)
    jobs_then = await _work_off(store)
    await held.ask("DELETE", f"/api/v2/silence/{silence['silenceID']}")
    await settled(held, "KubePodCrashLooping", "active")
    again = await asked(held.url, store)

    assert silenced["KubePodCrashLooping"].suppressed == f"silenced by {silence['silenceID']}"
    assert again["KubePodCrashLooping"].suppressed == ""
    assert (jobs_then, await _work_off(store)) == (1, 1)


class Scripted(Alertmanager):
    """Answers what the test wrote."""

    def __init__(self, *alerts: dict[str, Any], running: timedelta = timedelta(days=1), **group: Any) -> None:
        super().__init__("http://alertmanager")
        self.alerts = list(alerts)
        self.running = running
        self.group = {"labels": {"namespace": "shop"}, "receiver": {"name": "team"}} | group

    async def get(self, path: str, params: Any = ()) -> Any:
        match path:
            case _ if path == GROUPS:
                return [self.group | {"alerts": self.alerts}]
            case _ if path == STATUS:
                return {"uptime": (datetime.now(UTC) - self.running).isoformat()}
        raise AssertionError(path)


def listed(pod: str = "web-1", **status: Any) -> dict[str, Any]:
    labels = CRASHING | {"pod": pod}
    return {
        "labels": labels,
        "annotations": {},
        "startsAt": "2026-03-01T12:00:00Z",
        "endsAt": "2026-03-01T12:04:00Z",
        "fingerprint": fingerprint_of(labels),
        "receivers": [{"name": "team"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []} | status,
    }


async def test_what_it_lists_no_longer_is_over(store: Store) -> None:
    """And what it lists again with the same start fires again; what came by webhook is not its to end."""
    alertmanager = Scripted(listed("web-1"), listed("web-2"))
    await poll(alertmanager, store.alerts, "c1")
    one, two = await store.alerts.firing()

    alertmanager.alerts = [listed("web-2")]
    await poll(alertmanager, store.alerts, "c1")
    left = [alert.id for alert in await store.alerts.firing()]
    (gone,) = [alert for alert in await store.alerts.group("namespace=shop") if not alert.firing]
    alertmanager.alerts.append(listed("web-1"))
    await poll(alertmanager, store.alerts, "c1")

    assert left == [two.id]
    assert (gone.id, gone.ended) == (one.id, "vanished")
    assert [alert.id for alert in await store.alerts.firing()] == [one.id, two.id]


async def test_an_alertmanager_that_has_just_begun_ends_nothing(store: Store) -> None:
    """It forgets what fires when it stops, and hears of it again within minutes."""
    await poll(Scripted(listed()), store.alerts, "c1")

    await poll(Scripted(running=timedelta(minutes=2)), store.alerts, "c1")
    cold = await store.alerts.firing()
    await poll(Scripted(running=timedelta(minutes=2)), store.alerts, "c1", warm=timedelta(minutes=1))

    assert (len(cold), len(await store.alerts.firing())) == (1, 0)


async def test_another_clusters_poll_ends_nothing_here(store: Store) -> None:
    """Two of us on one store, each with an Alertmanager of its own."""
    await poll(Scripted(listed()), store.alerts, "c1")

    await poll(Scripted(), store.alerts, "c2")

    assert len(await store.alerts.firing()) == 1


async def test_whoever_holds_an_alert_back_is_named(store: Store) -> None:
    """Inhibition and time intervals as well as silences."""
    inhibited = listed("web-1", state="suppressed", inhibitedBy=["a", "b", "c", "d"])
    muted = listed("web-2", mutedBy=["weekends"])

    await poll(Scripted(inhibited, muted), store.alerts, "c1")

    found = {alert.labels["pod"]: alert.suppressed for alert in await store.alerts.firing()}
    assert found == {"web-1": "inhibited by a, b, c and 1 more", "web-2": "muted by weekends"}


async def test_what_cannot_be_read_does_not_hide_the_rest(store: Store) -> None:
    """Half an alert in the list."""
    await poll(Scripted({"labels": {}}, listed()), store.alerts, "c1")

    assert len(await store.alerts.firing()) == 1


@pytest.mark.parametrize("answer", [{}, {"uptime": "long"}, [], None])
async def test_an_alertmanager_that_makes_no_sense_ends_nothing(answer: Any, store: Store) -> None:
    """What fires goes on, and the trouble is said."""

    class Odd(Scripted):
        async def get(self, path: str, params: Any = ()) -> Any:
            return answer if path == STATUS else await super().get(path, params)

    await poll(Scripted(listed()), store.alerts, "c1")

    with pytest.raises(ToolFailed):
        await poll(Odd(), store.alerts, "c1")

    assert len(await store.alerts.firing()) == 1


async def _work_off(store: Store) -> int:
    """How many jobs waited."""
    done = 0
    while job := await store.jobs.claim("w1", 30):
        await store.jobs.finish(job)
        done += 1
    return done


def _silence() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "matchers": [{"name": "namespace", "value": "shop", "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat().replace("+00:00", "Z"),
        "endsAt": (now + timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
        "createdBy": "someone",
        "comment": "known",
    }
