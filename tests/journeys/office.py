"""A practice ground with Hilda in front of it: people talk and press, an executor of its own process runs."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import App, open_app, working
from bot.cli.executor_child import executor_child
from bot.cli.practice_people import introduce
from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.connection import StoredConversation
from bot.doors.terminal.view import View
from bot.settings import Settings, load_settings
from domain.cards import Card
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.people import Person
from practice.ground import PracticeGround
from store.ledger.records import ProposalRecord

_PLAIN = View(interactive=False, colour=False)


@dataclass
class Office:
    app: App
    settings: Settings
    ground: PracticeGround
    conversation: str
    line: StoredConversation
    replies: list[Reply] = field(default_factory=list)

    def person(self, name: str) -> Person:
        return Person("practice", self.app.desk.cluster, name)

    async def says(self, text: str, by: str = "oncall") -> str:
        """What the person hears back, as Markdown, progress left out."""
        return await self._send(
            Message(uuid.uuid4().hex, self.person(by), self.conversation, text, datetime.now(UTC), "UTC", by)
        )

    async def presses(self, action: Any, by: str = "lead", *, proposal: ProposalRecord | None = None) -> str:
        record = proposal or await self.proposal()
        return await self._send(
            ButtonPressed(
                uuid.uuid4().hex,
                self.person(by),
                self.conversation,
                action,
                record.proposal.id,
                record.digest[:12],
                datetime.now(UTC),
            )
        )

    async def fills_in(self, action: Any, by: str, **values: str) -> str:
        record = await self.proposal()
        return await self._send(
            FormSubmitted(
                uuid.uuid4().hex,
                self.person(by),
                self.conversation,
                action,
                record.proposal.id,
                values,
                datetime.now(UTC),
            )
        )

    async def proposal(self) -> ProposalRecord:
        """The newest one."""
        newest, *_ = await self.app.store.proposals.list(most=1)
        return newest

    async def outcome(self) -> ProposalRecord:
        """The newest proposal once its script has run and what came of it has been told."""
        async with asyncio.timeout(240):
            await self.line.settle()
        return await self.proposal()

    def cards(self) -> list[Card]:
        return [reply.card for reply in self.replies]

    @property
    def last(self) -> Card:
        return self.replies[-1].card

    async def _send(self, incoming: Incoming) -> str:
        before = len(self.replies)
        async with asyncio.timeout(120):
            await self.line.send(incoming)
        new = [r for r in self.replies[before:] if ":looking" not in r.key and not r.key.startswith("running:")]
        return "\n\n".join(as_markdown(reply.card, _PLAIN) for reply in new)


@asynccontextmanager
async def open_office(
    ground: PracticeGround, folder: Path, *, executor: bool = True, conversation: str = "", **given: Any
) -> AsyncIterator[Office]:
    settings = load_settings(
        kubeconfig=str(ground.kubeconfig),
        context=ground.context,
        prometheus_url=ground.prometheus_url,
        state_dir=folder,
        database_url=given.pop("database_url", ""),
        environments={},
        **given,
    )
    async with open_app(settings, lease_seconds=2.0) as app, working(app):
        await introduce(app)
        conversation = conversation or f"terminal:office:{uuid.uuid4().hex}"
        line = StoredConversation(app.store, app.worker, conversation, app.desk.cluster, app.desk.label)
        office = Office(app, settings, ground, conversation, line)
        listening = asyncio.create_task(_listen(office))
        try:
            if executor:
                log = folder / "executor.log"
                async with executor_child(settings, ground.executor_kubeconfig, ground.context, log):
                    yield office
            else:
                yield office
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _listen(office: Office) -> None:
    async for reply in office.line.replies():
        office.replies.append(reply)
