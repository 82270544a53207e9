"""Looking after an incident: who may, what changes in its record, what they hear. Nothing here touches a cluster."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

from domain import job_kinds
from domain.cards import Card, Code, Facts, Table, Text, card
from domain.errors import NotAllowed
from domain.messages import Message, Reply
from domain.people import Person, Role
from graphs import closing, telling
from graphs.act_words import LONGEST_SNOOZE, IncidentAct, act_in
from graphs.desk import Desk
from graphs.reporting import report_of
from graphs.words import small, times
from graphs.words.incident import head_card, who
from policy.roles import Act, may, required_role
from store.incident_record import Incident

_IDS = {
    "slack": (re.compile(r"@?([UW][A-Z0-9]{6,20})"), "mention them, and I know their id."),
    "teams": (re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"), "name them as teams:TENANT:OBJECT-ID."),
}
"""Platforms on which a name is not a person: what an id looks like, and how to come by one."""
_MOST_OPEN = 10


class IncidentActs:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def meant(self, message: Message) -> IncidentAct | None:
        """The act that a message asks for. Without an id it means the incident that the conversation is about."""
        act = act_in(message.text, self._desk.clock(), message.zone)
        if act is None or act.incident or message.text.lstrip().lower().startswith("ack"):
            return act
        return act if await self._desk.store.incidents.of_conversation(message.conversation) else None

    async def do(self, message: Message, act: IncidentAct) -> AsyncIterator[Reply]:
        """What comes of it; where the incident is announced here, its own thread says so instead."""
        try:
            shown = await self._done(message, act)
        except NotAllowed as refused:
            told = small.not_allowed(self._desk.label_for(message), str(refused))
            yield Reply(told, key=f"{message.id}:private", audience="person", person=message.author)
            return
        if shown is not None:
            yield Reply(shown, key=f"{message.id}:act")

    async def _done(self, message: Message, act: IncidentAct) -> Card | None:
        store, label = self._desk.store, self._desk.label_for(message)
        incident = await self._incident(message, act)
        if incident is None:
            return await self._which(message, act)
        if act.kind == "report":
            report = await report_of(self._desk, incident, message.zone)
            return card(f"Report: {incident.title}", Code(report, "md", label="report"), cluster=label)
        if act.kind == "show":
            return await self._shown(incident, message)
        await self._must_be_allowed(message.author)
        if not await self._changed(message, act, incident):
            raise NotAllowed(self._why_not(act, incident))
        await store.audit.note(str(message.author), act.kind, f"incident:{incident.id}", why=act.why, result="done")
        await telling.later(self._desk, incident.id)
        if message.conversation in incident.announced:
            return None
        changed = await store.incidents.get(incident.id)
        return await self._shown(changed or incident, message)

    async def _changed(self, message: Message, act: IncidentAct, incident: Incident) -> bool:
        """Whether the record is another one now."""
        states, by = self._desk.store.incident_states, str(message.author)
        match act.kind:
            case "acknowledge":
                return await states.acknowledge(incident.id, by)
            case "take":
                return await states.take(incident.id, by, by)
            case "hand over":
                return await states.take(incident.id, str(_person(act.to, message.author)), by)
            case "snooze":
                return await self._snoozed(act, incident, by)
            case "merge":
                done = await states.merge(incident.id, act.to, by)
                if done:
                    await telling.later(self._desk, act.to)
                return done
            case "close":
                return await closing.close(self._desk, incident.id, act.why or "closed by hand", by)
            case _:
                return False

    async def _snoozed(self, act: IncidentAct, incident: Incident, by: str) -> bool:
        now, until = self._desk.clock(), act.until
        if until is None or not timedelta(0) < until - now <= LONGEST_SNOOZE:
            raise NotAllowed(f"I snooze for {times.length(LONGEST_SNOOZE)} at the most: after that nobody remembers.")
        if not await self._desk.store.incident_states.snooze(incident.id, until, by):
            return False
        payload = {"incident": incident.id, "do": "wake", "at": until.isoformat()}
        key, kind = f"wake:{incident.id}:{until.isoformat()}", job_kinds.incident(self._desk.cluster)
        wait = (until - now).total_seconds()
        await self._desk.store.jobs.put(key, kind, payload, delay_seconds=wait)
        return True

    async def _incident(self, message: Message, act: IncidentAct) -> Incident | None:
        incidents = self._desk.store.incidents
        if act.incident:
            return await incidents.get(act.incident)
        return await incidents.of_conversation(message.conversation)

    async def _which(self, message: Message, act: IncidentAct) -> Card:
        """There is no such incident: those there are, so that the next try is right."""
        label, now = self._desk.label_for(message), self._desk.clock()
        found = [one for one in await self._desk.store.incidents.list("open") if one.cluster == self._desk.cluster]
        title = f"There is no incident {act.incident}" if act.incident else "Which incident?"
        if not found:
            return card(title, Text("None is open."), tone="question", cluster=label)
        rows = tuple(
            (one.id, one.state, one.title, times.since(one.opened_at, now, message.zone)) for one in found[:_MOST_OPEN]
        )
        table = Table(("Id", "State", "What", "Opened"), rows)
        how = Text(f"Say it in its thread, or with its id: `{act.kind} {found[0].id}`.")
        return card(title, table, how, tone="question", cluster=label)

    async def _shown(self, incident: Incident, message: Message) -> Card:
        whole = head_card(await telling.shown_of(self._desk, incident, message.zone))
        home = (Facts((("Announced in", incident.home),)),) if incident.home else ()
        return Card(whole.title, whole.tone, self._desk.label_for(message), (*home, *whole.parts))

    async def _must_be_allowed(self, person: Person) -> None:
        role = await self._desk.role_of(person)
        if not may(role, Act.tend):
            needed = required_role(Act.tend).name
            known = f"You are {role.name} here" if role is not Role.nobody else f"I do not know you ({person})"
            raise NotAllowed(f"{known}; to {Act.tend.value} needs {needed}.")

    def _why_not(self, act: IncidentAct, incident: Incident) -> str:
        """The record stayed as it was: because it is over, or so already."""
        if act.kind == "merge":
            return f"{incident.id} cannot go on as {act.to}: one of them is over, or they are the same."
        if not incident.alive:
            return f"{incident.id} is over: {incident.summary or 'closed'}."
        if act.kind == "acknowledge":
            by = f" by {who(incident.acknowledged_by)}" if incident.acknowledged_by else ""
            return f"{incident.id} is {incident.state} already{by}."
        return f"{incident.id} is {who(incident.owner)}'s already." if incident.owner else "Nothing changed."


def _person(written: str, author: Person) -> Person:
    """Whom a word means: somebody by their platform's id, or, where people have plain names, by name."""
    if written.lower() in ("me", "myself"):
        return author
    if written.count(":") == 2:
        return Person.parse(written.lstrip("@"))
    if author.platform not in _IDS:
        return Person(author.platform, author.tenant, written.lstrip("@"))
    pattern, how = _IDS[author.platform]
    found = pattern.fullmatch(written)
    if found is None:
        raise NotAllowed(f"I do not know who {written} is: {how}")
    return Person(author.platform, author.tenant, found[1])
