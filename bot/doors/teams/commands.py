"""The words of `/hilda` as plain text: what is a matter of this door. Every other word is a question."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import outbox
from bot.doors.copies import shown_again
from bot.doors.spans import end_of
from bot.doors.systems import systems
from domain.cards import Card, Facts, Table, Text, card
from domain.conversations import channel_of
from domain.levels import Level
from domain.messages import FormSubmitted, Incoming, Message, Reply
from domain.proposals import ProposalState
from graphs.desk import Desk
from policy.roles import Act, may, required_role
from store.ledger.records import ProposalRecord

MOST = 5
"""Proposals that are shown whole at once."""
_WORD = re.compile(
    r"/?(?:hilda\s+)?(proposals|approve|reject|status|level|who|mute|settings)\b[:.!?]*\s*", re.IGNORECASE
)
_OFF = re.compile(r"off|end|no", re.IGNORECASE)


@dataclass
class Commands:
    desk: Desk
    hear: Callable[[Incoming], Awaitable[None]]
    wake: Callable[[], None]

    async def answered(self, message: Message) -> bool:
        """Whether the message was a command of this door, which is then answered; False for a question."""
        found = _WORD.match(message.text)
        if found is None:
            return False
        word, rest = found[1].lower(), message.text[found.end() :].strip()
        if word in {"status", "level", "who", "mute"} and rest and word != "mute":
            return False  # "status of checkout", "level 3", "who broke it?": questions
        if not may(await self.desk.role_of(message.author), Act.ask):
            return False  # The refusal is the same as of any question.
        match word:
            case "proposals" | "approve":
                await self._show(message, rest)
            case "reject":
                await self._reject(message, rest)
            case "status":
                await self._say(message, card("Connected systems", Facts(await systems(self.desk))))
            case "level":
                await self._say(message, self._levels())
            case "who" | "settings":
                await self._say(message, await self._you(message))
            case "mute":
                await self._mute(message, rest)
        return True

    async def _show(self, message: Message, name: str) -> None:
        """Proposals whole, with the buttons that decide: nothing is approved unseen."""
        records = await self._waiting(name)
        if not records:
            said = "There is no such proposal that waits." if name else "Say `script`, and I propose one."
            await self._say(message, card("Nothing waits for a decision", Text(said)))
        for record in records[:MOST]:
            label = self.desk.label_of(message.author)
            reply = shown_again(record, f"{message.id}:{record.proposal.id}", label, message.zone)
            await self._put(message, reply)
        if len(records) > MOST:
            rows = tuple((one.proposal.id, one.proposal.risk.name, one.proposal.title) for one in records[MOST:])
            more = Table(("ID", "RISK", "WHAT"), rows)
            await self._say(message, card("More proposals", more, Text("`approve ID` shows one whole.")))

    async def _reject(self, message: Message, rest: str) -> None:
        name, _, why = rest.partition(" ")
        records = await self._waiting(name)
        if len(records) != 1 or not name:
            await self._show(message, "")
            return
        digest = {"reason": why.strip(), "digest_prefix": records[0].digest[:12]}
        await self.hear(
            FormSubmitted(
                message.id, message.author, message.conversation, "reject", name, digest, message.at, message.zone
            )
        )

    def _levels(self) -> Card:
        highest = self.desk.highest
        rows = tuple((f"{one.value}", f"{one.title}{' (not here)' if one > highest else ''}") for one in Level)
        how = Text("To climb, say `next`, `checklist`, `commands` or `script` below an answer.")
        return card(f"Here I climb to level {highest.value}", Facts(rows), how)

    async def _you(self, message: Message) -> Card:
        role = await self.desk.role_of(message.author)
        acts = ", ".join(act.value for act in Act if may(role, act)) or "nothing"
        rows = (
            ("You are", str(message.author)),
            ("Role", role.name),
            ("You may", acts),
            ("Time zone", message.zone),
            ("To bind", f"hilda roles bind {message.author} ROLE"),
        )
        return card("What you may do", Facts(rows))

    async def _mute(self, message: Message, words: str) -> None:
        mutes, place = self.desk.store.mutes, channel_of(message.conversation)
        how = "`mute 2h`, `mute until 17:00`, `mute off`; seven days at most"
        if not words:
            until = await mutes.until(place)
            said = f"Nothing unasked here until {until:%Y-%m-%d %H:%M} UTC." if until else "I am not muted here."
            await self._say(message, card("Muted" if until else "Not muted", Text(f"{said} To change it: {how}.")))
            return
        if not may(await self.desk.role_of(message.author), Act.mute):
            needed = required_role(Act.mute).name
            await self._say(message, card("Not allowed", Text(f"To {Act.mute.value} needs {needed}.")))
            return
        if _OFF.fullmatch(words):
            ended = await mutes.unmute(place, message.author)
            await self._say(message, card("No longer muted" if ended else "I was not muted"))
            return
        until = end_of(words, self.desk.clock(), message.zone)
        if until is None:
            await self._say(message, card("Until when?", Text(f"I do not understand “{words}”. Write {how}.")))
            return
        await mutes.mute(place, until, message.author)
        told = Text(
            f"Until {until:%Y-%m-%d %H:%M} UTC I say nothing here that nobody asks for. What you ask, I answer."
        )
        await self._say(message, card("Muted", told))

    async def _waiting(self, name: str) -> tuple[ProposalRecord, ...]:
        records = await self.desk.store.proposals.list(ProposalState.proposed)
        here = (record for record in records if record.proposal.cluster == self.desk.cluster)
        return tuple(record for record in here if not name or record.proposal.id == name.partition(" ")[0])

    async def _say(self, message: Message, told: Card) -> None:
        label = self.desk.label_of(message.author)
        await self._put(message, Reply(Card(told.title, told.tone, label, told.parts), key=f"{message.id}:command"))

    async def _put(self, message: Message, reply: Reply) -> None:
        await outbox.put(self.desk.store, message.conversation, reply)
        self.wake()
