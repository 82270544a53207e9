"""Tells a storm: one message for all the incidents that share it, changed in place as they change."""

from collections.abc import AsyncIterator

from domain.conversations import opener
from domain.messages import Reply
from graphs.desk import Desk
from graphs.words.storm import storm_card
from store.incident_record import Incident


async def tell(desk: Desk, incident: Incident, conversation: str, zone: str) -> AsyncIterator[Reply]:
    """What the storm looks like now; nothing where another of its incidents waits to have it told."""
    store = desk.store
    if await store.jobs.waiting(conversation) > 1:
        return
    members = await store.storms.members(conversation)
    if not members:
        return
    first = opener(conversation)
    begun = any(one.announced.get(conversation, 0) for one in members)
    shown = storm_card(members, desk.label, desk.clock(), zone)
    yield Reply(shown, key=f"{first}:{incident.newest}" if begun else first, replaces=first if begun else "")
    await store.incident_states.told(incident.id, conversation, incident.newest)
