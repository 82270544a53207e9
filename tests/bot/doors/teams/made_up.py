"""A Teams that behaves, the real door with its real worker behind it, and a dispatcher that answers by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bot.dispatcher import Dispatcher
from bot.doors.http.listening import listening
from bot.doors.http.service import service
from bot.doors.teams.door import TeamsDoor, open_door
from bot.settings import load_settings
from bot.worker import Worker
from domain.messages import Incoming, Reply
from domain.people import Person, Role
from graphs.desk import Desk
from store.record import Store
from tests.bot.doors.slack.made_up import CLUSTER, Answer, Answering, MadeUpDesk
from tests.fakes.teams.service import FakeTeams, Human, fake_teams

CHANNEL = "19:shop@thread.tacv2"
GROUP = "19:night@thread.v2"


class TeamsDesk(MadeUpDesk):
    async def role_of(self, person: Person) -> Role:
        role: Role = await self.standing["teams"](person, await self.store.identities.role_of(person))
        return role


@dataclass
class Office:
    teams: FakeTeams
    door: TeamsDoor
    store: Store
    answers: Answering

    def on_reply(self, answer: Answer) -> None:
        self.answers.answer = answer

    async def said(self) -> None:
        """Everything that waits to be said is said."""
        async with asyncio.timeout(20):
            while await self.store.outbox.waiting("teams"):
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Everything that was heard is answered, and said."""
        async with asyncio.timeout(20):
            while await self.store.jobs.waiting() or await self.store.outbox.waiting("teams"):
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_office(folder: Path, **given: Any) -> AsyncIterator[Office]:
    """In development unless `given` are the settings of a real app."""
    settings = load_settings(state_dir=folder, http_host="127.0.0.1", **(given or {"teams_development": True}))
    store = await Store.open(f"sqlite:///{folder}/data/hilda.db", folder / "keys" / "audit.key")
    answers = Answering()
    desk = TeamsDesk(store)
    worker = Worker(store, cast("Dispatcher", answers), "w1", CLUSTER, 10.0)
    async with fake_teams() as teams, open_door(settings, cast("Desk", desk), worker, lambda: "") as door:
        work = asyncio.create_task(worker.run(at_once=8))
        try:
            async with listening(service(_no_troubles, door.routes), "127.0.0.1", 0) as port:
                teams.bot_url = f"http://127.0.0.1:{port}/api/messages"
                yield Office(teams, door, store, answers)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    await store.close()


async def nothing(_: Incoming) -> AsyncIterator[Reply]:
    """Words are heard, and nothing is said to them."""
    for said in ():
        yield said


def account(human: Human) -> Person:
    return Person("teams", "tenant", human.id)


async def _no_troubles() -> dict[str, str]:
    return {}
