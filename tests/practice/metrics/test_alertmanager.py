"""Alertmanager's API over the small Prometheus' own alerts: listing, choosing, silencing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from practice.children import free_ports
from practice.metrics.rules import Rules
from practice.metrics.serving import serve
from practice.promql.engine import Engine
from practice.promql.memory import Memory

RULES = [
    {"alert": "Slow", "expr": 'label_replace(vector(2), "service", "cart", "", "")', "labels": {"severity": "page"}},
    {"alert": "Failing", "expr": 'label_replace(vector(3), "service", "pay", "", "")', "labels": {"severity": "page"}},
    {"alert": "Later", "expr": "vector(1)", "for": "1h"},
]
FIELDS = set("annotations endsAt fingerprint generatorURL labels receivers startsAt status updatedAt".split())
"""Of an alert, as Alertmanager 0.25 has them."""


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """With two alerts that fire and one that is pending."""
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "made up", "rules": RULES}]}))
    engine, rules = Engine(Memory()), Rules(file)
    rules.evaluate(engine, int(datetime.now(UTC).timestamp() * 1000))
    (port,) = free_ports(1)
    runner = await serve(engine, [], rules, port=port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    await runner.cleanup()


async def test_what_fires_is_listed(session: aiohttp.ClientSession) -> None:
    """Not what is still pending; each with all that clients read."""
    alerts = await _get(session, "/api/v2/alerts")

    assert {alert["labels"]["alertname"] for alert in alerts} == {"Slow", "Failing"}
    assert all(alert.keys() == FIELDS and alert["status"]["state"] == "active" for alert in alerts)
    assert len({alert["fingerprint"] for alert in alerts}) == 2


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (['service="cart"'], {"Slow"}),
        (["service=cart"], {"Slow"}),
        (['service!="cart"'], {"Failing"}),
        (['alertname=~"S.*|F.*"', 'service!~"c.*"'], {"Failing"}),
        (['nothing=""'], {"Slow", "Failing"}),
    ],
)
async def test_filters_choose(session: aiohttp.ClientSession, filters: list[str], found: set[str]) -> None:
    """Matchers as Alertmanager writes them, all of which have to hold."""
    alerts = await _get(session, "/api/v2/alerts", [("filter", each) for each in filters])

    assert {alert["labels"]["alertname"] for alert in alerts} == found


async def test_a_silence_hushes_what_it_matches_until_it_is_taken_back(session: aiohttp.ClientSession) -> None:
    """The alert goes on, suppressed; the silence is kept, expired."""
    asked = _silence(matchers=[{"name": "service", "value": "c.*", "isRegex": True}])
    async with session.post("/api/v2/silences", json=asked) as answer:
        name = (await answer.json())["silenceID"]

    silenced = {alert["labels"]["alertname"]: alert["status"] for alert in await _get(session, "/api/v2/alerts")}
    heard = await _get(session, "/api/v2/alerts", [("silenced", "false")])
    async with session.delete(f"/api/v2/silence/{name}") as deleted:
        status = deleted.status
    (kept,) = await _get(session, "/api/v2/silences")
    again = await _get(session, "/api/v2/alerts", [("silenced", "false")])

    assert silenced["Slow"] == {"inhibitedBy": [], "silencedBy": [name], "state": "suppressed"}
    assert silenced["Failing"]["state"] == "active"
    assert [alert["labels"]["alertname"] for alert in heard] == ["Failing"]
    assert (status, kept["id"], kept["status"]) == (200, name, {"state": "expired"})
    assert kept["matchers"] == [{"name": "service", "value": "c.*", "isRegex": True, "isEqual": True}]
    assert len(again) == 2


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"comment": ""}, 422, "comment in body is required"),
        ({"matchers": []}, 422, "matchers in body is required"),
        ({"endsAt": "2020-01-01T00:00:00Z"}, 400, "start time must be before end time"),
        ({"endsAt": "soon"}, 400, "silence invalid"),
        ({"endsAt": "2099-01-01T00:00:00"}, 400, "in which zone"),
        ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, 400, "error parsing regexp"),
        ({"matchers": [{"name": "a"}]}, 400, "silence invalid"),
    ],
)
async def test_a_silence_that_cannot_be_kept_is_refused(
    session: aiohttp.ClientSession, wrong: dict[str, Any], status: int, said: str
) -> None:
    """With what is wrong about it; nothing is silenced."""
    async with session.post("/api/v2/silences", json=_silence(**wrong)) as answer:
        text = await answer.text()

    assert (answer.status, said in text) == (status, True), text
    assert await _get(session, "/api/v2/silences") == []


async def test_what_is_not_there_or_makes_no_sense_is_said(session: aiohttp.ClientSession) -> None:
    """Statuses as Alertmanager's."""
    paths = (
        "/api/v2/silence/abc",
        "/api/v2/silence/00000000-0000-0000-0000-000000000000",
        "/api/v2/alerts?filter=%7B%7Bx",
        "/api/v2/alerts?filter=a%3D~%22(%22",
    )
    statuses = []
    for path in paths:
        async with session.get(path) as answer:
            statuses.append(answer.status)
    async with session.post("/api/v2/silences", data="{x") as answer:
        statuses.append(answer.status)

    assert statuses == [422, 404, 400, 400, 400]


async def test_it_tells_about_itself(session: aiohttp.ClientSession) -> None:
    """Its version and configuration, as clients ask for first."""
    status = await _get(session, "/api/v2/status")

    assert status.keys() == {"cluster", "config", "uptime", "versionInfo"}
    assert await _get(session, "/api/v2/receivers") == [{"name": "practice"}]


def _silence(**different: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "matchers": [{"name": "service", "value": "cart", "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "someone",
        "comment": "known",
    } | different


async def _get(session: aiohttp.ClientSession, path: str, asked: list[tuple[str, str]] | None = None) -> Any:
    async with session.get(path, params=asked or []) as answer:
        answer.raise_for_status()
        return await answer.json()
