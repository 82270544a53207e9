"""Thumbs below an answer: Teams' own buttons and its own question, kept in the audit record.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bot-messages-ai-generated-content: the answer to what
somebody sends has to be empty, and Teams itself says thank you.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.doors.teams.render.card import Post
from domain.cards import Card, Sources, parts_of
from domain.people import Person
from domain.plain_json import Json, dig
from store.ratings import Rating, Ratings

NAME = "message/submitAction"
LONGEST_WORDS = 4_000
_LONGEST_ID = 200
_RATINGS: dict[str, Rating] = {"like": "helped", "dislike": "missed"}

log = structlog.get_logger()


def with_thumbs(posts: tuple[Post, ...], card: Card) -> tuple[Post, ...]:
    """The messages of an answer that gives its sources, the thumbs below the first of them."""
    return (replace(posts[0], thumbs=True), *posts[1:]) if posts and parts_of(card, Sources) else posts


@dataclass
class Feedback:
    ratings: Ratings
    able: Callable[[Person], Awaitable[bool]]
    """Whether somebody may do anything at all."""

    async def keep(self, activity: Json, person: Person | None, conversation: str) -> bool:
        """Keep one thumb with the words that came with it; False for what is none."""
        value = activity.get("value")
        rating = _rating(value)
        message = str(activity.get("replyToId") or dig(value, "replyToId", default=""))
        if rating is None or not message or len(message) > _LONGEST_ID or not message.isprintable():
            return False
        if person is None or not await self.able(person):
            log.info("a thumb of nobody is not kept", person=str(person or "unknown"))
            return True
        await self.ratings.rate(f"{conversation}/{message}", person, rating, _words(value)[:LONGEST_WORDS])
        return True


def _rating(value: Any) -> Rating | None:
    if not isinstance(value, dict) or value.get("actionName") != "feedback":
        return None
    return _RATINGS.get(str(dig(value, "actionValue", "reaction", default="")))


def _words(value: Any) -> str:
    """What somebody wrote: as Teams' own form sends it, as JSON in a string; elsewhere as an object or plain."""
    said = dig(value, "actionValue", "feedback", default="")
    if isinstance(said, str):
        try:
            read = json.loads(said)
        except (ValueError, RecursionError):
            return said.strip()
        said = read if isinstance(read, dict) else said
    return str(said.get("feedbackText") or "").strip() if isinstance(said, dict) else str(said or "").strip()
