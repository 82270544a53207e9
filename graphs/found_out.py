"""What a look found out about alerts becomes part of their incident's record, and of the conversations about it."""

from domain.conversations import is_storm
from domain.levels import Level
from domain.messages import Reply
from domain.plain_json import Json
from domain.wire import reply_as_json
from graphs import telling
from graphs.assist import Assist
from graphs.desk import Desk
from graphs.focus import Focus
from graphs.unasked import Found
from graphs.words import times
from graphs.words.answer import answer_card, sources
from graphs.words.incident import what_was_found


async def remember(desk: Desk, incident_id: str, focus: Focus, found: Found, zone: str) -> None:
    """A line of its timeline, the whole answer, its evidence; or why it could not be looked into."""
    store, kept_under = desk.store, telling.kept_under(incident_id)
    if found.blind:
        await store.incidents.add(incident_id, "blind", found.blind, key=f"blind:{found.blind[:80]}")
        return
    assert found.answer is not None, "a look that was not blind has an answer"
    with times.noted() as moments:
        said = answer_card(found.answer, desk.label, desk.clock(), zone, desk.highest)
        card = times.with_moments(said, moments)
    await store.conversations.keep_answer(kept_under, reply_as_json(Reply(card, key="")))
    seen = (*sources(found.answer), *(found.cause.finding.evidence if found.cause else ()))
    await store.conversations.remember_evidence(kept_under, seen)
    about = focus.explaining(found.cause, found.answer.state).to(level=int(Level.answer))
    told: Json = {"focus": about.as_json()}
    if found.cause is None:
        await store.incidents.add(incident_id, "nothing found", card.title, told, key="nothing found")
        return
    told = {**what_was_found(found.answer), **told}
    await store.incidents.add(incident_id, "found", found.cause.finding.title, told, key=f"found:{found.cause.key}")


async def begin(desk: Desk, assist: Assist, conversation: str, incident_id: str) -> None:
    """What is said there next follows up on what was found; a message that many incidents share is about none."""
    store = desk.store
    if is_storm(conversation):
        return
    evidence = await store.conversations.all_evidence(telling.kept_under(incident_id))
    await store.conversations.remember_evidence(conversation, evidence)
    incident = await store.incidents.get(incident_id)
    lines = [line for line in incident.timeline if line.kind in ("found", "nothing found")] if incident else []
    if lines:
        await assist.begin(conversation, Focus.of(lines[-1].details))
