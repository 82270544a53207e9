"""Alertmanager's webhook: kept before it is thanked, whoever may not send is told so, and nothing sent is a 500."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.doors.http.alerts import PATH, alerts_router
from bot.doors.http.senders import Senders
from bot.doors.http.service import service
from domain.alerts import Alert, HeardAlert
from domain.errors import ToolFailed
from store.record import Store
from store.work.alerts import Received
from tools.alertmanager.reading import LONGEST_LABEL

Client = Callable[..., httpx.AsyncClient]


async def no_troubles() -> Mapping[str, str]:
    return {}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "key" / "audit.key")
    yield opened
    await opened.close()


def client(
    receive: Callable[[Sequence[HeardAlert], str], Awaitable[Received]], senders: Senders, sender: str = "127.0.0.1"
) -> httpx.AsyncClient:
    app = service(no_troubles, {}, [alerts_router(receive, senders)])
    transport = httpx.ASGITransport(app, client=(sender, 4711), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://hilda")


def to(store: Store, senders: Senders | None = None, sender: str = "127.0.0.1") -> httpx.AsyncClient:
    async def receive(batch: Sequence[HeardAlert], source: str) -> Received:
        return await store.alerts.receive(batch, source, cluster="c1")

    return client(receive, senders or Senders(), sender)


def alert(pod: str = "web-1", **different: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": pod, "severity": "warning"},
        "annotations": {"summary": f"{pod} restarts"},
        "startsAt": "2026-03-01T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": f"f{sum(map(ord, pod)):015x}",
    } | different


def notification(*alerts: Any, **different: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{namespace="shop"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "hilda",
        "groupLabels": {"namespace": "shop"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
        "alerts": list(alerts),
    } | different


async def kept(store: Store) -> tuple[Alert, ...]:
    return await store.alerts.firing()


async def test_a_notification_is_kept_before_it_is_thanked(store: Store) -> None:
    """Two alerts of a group, by the receiver that sent them; the same once more changes nothing."""
    async with to(store) as http:
        first = await http.post(PATH, json=notification(alert("web-1"), alert("web-2")))
        again = await http.post(PATH, json=notification(alert("web-1"), alert("web-2")))

    assert (first.status_code, first.json()) == (200, {"new": 2, "refired": 0, "resolved": 0, "unchanged": 0})
    assert again.json()["unchanged"] == 2
    assert [(each.group_key, each.source) for each in await kept(store)] == [("namespace=shop", "webhook/hilda")] * 2


async def test_half_a_batch_is_kept_and_the_other_half_is_named(store: Store) -> None:
    """Each alert that is none with its place and its reason; the others are kept, and the answer says so."""
    sent = notification(alert("web-1"), alert(startsAt="soon"), "what", alert("web-2"), alert(labels={}))

    async with to(store) as http:
        answer = await http.post(PATH, json=sent)

    body = answer.json()
    assert (answer.status_code, body["kept"]["new"]) == (400, 2)
    assert body["detail"] == "3 of 5 are no alerts and were not kept; the others were."
    assert [each["at"] for each in body["errors"]] == ["alerts.1", "alerts.2", "alerts.4"]
    assert body["errors"][0]["why"] == "its startsAt is 'soon', which is no moment."
    assert len(await kept(store)) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"alerts": {}}', 400),
        (b'{"alerts": null}', 400),
        (b'{"alerts": [' + b"[" * 5000 + b"]" * 5000 + b"]}", 400),
        (b'{"alerts": [{"labels": {"a": NaN}}]}', 400),
        (b'{"alerts": [], "receiver": 7, "groupLabels": [], "truncatedAlerts": "x"}', 200),
        (b"\xff\xfe", 400),
    ],
)
async def test_what_is_no_notification_is_a_clear_error(store: Store, body: bytes, status: int) -> None:
    async with to(store) as http:
        answer = await http.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert status == 200 or answer.json()["title"]


async def test_a_label_of_a_megabyte_is_kept_cut(store: Store) -> None:
    """Other alerts beside it are whole."""
    long = alert("web-1")
    long["labels"] = long["labels"] | {"query": "x" * 1_000_000}

    async with to(store) as http:
        answer = await http.post(PATH, json=notification(long, alert("web-2")))

    cut, whole = await kept(store)
    assert answer.status_code == 200
    assert len(cut.labels["query"]) <= LONGEST_LABEL
    assert "more characters cut" in cut.labels["query"]
    assert whole.labels == alert("web-2")["labels"]


async def test_characters_that_no_database_holds_lose_nothing(store: Store) -> None:
    """NUL, half a surrogate pair, bidi marks: kept, once."""
    odd = alert("web-1", fingerprint="a\x00b")
    odd["labels"] = odd["labels"] | {"alertname": "\x00Odd\u202e", "cluster": "\x00", "x": "\u0000"}

    async with to(store) as http:
        answers = [await http.post(PATH, json=notification(odd)) for _ in range(2)]

    (only,) = await kept(store)
    assert [each.status_code for each in answers] == [200, 200]
    assert (only.name, only.labels["x"]) == ("Odd", "\x00")


async def test_only_json_is_taken(store: Store) -> None:
    """A page in a browser on this machine may send text without being asked; nobody reads it."""
    async with to(store) as http:
        answer = await http.post(PATH, content=b'{"alerts": []}', headers={"Content-Type": "text/plain"})

    assert answer.status_code == 415


async def test_a_store_that_is_away_keeps_nothing_and_says_so() -> None:
    """With 503, upon which Alertmanager sends it again."""

    async def away(batch: Sequence[HeardAlert], source: str) -> Received:
        raise ToolFailed("The database is away.")

    async with client(away, Senders()) as http:
        answer = await http.post(PATH, json=notification(alert()))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


async def _a_key(secret: str) -> bool:
    return secret == "hk_operator"


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("senders", "sender", "headers", "status"),
    [
        (Senders(), "127.0.0.1", {}, 200),
        (Senders(), "::1", {}, 200),
        (Senders(), "10.0.0.7", {}, 401),
        (Senders(), "127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 401),
        (Senders("s3cret"), "127.0.0.1", {}, 401),
        (Senders("s3cret"), "10.0.0.7", {"Authorization": "Bearer s3cret"}, 200),
        (Senders("s3cret"), "10.0.0.7", {"Authorization": "bearer s3cret"}, 200),
        (Senders("s3cret"), "10.0.0.7", {"Authorization": "Bearer s3cre"}, 401),
        (Senders("s3cret"), "10.0.0.7", {"Authorization": "Bearer "}, 401),
        (Senders("s3cret"), "10.0.0.7", {"Authorization": basic(":")}, 401),
        (Senders("", "am", "pässword"), "10.0.0.7", {"Authorization": basic("am:pässword")}, 200),
        (Senders("", "am", "pässword"), "10.0.0.7", {"Authorization": basic("am:password")}, 401),
        (Senders("", "am", "pässword"), "10.0.0.7", {"Authorization": "Basic %%%"}, 401),
        (Senders("s3cret", "am", "pw"), "10.0.0.7", {"Authorization": basic("am:pw")}, 200),
        (Senders(keys=_a_key), "10.0.0.7", {"Authorization": "Bearer hk_operator"}, 200),
        (Senders(keys=_a_key), "10.0.0.7", {"Authorization": "Bearer hk_viewer"}, 401),
        (Senders("s3cret", keys=_a_key), "10.0.0.7", {"Authorization": "Bearer hk_operator"}, 200),
        (Senders("s3cret", keys=_a_key), "10.0.0.7", {"Authorization": "Bearer s3cret"}, 200),
        (Senders("", "am", ""), "10.0.0.7", {"Authorization": basic("am:")}, 401),
    ],
)
async def test_who_may_send(store: Store, senders: Senders, sender: str, headers: dict[str, str], status: int) -> None:
    """Whoever knows the secret; where none is set this machine alone, and nobody through a proxy on it."""
    async with to(store, senders, sender) as http:
        answer = await http.post(PATH, json=notification(alert()), headers=headers)

    assert answer.status_code == status
    assert len(await kept(store)) == (status == 200)
    assert status == 200 or "Bearer" in answer.headers["WWW-Authenticate"]


async def test_whoever_may_not_send_is_not_read(store: Store) -> None:
    """Before a word of the body is looked at."""
    async with to(store, Senders("s3cret")) as http:
        answer = await http.post(PATH, content=b"{", headers={"Content-Type": "application/json"})

    assert answer.status_code == 401
