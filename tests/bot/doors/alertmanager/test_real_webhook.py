"""A real Alertmanager sends to a real port: its own grouping, repeats, silences and inhibition, and its retries."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.doors.http.alerts import PATH, alerts_router
from bot.doors.http.listening import listening
from bot.doors.http.senders import Senders
from bot.doors.http.service import service
from domain.alerts import Alert, HeardAlert
from domain.errors import ToolFailed
from practice.waiting import until
from store.record import Store
from store.work.alerts import Received
from tests.alertmanagers import Held, real_alertmanager, settled

CONFIG = """
route:
  receiver: hilda
  group_by: [namespace]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1s
inhibit_rules:
  - source_matchers: [alertname="KubeNodeNotReady"]
    target_matchers: [severity="warning"]
    equal: [namespace]
receivers:
  - name: hilda
    webhook_configs:
      - url: http://127.0.0.1:{port}{path}
        send_resolved: true
        http_config:
          {credentials}
"""
BEARER = "authorization: {credentials: s3cret}"
BASIC = "basic_auth: {username: am, password: pw}"
SENDERS = Senders("s3cret", "am", "pw")


def labels(name: str, namespace: str = "shop", severity: str = "warning", **more: str) -> dict[str, str]:
    return {"alertname": name, "namespace": namespace, "severity": severity, **more}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "key" / "audit.key")
    yield opened
    await opened.close()


@asynccontextmanager
async def sending(
    folder: Path,
    receive: Callable[[Sequence[HeardAlert], str], Awaitable[Received]],
    credentials: str = BEARER,
    config: str = CONFIG,
) -> AsyncIterator[Held]:
    async def no_troubles() -> Mapping[str, str]:
        return {}

    app = service(no_troubles, {}, [alerts_router(receive, SENDERS)])
    async with listening(app, "127.0.0.1", 0) as port:
        written = config.replace("{port}", str(port)).replace("{path}", PATH).replace("{credentials}", credentials)
        async with real_alertmanager(folder, written) as alertmanager:
            yield alertmanager


def into(store: Store) -> Callable[[Sequence[HeardAlert], str], Awaitable[Received]]:
    async def receive(batch: Sequence[HeardAlert], source: str) -> Received:
        return await store.alerts.receive(batch, source, cluster="c1")

    return receive


async def fires(store: Store, *names: str) -> dict[str, Alert]:
    """What fires, once it is exactly these."""

    async def so() -> bool:
        return sorted(alert.name for alert in await store.alerts.firing()) == sorted(names)

    await until(f"{names} to fire", so, seconds=20)
    return {alert.name: alert for alert in await store.alerts.firing()}


@pytest.mark.parametrize("credentials", [BEARER, BASIC])
async def test_what_it_sends_is_kept_in_its_own_groups(tmp_path: Path, store: Store, credentials: str) -> None:
    """Three alerts of two namespaces, by bearer or basic authentication; repeats change nothing, an end ends."""
    async with sending(tmp_path / "am", into(store), credentials) as alertmanager:
        await alertmanager.fire(labels("KubePodCrashLooping"), labels("KubeJobFailed"), labels("KubeJobFailed", "cart"))
        kept = await fires(store, "KubePodCrashLooping", "KubeJobFailed", "KubeJobFailed")
        first = {alert.id for alert in await store.alerts.firing()}
        seen = kept["KubePodCrashLooping"].seen_at
        await _repeated(store, seen)
        repeated = {alert.id for alert in await store.alerts.firing()}
        await _ends(alertmanager, labels("KubePodCrashLooping"))
        await fires(store, "KubeJobFailed", "KubeJobFailed")

    (over,) = [alert for alert in await store.alerts.group("namespace=shop") if not alert.firing]
    assert {alert.group_key for alert in await store.alerts.firing()} == {"namespace=shop", "namespace=cart"}
    assert kept["KubePodCrashLooping"].source == "webhook/hilda"
    assert repeated == first
    assert (over.name, over.ended) == ("KubePodCrashLooping", "told")


async def test_what_it_silences_or_inhibits_never_arrives(tmp_path: Path, store: Store) -> None:
    """A warning below a node that is not ready, and one that somebody silenced; what comes after them does."""
    async with sending(tmp_path / "am", into(store)) as alertmanager:
        await alertmanager.ask("POST", "/api/v2/silences", _silence("KubeJobFailed"))
        await alertmanager.fire(labels("KubeNodeNotReady", severity="critical"))
        await fires(store, "KubeNodeNotReady")
        await alertmanager.fire(labels("KubePodCrashLooping"), labels("KubeJobFailed", severity="critical"))
        await settled(alertmanager, "KubeJobFailed", "suppressed")
        await alertmanager.fire(labels("KubeQuotaExceeded", severity="critical"))

        await fires(store, "KubeNodeNotReady", "KubeQuotaExceeded")


async def test_the_page_about_it_can_be_copied(tmp_path: Path, store: Store) -> None:
    """With the address and the secret put in; whoever was told before is told still."""
    page = (Path(__file__).parents[4] / "docs" / "on-duty.md").read_text()
    (shown,) = re.findall(r"```yaml\n(route:.*?)```", page, re.DOTALL)
    config = shown.replace("http://hilda.example.com:3000", "http://127.0.0.1:{port}").replace("the-secret", "s3cret")

    async with sending(tmp_path / "am", into(store), config=config.replace("group_wait: 10s", "group_wait: 0s")) as am:
        await am.fire(labels("KubePodCrashLooping"))
        await fires(store, "KubePodCrashLooping")
        (held,) = await am.ask("GET", "/api/v2/alerts")

    assert [receiver["name"] for receiver in held["receivers"]] == ["hilda", "your-old-receiver"]


async def test_it_sends_again_until_the_store_has_it(tmp_path: Path, store: Store) -> None:
    """Twice the store is away; nothing is lost, and nothing is there twice."""
    refusals = 0

    async def receive(batch: Sequence[HeardAlert], source: str) -> Received:
        nonlocal refusals
        if refusals < 2:
            refusals += 1
            raise ToolFailed("The database is away.")
        return await store.alerts.receive(batch, source, cluster="c1")

    async with sending(tmp_path / "am", receive) as alertmanager:
        await alertmanager.fire(labels("KubePodCrashLooping"))
        await fires(store, "KubePodCrashLooping")

    assert refusals == 2


async def _repeated(store: Store, seen: datetime) -> None:
    async def so() -> bool:
        return min(alert.seen_at for alert in await store.alerts.firing()) > seen

    await until("the alerts to be sent again", so, seconds=20)


async def _ends(alertmanager: Held, what: dict[str, str]) -> None:
    now = datetime.now(UTC)
    told = [{"labels": what, "startsAt": _at(now - timedelta(minutes=5)), "endsAt": _at(now)}]
    await alertmanager.ask("POST", "/api/v2/alerts", told)


def _silence(name: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "matchers": [{"name": "alertname", "value": name, "isRegex": False, "isEqual": True}],
        "startsAt": _at(now),
        "endsAt": _at(now + timedelta(hours=1)),
        "createdBy": "someone",
        "comment": "known",
    }


def _at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
