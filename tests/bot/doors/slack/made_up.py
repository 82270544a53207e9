"""A Slack that behaves, the real door with its real worker before it, and a dispatcher that answers by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from bot.dispatcher import Dispatcher
from bot.doors.http.listening import listening
from bot.doors.http.service import service
from bot.doors.slack.door import SlackDoor, open_door
from bot.settings import Settings, load_settings
from bot.worker import Worker
from domain.cards import Card, ClusterLabel, Progress, Text, card
from domain.levels import Level
from domain.messages import ButtonPressed, Incoming, Message, Reply
from domain.people import Person, Role
from graphs.desk import Desk, utc_now
from store.record import Store
from tests.fakes.slack.server import FakeSlack, fake_slack

CLUSTER = "cluster-uid"
LABEL = ClusterLabel("eu-prod-1", "production", production=True)
Answer = Callable[[Incoming], AsyncIterator[Reply]]


def reply(key: str, shown: Card, replaces: str = "", **more: Any) -> Reply:
    return Reply(shown, key=key, replaces=replaces, **more)


async def echo(incoming: Incoming) -> AsyncIterator[Reply]:
    """Progress, and the answer in its place."""
    first = f"{incoming.id}:looking"
    working = card("Looking", Progress((("reading pods", "running"),)), cluster=LABEL)
    yield reply(first, working)
    said = incoming.text if isinstance(incoming, Message) else "something pressed"
    if isinstance(incoming, ButtonPressed):
        said = f"{incoming.action} {incoming.subject}"
    yield reply(f"{incoming.id}:answer:0", card("Echo", Text(f"You said: {said}"), cluster=LABEL), first)


@dataclass
class Answering:
    """Stands where the dispatcher stands."""

    answer: Answer = echo
    heard: list[Incoming] = field(default_factory=list)

    async def handle(self, incoming: Incoming) -> AsyncIterator[Reply]:
        self.heard.append(incoming)
        async for said in self.answer(incoming):
            yield said

    async def resume(self, proposal: str, zone: str) -> AsyncIterator[Reply]:
        """The workflow of a proposal, which has nothing to say here."""
        for said in ():
            yield said

    @property
    def texts(self) -> Sequence[str]:
        return [one.text for one in self.heard if isinstance(one, Message)]


class MadeUpCluster:
    context = "eu-prod-1"

    async def items(self, kind: str, namespace: str | None, *, seconds: float) -> list[Any]:
        return []


@dataclass
class MadeUpDesk:
    """What the door uses of a desk."""

    store: Store
    cluster: str = CLUSTER
    label: ClusterLabel = LABEL
    highest: Level = Level.script
    kube: MadeUpCluster = field(default_factory=MadeUpCluster)
    metrics: None = None
    model: None = None
    clock: Callable[[], datetime] = utc_now
    standing: dict[str, Any] = field(default_factory=dict)

    def label_of(self, person: Person) -> ClusterLabel:
        return self.label

    async def role_of(self, person: Person) -> Role:
        role: Role = await self.standing["slack"](person, await self.store.identities.role_of(person))
        return role


@dataclass
class Office:
    slack: FakeSlack
    door: SlackDoor
    store: Store
    answers: Answering
    desk: "MadeUpDesk"
    port: int

    def on_reply(self, answer: Answer) -> None:
        self.answers.answer = answer

    async def said(self) -> None:
        """Everything that waits to be said is said."""
        async with asyncio.timeout(20):
            while await self.store.outbox.waiting("slack"):
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Everything that was heard is answered, and said."""
        async with asyncio.timeout(20):
            while True:
                await self.slack.events.settled()
                if not await self.store.jobs.waiting() and not await self.store.outbox.waiting("slack"):
                    return
                await asyncio.sleep(0.02)


def settings_for(slack: FakeSlack, folder: Path, transport: str, **given: Any) -> Settings:
    by = {"slack_app_token": slack.app.app_token} if transport == "socket" else {}
    if transport == "http":
        by = {"slack_signing_secret": slack.app.signing_secret}
    return load_settings(
        state_dir=folder,
        database_url="",
        slack_bot_token=slack.app.bot_token,
        slack_api_url=slack.api_url,
        **by,
        **given,
    )


@asynccontextmanager
async def open_office(folder: Path, transport: str, answer: Answer = echo, **given: Any) -> AsyncIterator[Office]:
    enterprise = given.pop("enterprise_id", "")
    async with (
        fake_slack(enterprise_id=enterprise) as slack,
        office_at(slack, folder, transport, answer, **given) as office,
    ):
        yield office


@asynccontextmanager
async def office_at(
    slack: FakeSlack, folder: Path, transport: str, answer: Answer = echo, **given: Any
) -> AsyncIterator[Office]:
    """One replica before a Slack that may have others."""
    settings = settings_for(slack, folder, transport, **given)
    store = await Store.open(settings.database, settings.audit_key)
    answers = Answering(answer)
    worker = Worker(store, cast("Dispatcher", answers), f"worker-{id(answers)}", CLUSTER, 5.0)
    desk = MadeUpDesk(store)
    work = asyncio.create_task(worker.run(at_once=8))
    try:
        async with open_door(settings, cast("Desk", desk), worker) as door:
            routes = {"/slack/events": door.receive} if door.by_http else {}

            async def troubles() -> dict[str, str]:
                trouble = await door.trouble()
                return {"slack": trouble} if trouble else {}

            async with listening(service(troubles, routes), "127.0.0.1", 0) as port:
                if transport == "http":
                    slack.app.request_url = f"http://127.0.0.1:{port}/slack/events"
                elif not slack.api.down:
                    await slack.sockets.connected()
                yield Office(slack, door, store, answers, desk, port)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await store.close()
