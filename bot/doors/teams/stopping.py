"""A button that stops what is being looked at, for as long as it is; scripts have a way of their own."""

from dataclasses import replace

from bot.doors.progress import is_under_way
from bot.doors.teams.render.card import Post
from bot.doors.teams.render.parts import rows_of
from bot.doors.teams.render.values import execute
from domain.cards import Card, Choice


def with_stop(posts: tuple[Post, ...], key: str, card: Card) -> tuple[Post, ...]:
    """The messages of a reply with this key, the button under the last where a person may want it to end."""
    if not posts or not is_under_way(card) or key.startswith("running:"):
        return posts
    *before, last = posts
    stop = rows_of([execute("Stop", Choice("Stop", "stop"))])
    return (*before, replace(last, card={**last.card, "body": [*last.card["body"], *stop]}))
