"""`hilda serve`: the doors, the workers and the clock in one process; any number of them, all equal."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.options import ContextOption, KubeconfigOption, PrometheusOption
from domain.errors import HildaError, Misconfigured
from domain.people import Role
from policy.routing import OWNER

if TYPE_CHECKING:
    from bot.app import App
    from bot.doors.opening import ChatDoor
    from bot.settings import Settings
    from domain.alerts import HeardAlert
    from store.work.alerts import Received

AT_ONCE = 24
"""Conversations that are worked on at the same time."""

app = command()


@app.command()
def serve(
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    prometheus: PrometheusOption = "",
    host: Annotated[str, typer.Option("--host", help="Listen on this address; HILDA_HTTP_HOST otherwise.")] = "",
    port: Annotated[int | None, typer.Option("--port", help="Listen on this port; HILDA_HTTP_PORT otherwise.")] = None,
) -> None:
    """Be on duty until stopped: answer in Slack and Teams, take alerts, report.

    SIGTERM lets what is under way come to its end.

    SLACK_BOT_TOKEN with SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP, path /slack/events) opens the
    Slack door, TEAMS_APP_ID with its password and tenant (path /api/messages) that of Microsoft Teams; without them
    alerts are taken and looked into all the same. /healthz and /readyz say how it is.
    """
    from bot.settings import load_settings

    settings = load_settings(
        kubeconfig=kubeconfig or None,
        context=context or None,
        prometheus_url=prometheus or None,
        http_host=host or None,
        http_port=port,
    )
    asyncio.run(_until_stopped(settings))


async def _until_stopped(settings: "Settings") -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serving(settings) as port:
        # What the start has loaded stays to the end. To look through it for what nobody uses any more would stop
        # everything for a tenth of a second, every few seconds.
        gc.collect()
        gc.freeze()
        if missing := unheard(settings):
            typer.echo(f"hilda: {missing}", err=True)
        typer.echo(f"hilda serves on http://{settings.http_host}:{port}", err=True)
        await stop.wait()
        typer.echo("hilda: nothing new is heard; what is under way is finished first", err=True)


@asynccontextmanager
async def serving(settings: "Settings") -> AsyncIterator[int]:
    """Everything open and at work; the port that HTTP listens on. What is under way at the end is finished first."""
    from bot.app import open_app
    from bot.doors.opening import open_chats

    await _refuse_without_a_door(settings)
    async with open_app(settings) as opened, open_chats(settings, opened.desk, opened.worker) as chats:
        work = asyncio.create_task(opened.worker.run(at_once=AT_ONCE))
        try:
            async with _clock(settings, opened), _http(settings, opened, chats) as port:
                yield port
                for door in chats.values():
                    await door.leave()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.drain_seconds):
                    await _drained(opened, work, chats)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def _refuse_without_a_door(settings: "Settings") -> None:
    """Alerts alone are enough to serve: they become incidents, which the terminal and HTTP show. So is an API key."""
    from bot.cli.storing import open_store

    secrets = (settings.slack_bot_token, settings.alerts_token)
    named = (settings.teams_app_id, settings.teams_development, settings.alerts_username, settings.alertmanager_url)
    if any(one.get_secret_value() for one in secrets) or any(named):
        return
    async with open_store(settings) as store:
        keys = await store.keys.list()
    if not any(key.alive for key in keys):
        raise Misconfigured(
            "There is no door to open: set SLACK_BOT_TOKEN (docs/slack.md says where it comes from) or TEAMS_APP_ID "
            "(docs/teams.md), or for alerts without a chat HILDA_ALERTS_TOKEN or ALERTMANAGER_URL, or "
            "for programs make an API key: hilda keys make NAME."
        )


def unheard(settings: "Settings") -> str:
    """A sentence for who let alerts in and a chat, and said nowhere what is to be told where; "" otherwise."""
    alerts = settings.alerts_token.get_secret_value() or settings.alerts_username or settings.alertmanager_url
    chat = settings.slack_bot_token.get_secret_value() or settings.teams_app_id or settings.teams_development
    if not alerts or not chat or settings.routes:
        return ""
    return (
        "alerts come in, and no `routes` say where their incidents are announced: only namespaces with the annotation "
        f"{OWNER} are told of (docs/on-duty.md)."
    )


async def _drained(opened: "App", work: "asyncio.Task[None]", chats: "Mapping[str, ChatDoor]") -> None:
    """What was begun is finished, and what it led to is said."""
    opened.worker.leave()
    await asyncio.wait({work})
    for door in chats.values():
        await door.delivery.drained()


def _clock(settings: "Settings", opened: "App") -> AbstractAsyncContextManager[None]:
    from bot.clock import ticking
    from bot.clockwork import clockwork

    return ticking(clockwork(opened, settings), opened.store.slots, settings.worker)


@asynccontextmanager
async def _http(settings: "Settings", opened: "App", chats: "Mapping[str, ChatDoor]") -> AsyncIterator[int]:
    from bot.doors.http.alerts import alerts_router
    from bot.doors.http.api import api_routers
    from bot.doors.http.listening import listening
    from bot.doors.http.senders import Senders
    from bot.doors.http.service import service

    async def receive(batch: "Sequence[HeardAlert]", source: str) -> "Received":
        received = await opened.store.alerts.receive(batch, source, cluster=opened.desk.cluster)
        opened.worker.wake()
        return received

    async def may_send(secret: str) -> bool:
        key = await opened.store.keys.check(secret)
        return key is not None and key.role >= Role.operator

    async def troubles() -> Mapping[str, str]:
        found = {}
        try:
            await opened.store.journal.newest()
        except HildaError as unreachable:
            found["store"] = str(unreachable)
        for name, door in chats.items():
            if trouble := await door.trouble():
                found[name] = trouble
        return found

    routes = {path: receive for door in chats.values() for path, receive in door.routes.items()}
    senders = Senders(
        settings.alerts_token.get_secret_value(),
        settings.alerts_username,
        settings.alerts_password.get_secret_value(),
        may_send,
    )
    api = api_routers(
        opened.store,
        opened.desk.cluster,
        opened.worker.wake,
        runbooks=len(opened.desk.runbooks),
        a_minute=settings.http_requests_a_minute,
        open_metrics=settings.metrics_open,
    )
    routers = [alerts_router(receive, senders), *api]
    async with listening(service(troubles, routes, routers), settings.http_host, settings.http_port) as port:
        yield port
