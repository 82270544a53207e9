"""The words of `/hilda` as plain text: what is a matter of this door. Every other word is a question."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from bot import outbox
from bot.doors.spans import end_of
from bot.doors.systems import systems
from bot.doors.teams.people_asked import PeopleAsked
from bot.doors.teams.proposals_asked import Proposals
from domain.cards import Card, Facts, Text, card
from domain.conversations import channel_of
from domain.levels import Level
from domain.messages import Incoming, Message, Reply
from domain.plain_json import Json
from domain.visible import one_line
from graphs.desk import Desk
from graphs.words.small import help_card
from policy.roles import Act, may, required_role

OURS = {
    "proposals": "what waits for a decision, whole and with its buttons",
    "approve ID": "one of them; `approve ID DIGEST` approves it",
    "reject ID why": "say no; that is final",
    "status": "how I am connected; `status of checkout` is a question",
    "level": "how high I climb here, and how to climb",
    "who @somebody": "who you or they are to me, and what you or they may do",
    "mute 2h": "nothing unasked here for a while; `mute off`",
    "settings": "how I am set; administrators give roles",
    "help": "this list",
}
"""What this door answers itself."""
_PLAIN = ("ask", "check", "incidents", "report", "runbook", "stop")
"""Words of `/hilda` that are questions here."""
_NAMES = tuple(usage.partition(" ")[0] for usage in OURS)
_WORD = re.compile(rf"(?:hilda\s+)?({'|'.join((*_NAMES, 'ask'))})\b[:.!?]*\s*", re.IGNORECASE)
_SLASH = re.compile(r"/(?:hilda\b)?\s*", re.IGNORECASE)
_ALONE = frozenset({"status", "level", "help"})
"""Words that begin a question where more stands behind them: "status of checkout", "level 3"."""
_ABOUT_PEOPLE = frozenset({"who", "settings"})
_OFF = re.compile(r"off|end|no", re.IGNORECASE)
_MENTION = re.compile(r"\s*@")


@dataclass
class Commands:
    desk: Desk
    hear: Callable[[Incoming], Awaitable[None]]
    wake: Callable[[], None]
    people: PeopleAsked
    _proposals: Proposals = field(init=False)

    def __post_init__(self) -> None:
        self._proposals = Proposals(self.desk, self.hear, self._put, self._say)

    async def question(self, message: Message, activity: Json) -> Message | None:
        """What of a message is a question; None for a command of this door, which is then answered."""
        slash = _SLASH.match(message.text)
        asked = replace(message, text=message.text[slash.end() :].strip() or "help") if slash else message
        found = _WORD.match(asked.text)
        word, rest = (found[1].lower(), asked.text[found.end() :].strip()) if found else ("", "")
        if word == "ask" and rest:
            return replace(asked, text=rest)
        known = (
            word in _NAMES and not (word in _ALONE and rest) and not (word in _ABOUT_PEOPLE and _is_a_question(rest))
        )
        near = () if known else _slip(asked.text, slashed=slash is not None)
        if not (known or near) or not may(await self.desk.role_of(message.author), Act.ask):
            return asked  # The refusal is the same as of any question.
        if near:
            await self._say(message, _meant(asked.text, near))
        else:
            await self._do(asked, activity, word, rest)
        return None

    async def _do(self, message: Message, activity: Json, word: str, rest: str) -> None:
        match word:
            case "proposals":
                await self._proposals.show(message, rest.partition(" ")[0])
            case "approve":
                await self._proposals.approve(message, rest)
            case "reject":
                await self._proposals.reject(message, rest)
            case "status":
                await self._say(message, card("Connected systems", Facts(await systems(self.desk))))
            case "level":
                await self._say(message, self._levels())
            case "who":
                await self._say(message, await self.people.who(message, activity))
            case "settings":
                await self._say(message, await self.people.settings(message, activity, rest))
            case "mute":
                await self._mute(message, rest)
            case _:
                usual = help_card(self.desk.label_of(message.author), self.desk.highest)
                await self._say(message, usual.with_parts(Facts(tuple(OURS.items()))))

    def _levels(self) -> Card:
        highest = self.desk.highest
        rows = tuple((f"{one.value}", f"{one.title}{' (not here)' if one > highest else ''}") for one in Level)
        how = Text("To climb, say `next`, `checklist`, `commands` or `script` below an answer.")
        return card(f"Here I climb to level {highest.value}", Facts(rows), how)

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

    async def _say(self, message: Message, told: Card) -> None:
        label = self.desk.label_of(message.author)
        await self._put(message, Reply(Card(told.title, told.tone, label, told.parts), key=f"{message.id}:command"))

    async def _put(self, message: Message, reply: Reply) -> None:
        await outbox.put(self.desk.store, message.conversation, reply)
        self.wake()


def _is_a_question(rest: str) -> bool:
    """Of what stands behind `who` and `settings`: a mention is somebody to look up, "broke it?" is to find out."""
    return bool(rest) and _MENTION.match(rest) is None


def _slip(text: str, *, slashed: bool) -> tuple[str, ...]:
    """Words that were perhaps meant: for what was meant as a command for certain, or stands alone and is very like."""
    word, _, rest = text.strip().partition(" ")
    word = word.lower().strip("?!.,")
    if word in _PLAIN or word in _NAMES or (rest and not slashed):
        return ()
    candidates = (*_NAMES, *_PLAIN) if slashed else tuple(name for name in _NAMES if len(name) > 4)
    return tuple(get_close_matches(word, candidates, n=2, cutoff=0.8))


def _meant(text: str, near: tuple[str, ...]) -> Card:
    word, _, rest = text.strip().partition(" ")
    meant = " or ".join(f"`{name}{' ' + one_line(rest) if rest else ''}`" for name in near)
    said = Text(f"There is no `{one_line(word)}`. Did you mean {meant}?")
    return card("Did you mean…", said, Text(f"To ask it as a question: `ask {one_line(text)}`"), tone="question")
