"""Who speaks at this terminal, and in which conversation."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.doors.terminal.identity import person_as, person_here
from bot.doors.terminal.listener import Listener
from bot.settings import Settings
from domain.cards import ClusterLabel
from domain.errors import NotAllowed
from domain.people import Person

if TYPE_CHECKING:
    from bot.app import App
    from bot.doors.terminal.connection import StoredConversation


@dataclass(frozen=True)
class Speaker:
    person: Person
    conversation: str
    zone: ZoneInfo
    practice_identity: str = ""

    def listener(self) -> Listener:
        return Listener(
            author=self.person,
            conversation=self.conversation,
            clock=lambda: datetime.now(UTC),
            zone=self.zone.key,
            practice_identity=self.practice_identity,
        )

    def become(self, app: "App", settings: Settings, name: str) -> "Speaker":
        """The same terminal with another made-up person at it."""
        return replace(self, person=_practice_person(app, settings, name), practice_identity=name)

    def label(self, app: "App") -> ClusterLabel:
        """The cluster's label as this person's cards show it."""
        label = app.desk.label
        return ClusterLabel(label.name, label.environment, label.production, self.practice_identity)

    def connection(self, app: "App") -> "StoredConversation":
        from bot.doors.terminal.connection import StoredConversation

        return StoredConversation(app.store, app.worker, self.conversation, app.desk.cluster, self.label(app))


async def speaker(app: "App", settings: Settings, name: str, zone: ZoneInfo, thread: str = "") -> Speaker:
    """The account at this machine, or the made-up person `name`; refused and written down where that is not allowed."""
    here = person_here(settings.state_folder)
    conversation = f"terminal:{here.tenant}:{here.id}:{app.desk.cluster}:{thread or uuid.uuid4().hex}"
    if not name:
        return Speaker(here, conversation, zone)
    try:
        person = _practice_person(app, settings, name)
    except NotAllowed as refused:
        await app.store.audit.note(str(here), "refused", f"identity:{name[:64]}", why=str(refused))
        raise
    return Speaker(person, conversation, zone, practice_identity=name)


def _practice_person(app: "App", settings: Settings, name: str) -> Person:
    return person_as(
        name, app.desk.cluster, practice_cluster=app.practice, allowed_anywhere=settings.practice_identities
    )
