"""What waits for a decision, and deciding it: nothing is approved unseen."""

import re

from bot.doors.slack.commands.asked import Asked
from bot.doors.slack.home import Home
from bot.doors.slack.manifest import COMMAND
from bot.doors.slack.modals import Modals
from bot.doors.slack.render.values import Pressed
from domain.cards import Table, Text, card
from domain.messages import ButtonPressed
from domain.proposals import ProposalState
from store.ledger.records import ProposalRecord

PREFIX = 12
_DIGEST = re.compile(r"[0-9a-f]{12,64}")


class Deciding:
    def __init__(self, home: Home, modals: Modals) -> None:
        self._home = home
        self._modals = modals

    async def proposals(self, asked: Asked) -> None:
        records = await _here(asked)
        if not records:
            await asked.say("Nothing waits for a decision", "Say `script` in a thread, and I propose one.")
            return
        role = await asked.reception.role_of(asked.person)
        mine = {one.proposal.id for one in await self._home.waiting_for(asked.person, role)}
        rows = tuple(
            (
                one.proposal.id,
                one.proposal.risk.name,
                one.proposal.requester.id,
                f"{one.proposal.expires_at:%H:%M} UTC",
                "you" if one.proposal.id in mine else "others",
                one.proposal.title,
            )
            for one in records
        )
        table = Table(("ID", "RISK", "ASKED BY", "UNTIL", "WAITS FOR", "WHAT"), rows)
        how = Text(f"`{COMMAND} approve ID` shows one whole before you decide.")
        await asked.answer(card("Proposals", table, how, cluster=asked.reception.label))

    async def approve(self, asked: Asked) -> None:
        """The window shows all of it, or the digest proves that it was read."""
        name, _, digest = asked.words.partition(" ")
        record = await self._one(asked, name)
        if record is None:
            return
        if _DIGEST.fullmatch(digest.strip()):
            await _approves(asked, record, digest.strip())
            return
        await self._in_a_window(asked, Pressed("read", record.proposal.id, record.digest[:PREFIX]))

    async def reject(self, asked: Asked) -> None:
        name, _, why = asked.words.partition(" ")
        record = await self._one(asked, name)
        if record is None:
            return
        what = Pressed("reject", record.proposal.id, record.digest[:PREFIX])
        if not why.strip():
            await self._in_a_window(asked, what)
            return
        place = await asked.place()
        await self._modals.reject(asked.key, asked.who, what, why.strip(), place.conversation)
        await asked.ack()

    async def _in_a_window(self, asked: Asked, what: Pressed) -> None:
        place = await asked.place()
        await asked.opened(window=await self._modals.open_for(asked.body, what, place.conversation))

    async def _one(self, asked: Asked, name: str) -> ProposalRecord | None:
        """The proposal of that id, or the only one that waits; otherwise the answer says what there is."""
        if name:
            record = await asked.reception.store.proposals.get(name)
            if record is None:
                await asked.say("There is no such proposal", f"`{COMMAND} proposals` shows those there are.")
            return record
        waiting = await _here(asked)
        if len(waiting) == 1:
            return waiting[0]
        await self.proposals(asked)
        return None


async def _approves(asked: Asked, record: ProposalRecord, digest: str) -> None:
    place, at = await asked.place(), asked.reception.clock()
    person, zone = asked.who
    await asked.reception.hear(
        ButtonPressed(asked.key, person, place.conversation, "approve", record.proposal.id, digest, at, zone)
    )
    await asked.ack()


async def _here(asked: Asked) -> tuple[ProposalRecord, ...]:
    """What waits for a decision about this cluster."""
    records = await asked.reception.store.proposals.list(ProposalState.proposed)
    return tuple(record for record in records if record.proposal.cluster == asked.reception.listener.cluster)
