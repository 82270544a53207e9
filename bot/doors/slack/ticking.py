"""Boxes that one person ticked are ticked for everybody: Slack itself shows a tick only to who set it."""

import re
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot import outbox
from bot.doors.slack.reception import Reception
from domain.cards import Card, Checklist, Choices
from domain.plain_json import Json, dig
from domain.wire import reply_from_json


class Ticking:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def register(self, app: AsyncApp) -> None:
        app.action(re.compile("^hilda:tick:"))(self.on_tick)

    async def on_tick(self, body: Json, ack: AsyncAck) -> None:
        listener = self._reception.listener
        await listener.on_action(body, ack)
        post = f"{dig(body, 'channel', 'id', default='')}/{dig(body, 'message', 'ts', default='')}"
        self._reception.later(self.show(post, await listener.conversation_of(body)))

    async def show(self, post: str, conversation: str) -> None:
        """The list as the incident remembers it, once what was pressed is on record."""
        await self._reception.done(conversation)
        said = await self._reception.store.outbox.said_as(post)
        if said is None:
            return
        key, payload = said
        reply = reply_from_json(payload)
        done = await self._done(reply.card)
        shown = replace(
            reply.card, parts=tuple(_ticked(p, done) if isinstance(p, Checklist) else p for p in reply.card.parts)
        )
        if shown == reply.card:
            return
        first = key.partition(":ticked:")[0]
        told = replace(reply, card=shown, key=f"{first}:ticked:{'+'.join(sorted(done))}"[:500], replaces=first)
        await outbox.put(self._reception.store, conversation, told)

    async def _done(self, card: Card) -> set[str]:
        subjects = [c.subject for p in card.parts if isinstance(p, Choices) for c in p.choices if c.action == "tick"]
        incident = await self._reception.store.incidents.get(subjects[0].partition("/")[0]) if subjects else None
        lines = incident.timeline if incident else ()
        return {str(line.details.get("task")) for line in lines if line.kind == "ticked"}


def _ticked(part: Checklist, done: set[str]) -> Checklist:
    return Checklist(tuple(replace(item, done=item.done or item.id in done) for item in part.items))
