"""How things stand: incidents, connections, levels, people, settings."""

import re

from bot.doors.slack.commands.asked import Asked
from bot.doors.slack.commands.questions import Questions
from bot.doors.slack.home import INCIDENT_COLUMNS, Home, incident_row
from bot.doors.slack.people_modal import PeopleModal
from domain.cards import Facts, Table, Text, card
from domain.levels import Level

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class Standing:
    def __init__(self, home: Home, people: PeopleModal, questions: Questions) -> None:
        self._home = home
        self._people = people
        self._questions = questions

    async def status(self, asked: Asked) -> None:
        if asked.words:
            await self._questions.question(asked, f"status of {asked.words}")
            return
        await asked.answer(await self._home.systems_card())

    async def incidents(self, asked: Asked) -> None:
        """What is open; with words, they are said about one: `/hilda incidents acknowledge i0123456789`."""
        if asked.words:
            await self._questions.question(asked, asked.words)
            return
        store, cluster = asked.reception.store, asked.reception.listener.cluster
        found = [one for one in await store.incidents.list("open") if one.cluster == cluster]
        rows = tuple(incident_row(one, f"{one.opened_at:%Y-%m-%d %H:%M} UTC") for one in found)
        part = Table(("ID", "OPENED", *INCIDENT_COLUMNS), rows) if rows else Text("Nothing is open.")
        told = card("Open incidents", part, tone="bad" if rows else "good", cluster=asked.reception.label)
        await asked.answer(told)

    async def level(self, asked: Asked) -> None:
        highest, place = asked.reception.highest, await asked.place()
        if asked.words.isdigit() and place.direct:
            await self._questions.question(asked, f"level {asked.words}")
            return
        rows = tuple((f"{level.value}", f"{level.title}{' (not here)' if level > highest else ''}") for level in Level)
        how = "To climb, say `next`, `checklist`, `commands` or `script` in the thread of an answer."
        title = f"Here I climb to level {highest.value}"
        await asked.answer(card(title, Facts(rows), Text(how), cluster=asked.reception.label))

    async def who(self, asked: Asked) -> None:
        person, zone = asked.who
        if mentioned := _MENTION.search(asked.rest):
            person, zone = await asked.reception.listener.people.author(mentioned[1])
        shown = self._home.you_card(person, await asked.reception.role_of(person))
        facts = Facts((("Time zone", zone), ("To bind", f"hilda roles bind {person} ROLE")))
        await asked.answer(shown.with_parts(facts))

    async def settings(self, asked: Asked) -> None:
        await asked.opened(window=await self._people.open_for(asked.body))
