"""A checklist as its incident remembers it: what one person ticked is ticked for everybody."""

from dataclasses import replace

from bot import outbox
from domain.cards import Card, Checklist, Choices
from domain.wire import reply_from_json
from store.record import Store


async def tick_for_everybody(store: Store, post: str, conversation: str) -> None:
    """Show what stands in a platform's message of that name anew, where something was ticked since."""
    said = await store.outbox.said_as(post)
    if said is None:
        return
    key, payload = said
    reply = reply_from_json(payload)
    done = await _done(store, reply.card)
    shown = replace(
        reply.card, parts=tuple(_ticked(p, done) if isinstance(p, Checklist) else p for p in reply.card.parts)
    )
    if shown == reply.card:
        return
    first = key.partition(":ticked:")[0]
    told = replace(reply, card=shown, key=f"{first}:ticked:{'+'.join(sorted(done))}"[:500], replaces=first)
    await outbox.put(store, conversation, told)


async def _done(store: Store, card: Card) -> set[str]:
    subjects = [c.subject for p in card.parts if isinstance(p, Choices) for c in p.choices if c.action == "tick"]
    incident = await store.incidents.get(subjects[0].partition("/")[0]) if subjects else None
    lines = incident.timeline if incident else ()
    return {str(line.details.get("task")) for line in lines if line.kind == "ticked"}


def _ticked(part: Checklist, done: set[str]) -> Checklist:
    return Checklist(tuple(replace(item, done=item.done or item.id in done) for item in part.items))
