"""Proposals by text: shown whole with the buttons that decide, approved by their digest, rejected by their id."""

import re
from collections.abc import Awaitable, Callable

from bot.doors.copies import shown_again
from domain.cards import Card, Table, Text, card
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.proposals import ProposalState
from graphs.desk import Desk
from store.ledger.records import ProposalRecord

MOST = 5
"""Proposals that are shown whole at once."""
_DIGEST = re.compile(r"[0-9a-f]{12,64}")


class Proposals:
    def __init__(
        self,
        desk: Desk,
        hear: Callable[[Incoming], Awaitable[None]],
        put: Callable[[Message, Reply], Awaitable[None]],
        say: Callable[[Message, Card], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._hear = hear
        self._put = put
        self._say = say

    async def show(self, message: Message, name: str) -> None:
        """Nothing is approved unseen."""
        records = await self._waiting(name)
        if not records:
            said = "There is no such proposal that waits." if name else "Say `script`, and I propose one."
            await self._say(message, card("Nothing waits for a decision", Text(said)))
        for record in records[:MOST]:
            label = self._desk.label_of(message.author)
            await self._put(message, shown_again(record, f"{message.id}:{record.proposal.id}", label, message.zone))
        if len(records) > MOST:
            rows = tuple((one.proposal.id, one.proposal.risk.name, one.proposal.title) for one in records[MOST:])
            more = Table(("ID", "RISK", "WHAT"), rows)
            await self._say(message, card("More proposals", more, Text("`approve ID` shows one whole.")))

    async def approve(self, message: Message, rest: str) -> None:
        """With its digest, which proves that it was read; otherwise it is shown."""
        name, _, digest = rest.partition(" ")
        records = await self._waiting(name) if name else ()
        if len(records) != 1 or not _DIGEST.fullmatch(digest.strip()):
            await self.show(message, name)
            return
        one, place, at = message.author, message.conversation, message.at
        await self._hear(ButtonPressed(message.id, one, place, "approve", name, digest.strip(), at, message.zone))

    async def reject(self, message: Message, rest: str) -> None:
        name, _, why = rest.partition(" ")
        records = await self._waiting(name) if name else ()
        if len(records) != 1:
            await self.show(message, "")
            return
        values = {"reason": why.strip(), "digest_prefix": records[0].digest[:12]}
        one, place, at = message.author, message.conversation, message.at
        await self._hear(FormSubmitted(message.id, one, place, "reject", name, values, at, message.zone))

    async def _waiting(self, name: str) -> tuple[ProposalRecord, ...]:
        records = await self._desk.store.proposals.list(ProposalState.proposed)
        here = (record for record in records if record.proposal.cluster == self._desk.cluster)
        return tuple(record for record in here if not name or record.proposal.id == name)
