"""A button that stops what is being looked at, for as long as it is; scripts have a way of their own."""

from dataclasses import replace

from bot.doors.progress import is_under_way
from bot.doors.slack.render import small
from bot.doors.slack.render.post import Post
from bot.doors.slack.render.values import action_id, value
from domain.cards import Card

_NUMBER = 99_000
"""Beyond the buttons of any part of a card."""


def with_stop(posts: tuple[Post, ...], key: str, card: Card) -> tuple[Post, ...]:
    """The messages of a reply with this key, the button under the first where a person may want it to end."""
    if not posts or not is_under_way(card) or key.startswith("running:"):
        return posts
    stop = small.actions([small.button("Stop", action_id("stop", _NUMBER), value("stop"))])
    return (replace(posts[0], blocks=(*posts[0].blocks, stop)), *posts[1:])
