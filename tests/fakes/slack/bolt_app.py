"""Serve a real slack_bolt app to the fake Slack, over signed HTTP or over Socket Mode."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack.server import FakeSlack

TRANSPORTS = ("http", "socket")


def client_of(slack: FakeSlack, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=slack.app.bot_token if token is None else token, base_url=slack.api_url)


def bolt_app(slack: FakeSlack) -> AsyncApp:
    return AsyncApp(
        client=client_of(slack), signing_secret=slack.app.signing_secret, raise_error_for_unhandled_request=False
    )


@asynccontextmanager
async def running(slack: FakeSlack, app: AsyncApp, transport: str) -> AsyncIterator[None]:
    async with served(slack, app) if transport == "http" else connected(slack, app):
        yield


@asynccontextmanager
async def served(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[None]:
    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    server = web.Application()
    server.router.add_post("/slack/events", events)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def connected(slack: FakeSlack, app: AsyncApp, ping_interval: float = 5) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, slack.app.app_token, web_client=client_of(slack), ping_interval=ping_interval)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.sockets.connected()
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
