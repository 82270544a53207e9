"""What the journal tells every replica: how a script gets on, which its conversation sees, and who said stop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot import outbox
from bot.doors.copies import close_copies
from bot.doors.running import Run
from domain.cards import Card, Choices, ClusterLabel, Progress
from domain.errors import HildaError
from domain.messages import Reply
from domain.proposals import ProposalState
from domain.wire import reply_from_json
from store.record import Store
from store.work.journal import JournalEntry

EVERY_SECONDS = 0.25
STOP = "stop"
"""The event of a conversation's topic by which somebody stops what is done for it."""
_DECISIONS = frozenset({"decided", "settled"})
"""Events that the proposal's own card shows."""
_RUNNING = (ProposalState.approved, ProposalState.claimed, ProposalState.started)

log = structlog.get_logger()


@dataclass
class Following:
    """Each replica writes the same replies under the same keys, so that they are said once."""

    store: Store
    door: str
    """Whose conversations it follows."""
    label: ClusterLabel
    cancel: Callable[[str], bool]
    """Stop what this replica does for a conversation."""
    _places: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Follow until cancelled."""
        cursor = await self.store.journal.newest()
        for state in _RUNNING:
            for record in await self.store.proposals.list(state=state):
                await self._show(f"proposal:{record.proposal.id}")
        while True:
            try:
                entries = await self.store.journal.since(cursor)
                for topic in dict.fromkeys(entry.topic for entry in entries if self._matters(entry)):
                    await self._show(topic)
            except HildaError as trouble:
                log.warning("the journal cannot be read", why=str(trouble))
                await asyncio.sleep(2)
                continue
            cursor = entries[-1].cursor if entries else cursor
            await asyncio.sleep(EVERY_SECONDS)

    def _matters(self, entry: JournalEntry) -> bool:
        if entry.event == STOP and entry.topic.startswith(f"conversation:{self.door}:"):
            self.cancel(entry.topic.removeprefix("conversation:"))
            return False
        return entry.topic.startswith("proposal:")

    async def _show(self, topic: str) -> None:
        """The steps of a script so far, in the place of the steps before."""
        proposal = topic.removeprefix("proposal:")
        await close_copies(self.store, self.label, proposal)
        conversation = await self._conversation(proposal)
        if not conversation.startswith(f"{self.door}:"):
            return
        entries = await self.store.journal.since(0, [topic], most=10_000)
        run = Run()
        cursors = [entry.cursor for entry in entries if entry.event not in _DECISIONS and run.heard(entry)]
        if not cursors:
            return
        first = f"running:{proposal}"
        more = await self.store.outbox.known(first)
        title = "Running" if run.steps[-1][1] == "running" else "Ran"
        card = Card(title, cluster=self.label, parts=(Progress(run.steps),))
        reply = Reply(card, key=f"{first}:{cursors[-1]}" if more else first, replaces=first if more else "")
        await outbox.put(self.store, conversation, reply)
        if any(entry.event == "claimed" for entry in entries):
            await self._take_its_buttons(proposal, conversation)

    async def _take_its_buttons(self, proposal: str, conversation: str) -> None:
        """What is claimed cannot be taken back: the card that says who approved it offers that no longer."""
        key = f"proposal:{proposal}"
        told = await self.store.outbox.payload_of(f"{key}:decided")
        if told is None or await self.store.outbox.known(f"{key}:begun"):
            return
        before = reply_from_json(told)
        parts = tuple(part for part in before.card.parts if not isinstance(part, Choices))
        await outbox.put(
            self.store,
            conversation,
            replace(before, card=replace(before.card, parts=parts), key=f"{key}:begun", replaces=key),
        )

    async def _conversation(self, proposal: str) -> str:
        if proposal not in self._places:
            record = await self.store.proposals.get(proposal)
            self._places[proposal] = record.proposal.conversation if record else ""
        return self._places[proposal]
