"""Says what became of an incident, wherever it is announced: its one message in place, what is new below it.

Whatever changes an incident only changes its record, and asks for this. What was said up to which line of the timeline
is part of the record, and each conversation hears one thing after the other, so nothing is said twice or out of order.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from domain import job_kinds
from domain.conversations import channel_of, is_storm, opener
from domain.messages import Reply
from domain.wire import reply_from_json
from graphs import storms
from graphs.desk import Desk
from graphs.reporting import report_of
from graphs.silencing import offered
from graphs.words.incident import Shown, head_card
from graphs.words.incident_news import news_cards
from store.incident_record import Incident

Zone = Callable[[str], str]
"""The zone in which the readers of a conversation are told times."""


def kept_under(incident: str) -> str:
    """The name under which an incident's answer and evidence are kept, wherever it is announced."""
    return f"incident:{incident}"


async def later(desk: Desk, incident_id: str) -> None:
    """Have it told, durably, in each conversation in its turn."""
    incident = await desk.store.incidents.get(incident_id)
    if incident is None:
        return
    for conversation in incident.announced:
        await _put(desk, incident, conversation, f"tell:{conversation}:{incident.newest}")


async def tell(desk: Desk, incident_id: str, conversation: str, zone: Zone) -> AsyncIterator[Reply]:
    """Everything about it that this conversation has not heard; nothing where nobody wants to hear it now."""
    store, now = desk.store, desk.clock()
    incident = await store.incidents.get(incident_id)
    if incident is not None and is_storm(conversation):
        if muted := await store.mutes.until(channel_of(conversation)):
            await _again(desk, incident, conversation, muted, now)
            return
        async for reply in storms.tell(desk, incident, conversation, zone(conversation)):
            yield reply
        return
    if incident is None or incident.announced.get(conversation, incident.newest) >= incident.newest:
        return
    heard, newest, first = incident.announced[conversation], incident.newest, opener(conversation)
    muted = await store.mutes.until(channel_of(conversation))
    if muted and not heard:
        await _again(desk, incident, conversation, muted, now)
        return
    shown = await shown_of(desk, incident, zone(conversation))
    yield Reply(head_card(shown), key=f"{first}:{newest}" if heard else first, replaces=first if heard else "")
    snoozed = incident.snoozed_until if incident.alive else None
    if heard and snoozed and snoozed > now and not _is_the_snooze(incident, heard):
        return
    if muted:
        await _again(desk, incident, conversation, muted, now)
        return
    fresh = [line for line in incident.timeline if line.id > heard]
    if any(line.kind in ("found", "nothing found") for line in fresh):
        kept = await store.conversations.last_answer(kept_under(incident.id))
        if kept is not None:
            yield Reply(reply_from_json(kept).card, key=f"{first}:found:{newest}")
    if heard:
        closing = any(line.kind == "closed" for line in fresh)
        report = await report_of(desk, incident, zone(conversation)) if closing else ""
        for number, news in enumerate(news_cards(fresh, shown, report)):
            yield Reply(news, key=f"{first}:news:{newest}:{number}")
    await store.incident_states.told(incident.id, conversation, newest)


async def shown_of(desk: Desk, incident: Incident, zone: str) -> Shown:
    alerts = await desk.store.alerts.of_incident(incident.id)
    return Shown(incident, alerts, desk.label, desk.clock(), zone, desk.highest, offered(desk))


def _is_the_snooze(incident: Incident, heard: int) -> bool:
    """Whether the only thing new is that it was snoozed, which is said at once."""
    fresh = [line.kind for line in incident.timeline if line.id > heard]
    return bool(fresh) and fresh[-1] == "snoozed"


async def _again(desk: Desk, incident: Incident, conversation: str, at: datetime, now: datetime) -> None:
    key = f"tell:{conversation}:{incident.newest}:{at.isoformat()}"
    await _put(desk, incident, conversation, key, at - now)


async def _put(desk: Desk, incident: Incident, conversation: str, key: str, wait: timedelta = timedelta(0)) -> None:
    payload = {"incident": incident.id, "do": "tell", "conversation": conversation}
    seconds = max(wait.total_seconds(), 0)
    # What waits belongs to no queue: nothing else in its conversation shall wait for it.
    queue = "" if seconds else conversation
    await desk.store.jobs.put(key, job_kinds.incident(desk.cluster), payload, queue, delay_seconds=seconds)
