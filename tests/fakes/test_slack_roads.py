"""How the fake Slack delivers: signatures, retries, websockets that come, go and break."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from tests.fakes.slack.bolt_app import bolt_app, client_of, connected, served
from tests.fakes.slack.server import FakeSlack, fake_slack

Body = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as opened:
        opened.clock.stop()
        yield opened


class Endpoint:
    """A request URL that answers as it is told and keeps what came."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.seconds = 0.0
        self.got: list[tuple[dict[str, str], str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.text()))
        await asyncio.sleep(self.seconds)
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def endpoint(slack: FakeSlack) -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    server = web.Application()
    server.router.add_post("/", endpoint.take)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield endpoint
    await runner.cleanup()


def hears_messages(app: AsyncApp) -> list[Body]:
    heard: list[Body] = []

    @app.event("message")
    async def message(body: Body) -> None:
        heard.append(body)

    return heard


async def test_every_request_is_signed_so_that_slack_sdk_believes_it(slack: FakeSlack, endpoint: Endpoint) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    await alice.says(shop, "ünïcode & <angles>")
    await alice.runs("/hilda help me & you", shop)
    await alice.shortcut("ask")

    verifier = SignatureVerifier(slack.app.signing_secret)
    assert len(endpoint.got) == 3
    assert all(verifier.is_valid_request(body, headers) for headers, body in endpoint.got)
    types = [headers["Content-Type"] for headers, _ in endpoint.got]
    assert types == ["application/json", *["application/x-www-form-urlencoded"] * 2]


async def test_what_is_unsigned_old_or_changed_bolt_refuses(slack: FakeSlack) -> None:
    app = bolt_app(slack)
    heard = hears_messages(app)
    body = b'{"type": "event_callback", "event": {"type": "message", "text": "x"}, "team_id": "T0HOME"}'
    async with served(slack, app):
        good = await slack.http.post(body, slack.signed(body))
        replayed = await slack.http.post(*slack.http.last)
        old = await slack.http.post(body, slack.signed(body, at=1_700_000_000))
        changed = await slack.http.post(body + b" ", slack.signed(body))
        unsigned = await slack.http.post(body, {"Content-Type": "application/json"})

    assert [one.status for one in (good, replayed, old, changed, unsigned)] == [200, 200, 401, 401, 401]
    assert len(heard) == 2


async def test_a_request_url_is_verified_by_its_challenge(slack: FakeSlack, endpoint: Endpoint) -> None:
    assert not await slack.verifies_url()

    async with served(slack, bolt_app(slack)):
        assert await slack.verifies_url()


async def test_an_answer_can_forbid_further_tries(slack: FakeSlack, endpoint: Endpoint) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    endpoint.answers = [web.Response(status=400, headers={"X-Slack-No-Retry": "1"})]

    await alice.says(shop, "hello")
    [delivery] = slack.events.deliveries
    await delivery.done.wait()

    assert [one.failed for one in delivery.attempts] == ["http_error"]


async def test_a_slow_answer_is_a_timeout_and_the_next_try_says_so(slack: FakeSlack, endpoint: Endpoint) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    endpoint.seconds = 30

    said = asyncio.create_task(alice.says(shop, "hello"))
    while not endpoint.got:
        await asyncio.sleep(0.01)
    endpoint.seconds = 0
    slack.clock.forward(3)
    await said
    [delivery] = slack.events.deliveries
    await delivery.done.wait()

    assert [one.failed for one in delivery.attempts] == ["http_timeout", ""]
    headers, _ = endpoint.got[1]
    assert (headers["X-Slack-Retry-Num"], headers["X-Slack-Retry-Reason"]) == ("1", "http_timeout")


async def test_nobody_at_the_request_url_is_a_failed_connection(slack: FakeSlack) -> None:
    slack.app.request_url = "http://127.0.0.1:9/"
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    await alice.says(shop, "hello")
    await alice.runs("/hilda help", shop)

    [delivery] = slack.events.deliveries
    assert delivery.attempts[0].failed == "connection_failed"
    assert "dispatch_failed" in alice.errors[0]


async def test_above_so_many_events_an_hour_the_app_is_told_once_and_hears_no_more(
    slack: FakeSlack, endpoint: Endpoint
) -> None:
    slack.events.per_hour = 3
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    for number in range(6):
        await alice.says(shop, str(number))
    while len(endpoint.got) < 4:
        await asyncio.sleep(0.01)

    assert len(slack.events.deliveries) == 3
    assert sum("app_rate_limited" in body for _, body in endpoint.got) == 1


async def test_a_websocket_address_works_once_and_ten_may_be_open(slack: FakeSlack) -> None:
    client = client_of(slack)
    address = (await client.apps_connections_open(app_token=slack.app.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        opened = [await session.ws_connect(address)]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(address)
        opened += [await session.ws_connect(slack.sockets.new_url()) for _ in range(9)]
        hello = [(await one.receive_json())["num_connections"] for one in opened]
        eleventh = await session.ws_connect(slack.sockets.new_url())
        refused = await eleventh.receive_json()
        for one in (*opened, eleventh):
            await one.close()

    assert hello == list(range(1, 11))
    assert refused["reason"] == "too_many_websockets"


async def test_payloads_go_to_any_of_several_connections(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    apps = [bolt_app(slack), bolt_app(slack)]
    heard = [hears_messages(app) for app in apps]
    async with connected(slack, apps[0]), connected(slack, apps[1]):
        await slack.sockets.connected(2)
        for number in range(6):
            await alice.says(shop, str(number))

    assert [len(one) for one in heard] == [3, 3]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_told_to_leave_is_replaced_without_a_loss(slack: FakeSlack, reason: str) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    app = bolt_app(slack)
    heard = hears_messages(app)
    async with connected(slack, app):
        await alice.says(shop, "before")
        await slack.sockets.disconnect(reason)
        await slack.sockets.connected()
        await alice.says(shop, "after")

    assert [one["event"]["text"] for one in heard] == ["before", "after"]
    assert len(slack.api.called("apps.connections.open")) == 2


async def test_a_warned_connection_is_closed_after_ten_seconds_and_gets_nothing_new(slack: FakeSlack) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(slack.sockets.new_url())
        await slack.sockets.connected()
        await slack.sockets.disconnect("warning")
        await alice.says(shop, "hello")
        said = [(await socket.receive_json())["type"], (await socket.receive_json())["reason"]]
        slack.clock.forward(10)
        last = await socket.receive()

    assert said == ["hello", "warning"]
    assert last.type == aiohttp.WSMsgType.CLOSE
    assert slack.events.deliveries[0].attempts[0].failed == "connection_failed"


async def test_an_event_that_a_broken_connection_lost_is_delivered_again(
    slack: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    async with aiohttp.ClientSession() as session:
        deaf = await session.ws_connect(slack.sockets.new_url())
        await slack.sockets.connected()
        said = asyncio.create_task(alice.says(shop, "hello"))
        await deaf.receive_json()
        lost = await deaf.receive_json()
        await slack.sockets.drop()
        await said
        [delivery] = slack.events.deliveries
        while len(delivery.attempts) < 2:
            await asyncio.sleep(0.01)
        app = bolt_app(slack)
        heard = hears_messages(app)
        async with connected(slack, app):
            slack.clock.forward(60)
            await delivery.done.wait()
        await deaf.close()

    assert heard[0]["event_id"] == lost["payload"]["event_id"]
    assert delivery.attempts[0].failed == "connection_failed"
    assert lost["retry_attempt"] == 0
    assert delivery.attempts[-1].retry > 0


async def test_an_acknowledgement_of_nothing_is_noticed(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(slack.sockets.new_url())
        await socket.send_json({"envelope_id": "unheard-of"})
        await socket.send_str("no json")
        while len(slack.sockets.strangers) < 2:
            await asyncio.sleep(0.01)
        await socket.close()

    assert slack.sockets.strangers == [{"envelope_id": "unheard-of"}, "no json"]


async def test_socket_mode_that_is_switched_off_lets_nobody_in(slack: FakeSlack) -> None:
    slack.sockets.link_disabled = True
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(slack.sockets.new_url())
        said = await socket.receive_json()
        await socket.close()

    assert said == {"type": "disconnect", "reason": "link_disabled", "debug_info": {"host": "fake"}}


async def test_the_same_event_can_come_twice_as_a_grid_sends_it(slack: FakeSlack, endpoint: Endpoint) -> None:
    alice = slack.user("alice")
    shop = slack.channel("shop", alice)

    await alice.says(shop, "hello")
    [first] = slack.events.deliveries
    second = await slack.events.repeat(first, team_id="T0OTHER")

    assert first.envelope["event_id"] == second.envelope["event_id"]
    assert (first.envelope["team_id"], second.envelope["team_id"]) == ("T0HOME", "T0OTHER")
