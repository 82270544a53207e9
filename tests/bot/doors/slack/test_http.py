"""The HTTP side: what is no genuine request of Slack's goes no further, and how the process says that it is well."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.bot.doors.slack.made_up import Office, office_at, open_office
from tests.fakes.slack.server import fake_slack


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path, "http") as opened:
        yield opened


def event(text: str = "<@U0HILDA> status", **more: Any) -> bytes:
    inner = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1700000000.1", "text": text, **more}
    return json.dumps(
        {"type": "event_callback", "team_id": "T0HOME", "api_app_id": "A0HILDA", "event_id": "Ev1", "event": inner}
    ).encode()


async def sent(office: Office, body: bytes, headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(office.slack.app.request_url, content=body, headers=headers)


async def test_slack_may_verify_the_url(office: Office) -> None:
    assert await office.slack.verifies_url()


async def test_what_slack_did_not_sign_is_refused_and_not_heard(office: Office) -> None:
    """Unsigned, old, signed with another secret, with an odd timestamp: 401, never an error of ours."""
    body = event()
    good = office.slack.signed(body)
    bad = [
        {"content-type": "application/json"},
        office.slack.signed(body, at=1.0),
        {**good, "X-Slack-Signature": "v0=" + "0" * 64},
        {**good, "X-Slack-Request-Timestamp": "yesterday"},
        office.slack.signed(b"{}"),
    ]

    answers = [await sent(office, body, headers) for headers in bad]
    await office.settled()

    assert [answer.status_code for answer in answers] == [401] * 5
    assert office.answers.heard == []


async def test_a_replayed_request_is_heard_once(office: Office) -> None:
    """The signature stays good for five minutes; the durable key does not forget."""
    office.slack.channel("shop")
    body = event()
    headers = office.slack.signed(body)

    answers = [await sent(office, body, headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert office.answers.texts == ["status"]


async def test_what_is_too_large_or_unreadable_is_refused(office: Office) -> None:
    large, broken = b'{"type":"' + b"x" * 1_000_000 + b'"}', b"{nothing"
    form = b"payload=%7Bnothing"
    kind = "application/x-www-form-urlencoded"

    assert (await sent(office, large, office.slack.signed(large))).status_code == 413
    assert (await sent(office, broken, office.slack.signed(broken))).status_code == 400
    assert (await sent(office, form, office.slack.signed(form, content_type=kind))).status_code == 400
    assert (await sent(office, b"<a/>", office.slack.signed(b"<a/>", content_type="text/xml"))).status_code == 415


@pytest.mark.parametrize(
    "more",
    [
        {"ts": "soon"},
        {"ts": None},
        {"user": None},
        {"channel": None},
        {"text": None},
        {"ts": "9" * 400},
        {"files": "no"},
    ],
)
async def test_an_event_with_holes_breaks_nothing(office: Office, more: dict[str, Any]) -> None:
    """It is acknowledged, so that Slack does not send it again, and the log says so."""
    body = event(**more)

    assert (await sent(office, body, office.slack.signed(body))).status_code == 200


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": [{"action_id": "elsewhere", "type": "button"}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [{"action_id": "hilda:approve:0"}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [], "user": {"id": "U1"}},
        {"type": "event_callback", "event": {"type": "emoji_changed"}},
    ],
    ids=["not-ours", "no-value", "no-action", "another-event"],
)
async def test_what_nobody_listens_to_breaks_nothing(office: Office, payload: dict[str, Any]) -> None:
    team = {"team": {"id": "T0HOME"}, "api_app_id": "A0HILDA", **payload}
    is_event = "event" in payload
    body = json.dumps(team).encode() if is_event else urlencode({"payload": json.dumps(team)}).encode()
    kind = "application/json" if is_event else "application/x-www-form-urlencoded"

    assert (await sent(office, body, office.slack.signed(body, content_type=kind))).status_code in {200, 400, 404}


async def test_the_acknowledgement_waits_for_the_store(office: Office) -> None:
    """Nothing is acknowledged that could be lost: while the store cannot be written, Slack is told to come again."""
    alice = office.slack.user("alice")
    shop = office.slack.channel("shop", alice)
    writable = office.store.jobs.put

    async def full(*_: Any, **__: Any) -> int:
        raise OSError("disk full")

    office.store.jobs.put = full  # type: ignore[method-assign]
    await alice.says(shop, "@hilda status")
    office.store.jobs.put = writable  # type: ignore[method-assign]
    office.slack.clock.forward(61)
    await office.slack.events.deliveries[0].done.wait()
    await office.settled()

    assert office.slack.events.deliveries[0].attempts[0].status == 500
    assert await shop.sees("You said: status")
    assert office.answers.texts == ["status"]


async def test_the_process_says_how_it_is(office: Office) -> None:
    """Alive always, ready while Slack answers."""
    url = f"http://127.0.0.1:{office.port}"
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{url}/healthz")).status_code == 200
        assert (await client.get(f"{url}/readyz")).json() == {"ready": True, "troubles": {}}

        office.door.delivery.trouble = "Slack does not answer"
        answer = await client.get(f"{url}/readyz")

    assert answer.status_code == 503
    assert answer.json()["troubles"] == {"slack": "Slack does not answer"}


async def test_slack_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """The process starts, is not ready, and hears as soon as Slack is back."""
    async with fake_slack() as slack:
        await slack.outage()
        async with office_at(slack, tmp_path, "http") as office:
            assert await office.door.trouble() == "Slack was not reached yet"
            slack.recover()
            async with asyncio.timeout(10):
                while await office.door.trouble():
                    await asyncio.sleep(0.05)
            alice = slack.user("alice")
            shop = slack.channel("shop", alice)
            await alice.says(shop, "@hilda status")
            assert await shop.sees("You said: status")
