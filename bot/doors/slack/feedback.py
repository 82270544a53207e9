"""Thumbs under an answer: asked for quietly, thanked for privately, kept in the audit record."""

import re
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.limits import faults_of_message
from bot.doors.slack.reception import Reception
from bot.doors.slack.render.modals import About, reason_view
from bot.doors.slack.render.post import Post
from domain.cards import Card, Sources, Text, card, parts_of
from domain.plain_json import Json, dig
from store.ratings import Rating

ACTION = "hilda:feedback:0"
HELPED, MISSED = "helped", "missed"


def block() -> Json:
    """The buttons, for the end of an answer; messages only."""
    element = {
        "type": "feedback_buttons",
        "action_id": ACTION,
        "positive_button": _button("Helpful", HELPED, "This answer was right or useful"),
        "negative_button": _button("Not helpful", MISSED, "This answer was wrong or of no use"),
    }
    return {"type": "context_actions", "elements": [element]}


def _button(label: str, value: str, spoken: str) -> Json:
    return {"text": {"type": "plain_text", "text": label}, "value": value, "accessibility_label": spoken}


def with_thumbs(posts: tuple[Post, ...], card: Card) -> tuple[Post, ...]:
    """The messages of an answer that gives its sources, the buttons under the first of them where they fit."""
    if not posts or not parts_of(card, Sources):
        return posts
    asking = replace(posts[0], blocks=(*posts[0].blocks, block()))
    return posts if faults_of_message(asking.payload()) else (asking, *posts[1:])


class Feedback:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def register(self, app: AsyncApp) -> None:
        app.action(re.compile("^hilda:feedback:"))(self.on_press)

    async def on_press(self, body: Json, ack: AsyncAck) -> None:
        """A thumb is kept at once; a thumb down is asked what was wrong, which nobody has to answer."""
        action = (body.get("actions") or [{}])[0]
        rating: Rating = "missed" if action.get("value") == MISSED else "helped"
        person, _ = await self._reception.who(body)
        conversation = await self._reception.listener.conversation_of(body)
        answer = f"{conversation}/{dig(body, 'container', 'message_ts', default='')}"
        new = await self._reception.store.ratings.rate(answer, person, rating)
        if new and rating == MISSED:
            asked = card("What was wrong?", Text("Your words go into the record, for those who teach me."))
            what = About("feedback", answer, conversation=conversation)
            if await self._reception.open(
                body, reason_view(asked, what, submit="Send", label="What was wrong or missing")
            ):
                await ack()
                return
        words = "It is in the record, and helps me to get better." if new else "You said so before; once is enough."
        key = f"{self._reception.listener.click_key(body, action)}:private"
        await self._reception.tell(body, key, card("Thank you", Text(words)))
        await ack()
