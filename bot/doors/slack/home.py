"""The Home tab: what waits for me, what is open, how connected systems are, and what I may do."""

import asyncio
import re
import time
from datetime import datetime

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.deciding import standing
from bot.doors.slack.assistant import Assistant
from bot.doors.slack.conversations import DOOR
from bot.doors.slack.open_homes import OpenHomes
from bot.doors.slack.reception import Reception
from bot.doors.slack.render import rich, small
from bot.doors.slack.render.home import home_view
from bot.doors.slack.render.values import action_id, value
from domain.cards import Card, Choice, Choices, Facts, Table, Text, card
from domain.errors import HildaError
from domain.people import Person, Role
from domain.plain_json import Json
from domain.proposals import ProposalState
from policy.roles import Act, may
from store.incident_record import Incident
from store.ledger.records import ProposalRecord

MOST = 8
"""Proposals and incidents shown; the rest is a command away."""
SYSTEM_SECONDS = 1.5
SYSTEMS_KEPT_SECONDS = 5.0
INCIDENT_COLUMNS = ("SEVERITY", "STATE", "WHOSE", "WHAT")
SETTINGS_BUTTON = "hilda:settings:0"


class Home:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._open = OpenHomes(reception.store)
        self._systems: tuple[float, Card] | None = None

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.on_open)
        app.event(re.compile("^(app_context_changed|assistant_thread_context_changed)$"))(_noted)

    async def on_open(self, body: Json, event: Json) -> None:
        user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
        if event.get("tab") == "messages":
            if channel:
                self._reception.later(Assistant(self._reception).suggest(channel))
            return
        if user:
            person, _ = await self._reception.listener.people.author(user)
            await self._open.opened(person)
            self._reception.later(self.publish(person))

    async def follow(self) -> None:
        """Show those that are open anew when something in them changed, until cancelled."""
        await self._open.follow(self.publish)

    async def publish(self, person: Person) -> None:
        """Show it as it is now."""
        view = await self.view(person)
        await self._reception.calls("views.publish", user_id=person.id, view=view)

    async def view(self, person: Person) -> Json:
        role = await self._reception.role_of(person)
        if not may(role, Act.ask):
            return home_view([card("Hello. I am Hilda.", Text(_unknown(person)))])
        waiting, incidents, systems = await asyncio.gather(
            self._waiting(person, role), self._incidents(), self._systems_lately()
        )
        settings = small.actions([small.button("Settings", SETTINGS_BUTTON, "settings")])
        return home_view([incidents, systems, self.you_card(person, role)], [*waiting, settings])

    async def waiting_for(self, person: Person, role: Role) -> tuple[ProposalRecord, ...]:
        """Proposals that this person could decide and has not."""
        records = await self._reception.store.proposals.list(ProposalState.proposed)
        here = [record for record in records if record.proposal.cluster == self._cluster]
        store = self._reception.store
        return tuple([record for record in here if (await standing(store, record, person, role)).approves])

    async def _waiting(self, person: Person, role: Role) -> list[Json]:
        records = await self.waiting_for(person, role)
        blocks = [small.header(f"❔ Waiting for you: {len(records)}" if records else "✅ Nothing waits for you")]
        for number, record in enumerate(records[:MOST]):
            proposal = record.proposal
            said = rich.words(f" · {proposal.risk.name} risk · asked by ")
            until = [*rich.words(" · until "), rich.moment(proposal.expires_at)]
            blocks.append(rich.paragraph(rich.words(proposal.title, "bold"), said, _named(proposal.requester), until))
            carried = value("read", proposal.id, record.digest[:12])
            blocks.append(small.actions([small.button("Read it all, then decide", action_id("read", number), carried)]))
        if len(records) > MOST:
            blocks.append(small.context(f"{len(records) - MOST} more: /hilda proposals"))
        return blocks

    async def _incidents(self) -> Card:
        found = [i for i in await self._reception.store.incidents.list("open") if i.cluster == self._cluster]
        label = self._reception.label
        if not found:
            ask = Choices((Choice("What is wrong?", "ask", "what is wrong?"),))
            return card("No open incident", ask, tone="good", cluster=label)
        now = self._reception.clock()
        rows = tuple(incident_row(i, _ago(now, i.opened_at)) for i in found[:MOST])
        more = [Text(f"{len(found) - MOST} more: `/hilda incidents`")] if len(found) > MOST else []
        return card(
            "Open incidents", Table(("ID", "OPEN FOR", *INCIDENT_COLUMNS), rows), *more, tone="bad", cluster=label
        )

    async def systems_card(self) -> Card:
        """How what I look at and act with is now."""
        try:
            rows = await asyncio.wait_for(self._reception.systems(), SYSTEM_SECONDS)
        except (TimeoutError, HildaError) as why:
            rows = (("Connected systems", str(why) or "gave no answer in time"),)
        return card("Connected systems", Facts((("Slack", "connected"), *rows)), cluster=self._reception.label)

    async def _systems_lately(self) -> Card:
        """The same for all who look within a few seconds."""
        now = time.monotonic()
        if self._systems is None or now - self._systems[0] > SYSTEMS_KEPT_SECONDS:
            self._systems = (now, await self.systems_card())
        return self._systems[1]

    def you_card(self, person: Person, role: Role) -> Card:
        """Who somebody is to me, and what they may do."""
        acts = ", ".join(act.value for act in Act if may(role, act)) or "nothing"
        level = self._reception.highest
        facts = [
            ("You are", str(person)),
            ("Role", role.name),
            ("You may", acts),
            ("Here I climb to", f"level {level.value}, {level.title}"),
        ]
        return card("What you may do", Facts(tuple(facts)), cluster=self._reception.label)

    @property
    def _cluster(self) -> str:
        return self._reception.listener.cluster


def incident_row(one: Incident, opened: str) -> tuple[str, ...]:
    """A row of a table of incidents; `opened` says when it was, in the words of that table."""
    owner = one.owner.rpartition(":")[2] or "nobody"
    return (one.id, opened, one.severity or "–", one.state, owner, one.title)


def _named(person: Person) -> list[Json]:
    return [rich.user(person.id)] if person.platform == DOOR else rich.words(person.id)


def _unknown(person: Person) -> str:
    return f"I do not know you ({person}). An administrator can bind you to a role: `hilda roles bind {person} viewer`."


def _ago(now: datetime, then: datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    hours, days = minutes // 60, minutes // 1440
    return f"{days} d" if days else f"{hours} h" if hours else f"{minutes} min"


async def _noted(ack: AsyncAck) -> None:
    await ack()
