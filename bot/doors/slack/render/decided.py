"""A message after somebody decided: what it said stays, its buttons are gone, and it says who and when."""

from collections.abc import Sequence
from datetime import datetime

from bot.doors.slack.render import rich
from domain.plain_json import Json

_ACTING = frozenset({"actions", "input", "context_actions"})


def decided(blocks: Sequence[Json], words: str, user_id: str, at: datetime) -> list[Json]:
    """`words` by that user at that time in place of everything that could be pressed; `blocks` as Slack sent them."""
    kept = [block for block in blocks if block["type"] not in _ACTING]
    return [
        *kept,
        rich.paragraph(rich.words(f"{words} by ", "bold"), [rich.user(user_id)], rich.words(" · "), [rich.moment(at)]),
    ]
