"""`/hilda` and its words. What is asked is answered in the channel; what concerns one person only they see."""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.calls import Away, Busy, Refused
from bot.doors.slack.conversations import DOOR, Place
from bot.doors.slack.home import Home
from bot.doors.slack.manifest import COMMAND
from bot.doors.slack.modals import Modals
from bot.doors.slack.people_modal import PeopleModal
from bot.doors.slack.reception import Reception
from bot.doors.slack.render import rich
from bot.doors.slack.render.small import cut
from bot.doors.slack.render.values import Pressed
from bot.doors.slack.spoken import plain
from domain.cards import Facts, Table, Text, card
from domain.levels import Level
from domain.messages import ButtonPressed
from domain.people import Person
from domain.plain_json import Json
from domain.proposals import ProposalState
from domain.visible import one_line
from policy.roles import Act
from store.ledger.records import ProposalRecord

PREFIX = 12
LONGEST_OPENER = 2500
POST_SECONDS = 0.7
"""How long a command waits for the message that its answer stands under; Slack waits three seconds for us."""
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_DIGEST = re.compile(r"[0-9a-f]{12,64}")

log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """One use of the command."""

    body: Json
    ack: AsyncAck
    who: tuple[Person, str]
    word: str
    rest: str
    """What stood after the word, as it was typed, with Slack's escapes."""

    @property
    def words(self) -> str:
        return plain(self.rest)


@dataclass(frozen=True)
class Word:
    name: str
    usage: str
    summary: str
    do: Callable[[Asked], Awaitable[None]]


class Commands:
    def __init__(self, reception: Reception, modals: Modals, people: PeopleModal) -> None:
        self._reception = reception
        self._modals = modals
        self._people = people
        self._home = Home(reception)
        self._heard: dict[str, None] = {}
        self._words = (
            Word("help", "", "this list", self._help),
            Word("ask", "why is checkout slow?", "a question, answered here in a thread", self._ask),
            Word("check", "[namespace]", "what is wrong, here or in one namespace", self._check),
            Word("status", "[service]", "how a service is, or how my own connections are", self._status),
            Word("incidents", "", "what is open", self._incidents),
            Word("runbook", "words", "the runbook that fits", self._runbook),
            Word("proposals", "", "scripts that wait for a decision", self._proposals),
            Word("approve", "[id]", "read one whole, then approve it", self._approve),
            Word("reject", "[id] [why]", "say no; that is final", self._reject),
            Word("level", "[1-4]", "how high I climb here, and how to climb", self._level),
            Word("who", "[@somebody]", "who you are to me, and what you may do", self._who),
            Word("stop", "", "stop what I am doing for you here", self._stop),
            Word("settings", "", "how I am set; administrators give roles", self._settings),
        )
        self._not_yet = {
            "report": "I write no reports by myself yet. `/hilda check` says how things are now.",
            "mute": "I say nothing unasked yet, so there is nothing to mute. `/hilda stop` ends what I am doing.",
        }

    def register(self, app: AsyncApp) -> None:
        app.command(COMMAND)(self.on_command)

    async def on_command(self, body: Json, ack: AsyncAck) -> None:
        word, _, rest = str(body.get("text") or "").strip().partition(" ")
        asked = Asked(body, ack, await self._reception.who(body), word.lower().strip("?!., "), rest.strip())
        known = {one.name: one for one in self._words}
        if not asked.word:
            await self._help(asked)
        elif asked.word in self._not_yet:
            await self._say(asked, "Not yet", self._not_yet[asked.word])
        elif not await self._reception.may(asked.who[0], Act.ask) and asked.word not in {"help", "who"}:
            person = asked.who[0]
            await self._say(asked, "I do not know you", f"You are {person}. An administrator can bind you to a role.")
        elif asked.word in known:
            await known[asked.word].do(asked)
        else:
            await self._unknown(asked)

    async def _unknown(self, asked: Asked) -> None:
        """A slip gets the word that was meant; anything else is a question."""
        near = get_close_matches(asked.word, [one.name for one in self._words], n=2, cutoff=0.75)
        whole = f"{asked.body.get('text') or ''}".strip()
        if not near:
            await self._question(asked, plain(whole))
            return
        meant = " or ".join(f"`{COMMAND} {name}{' ' + asked.words if asked.words else ''}`" for name in near)
        said = Text(f"There is no `{one_line(asked.word)}`. Did you mean {meant}?")
        how = Text(f"To ask it as a question: `{COMMAND} ask {one_line(plain(whole))}`")
        await self._reception.answer(
            asked.ack, asked.body, card("Did you mean…", said, how, cluster=self._reception.label)
        )

    async def _help(self, asked: Asked) -> None:
        rows = tuple((f"{COMMAND} {one.name} {one.usage}".strip(), one.summary) for one in self._words)
        told = card(
            "What I can do",
            Text("Mention me in a channel, write to me directly, or press **Investigate this** on any message."),
            Facts(rows),
            Text(
                f"Anything else after `{COMMAND}` is taken as a question. "
                "In a thread, just write: no command works there."
            ),
            cluster=self._reception.label,
        )
        await self._reception.answer(asked.ack, asked.body, told)

    async def _ask(self, asked: Asked) -> None:
        if not asked.words:
            await self._say(
                asked, "What would you like to know?", f"Write it behind: `{COMMAND} ask why is checkout slow?`"
            )
            return
        await self._question(asked, asked.words)

    async def _check(self, asked: Asked) -> None:
        await self._question(asked, f"what is wrong in {asked.words}?" if asked.words else "what is wrong?")

    async def _runbook(self, asked: Asked) -> None:
        await self._question(asked, f"runbook {asked.words}".strip())

    async def _status(self, asked: Asked) -> None:
        if asked.words:
            await self._question(asked, f"status of {asked.words}")
            return
        await self._reception.answer(asked.ack, asked.body, await self._home.systems_card())

    async def _incidents(self, asked: Asked) -> None:
        store, cluster = self._reception.store, self._reception.listener.cluster
        found = [one for one in await store.incidents.list("open") if one.cluster == cluster]
        rows = tuple((one.id, f"{one.opened_at:%Y-%m-%d %H:%M} UTC", one.title) for one in found)
        part = Table(("ID", "OPENED", "WHAT"), rows) if rows else Text("Nothing is open.")
        told = card("Open incidents", part, tone="bad" if rows else "good", cluster=self._reception.label)
        await self._reception.answer(asked.ack, asked.body, told)

    async def _proposals(self, asked: Asked) -> None:
        records = await self._here()
        if not records:
            await self._say(asked, "Nothing waits for a decision", "Say `script` in a thread, and I propose one.")
            return
        person = asked.who[0]
        mine = {one.proposal.id for one in await self._home.waiting_for(person, await self._reception.role_of(person))}
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
        await self._reception.answer(
            asked.ack, asked.body, card("Proposals", table, how, cluster=self._reception.label)
        )

    async def _approve(self, asked: Asked) -> None:
        """Nothing is approved unseen: the window shows all of it, or the digest proves that it was read."""
        name, _, digest = asked.words.partition(" ")
        record = await self._one(asked, name)
        if record is None:
            return
        place = await self._place(asked)
        if _DIGEST.fullmatch(digest.strip()):
            await self._decides(asked, record, digest.strip(), place)
            return
        what = Pressed("read", record.proposal.id, record.digest[:PREFIX])
        await self._in_a_window(asked, what, place)

    async def _decides(self, asked: Asked, record: ProposalRecord, digest: str, place: Place) -> None:
        person, zone = asked.who
        key, at = self._key(asked), self._reception.clock()
        pressed = ButtonPressed(key, person, place.conversation, "approve", record.proposal.id, digest, at, zone)
        await self._reception.hear(pressed)
        await asked.ack()

    async def _reject(self, asked: Asked) -> None:
        name, _, why = asked.words.partition(" ")
        record = await self._one(asked, name)
        if record is None:
            return
        what = Pressed("reject", record.proposal.id, record.digest[:PREFIX])
        place = await self._place(asked)
        if not why.strip():
            await self._in_a_window(asked, what, place)
            return
        await self._modals.reject(self._key(asked), asked.who, what, why.strip(), place.conversation)
        await asked.ack()

    async def _in_a_window(self, asked: Asked, what: Pressed, place: Place) -> None:
        if await self._modals.open_for(asked.body, what, place.conversation):
            await asked.ack()
        else:
            await self._say(asked, "The window did not open", "Slack was too slow. Send the command again.")

    async def _one(self, asked: Asked, name: str) -> ProposalRecord | None:
        """The proposal of that id, or the only one that waits; otherwise the answer says what there is."""
        if name:
            record = await self._reception.store.proposals.get(name)
            if record is None:
                shown = f"`{COMMAND} proposals` shows those there are."
                await self._say(asked, "There is no such proposal", shown)
            return record
        waiting = await self._here()
        if len(waiting) == 1:
            return waiting[0]
        await self._proposals(asked)
        return None

    async def _here(self) -> tuple[ProposalRecord, ...]:
        """What waits for a decision about this cluster."""
        records = await self._reception.store.proposals.list(ProposalState.proposed)
        return tuple(record for record in records if record.proposal.cluster == self._reception.listener.cluster)

    async def _level(self, asked: Asked) -> None:
        highest, place = self._reception.highest, await self._place(asked)
        if asked.words.isdigit() and place.direct:
            await self._question(asked, f"level {asked.words}")
            return
        rows = tuple((f"{level.value}", f"{level.title}{' (not here)' if level > highest else ''}") for level in Level)
        how = "To climb, say `next`, `checklist`, `commands` or `script` in the thread of an answer."
        told = card(f"Here I climb to level {highest.value}", Facts(rows), Text(how), cluster=self._reception.label)
        await self._reception.answer(asked.ack, asked.body, told)

    async def _who(self, asked: Asked) -> None:
        person, zone = asked.who
        if mentioned := _MENTION.search(asked.rest):
            person, zone = await self._reception.listener.people.author(mentioned[1])
        shown = self._home.you_card(person, await self._reception.role_of(person))
        facts = Facts((("Time zone", zone), ("To bind", f"hilda roles bind {person} ROLE")))
        await self._reception.answer(asked.ack, asked.body, shown.with_parts(facts))

    async def _stop(self, asked: Asked) -> None:
        """All that is being done for this person in this channel: a command does not say which thread it means."""
        place, person = await self._place(asked), asked.who[0]
        prefix = f"{DOOR}:{place.team}:{place.channel}:"
        under_way = await self._reception.store.jobs.under_way(prefix, person)
        for conversation in under_way:
            await self._reception.listener.stop(conversation, person)
        if under_way:
            await self._say(
                asked, "I stop", f"{len(under_way)} at work here for you: stopped. What was proposed stays."
            )
        else:
            await self._say(asked, "Nothing is under way", "I am doing nothing for you here.")

    async def _settings(self, asked: Asked) -> None:
        if await self._people.open_for(asked.body):
            await asked.ack()
        else:
            await self._say(asked, "The window did not open", "Slack was too slow. Send the command again.")

    async def _question(self, asked: Asked, text: str) -> None:
        """The question stands in the channel, and its answer in the thread below; or in the direct conversation."""
        key = self._key(asked)
        if key in self._heard:
            await asked.ack()
            return
        self._heard[key] = None
        if len(self._heard) > 500:
            self._heard.pop(next(iter(self._heard)))
        place = await self._place(asked)
        opened = await self._open_thread(asked, place, text)
        await self._reception.ask(key, text, asked.who, opened or await self._reception.direct(asked.who[0].id))
        if opened:
            await asked.ack()
        else:
            await self._say(
                asked,
                "I answer you directly",
                "I could not write here. If I am not in this channel, `/invite @hilda` lets me.",
            )

    async def _open_thread(self, asked: Asked, place: Place, text: str) -> Place | None:
        """Where the answer goes: below the question, which commands do not leave in the channel by themselves."""
        person = asked.who[0]
        said = cut(text, LONGEST_OPENER)
        block = rich.paragraph([rich.user(person.id)], rich.words(f" asks: {said}"))
        try:
            posted = await asyncio.wait_for(
                self._reception.calls(
                    "chat.postMessage",
                    channel=place.channel,
                    text=f"Somebody asks: {html.escape(said, quote=False)}",
                    blocks=[block],
                    unfurl_links=False,
                    unfurl_media=False,
                ),
                POST_SECONDS,
            )
        except (Refused, Busy, Away, TimeoutError) as why:
            log.info("a question is answered directly", why=str(why))
            return None
        return Place(place.team, place.channel, "" if place.direct else str(posted["ts"]))

    async def _place(self, asked: Asked) -> Place:
        """The channel it was typed in; of direct conversations only ours, since we are in no other."""
        channel = str(asked.body.get("channel_id") or "")
        if channel.startswith("D") or not channel:
            return await self._reception.direct(asked.who[0].id)
        return Place(self._reception.listener.installation.team, channel)

    async def _say(self, asked: Asked, title: str, words: str) -> None:
        await self._reception.answer(asked.ack, asked.body, card(title, Text(words), cluster=self._reception.label))

    def _key(self, asked: Asked) -> str:
        return self._reception.listener.key(asked.body, "command", str(asked.body.get("trigger_id") or ""))
