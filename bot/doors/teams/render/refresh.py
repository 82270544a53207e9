"""Cards that look different for some people: Teams asks us how, each time one of them sees the card.

https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bot.doors.teams.render.card import Post
from bot.doors.teams.render.values import RELEASE

VERB = "refresh"
MOST = 60
"""People for whom Teams asks; it takes no more of them."""
LONGEST = 200
"""Characters of a name that we wrote."""
LARGEST = 28_000
"""Characters of JSON of a card with the names of those people: what people approve has to arrive."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """One question of Teams: how does the card look for who asks?"""

    subject: str
    """The proposal."""
    shown: str
    """The key under which the card was said."""


def with_refresh(post: Post, asked: Refresh, accounts: Iterable[str]) -> Post:
    """The message, asking for the looks of these accounts, as many as it has room for; for none it asks nothing.

    Left out, the list of accounts would mean everybody where up to sixty people are, and each of them each time.
    """
    carried = {"hilda": RELEASE, "subject": asked.subject, "shown": asked.shown}
    action = {"type": "Action.Execute", "title": "Refresh", "verb": VERB, "data": carried}
    room = LARGEST - len(json.dumps({**post.card, "refresh": {"action": action, "userIds": []}}, ensure_ascii=False))
    named: list[str] = []
    for account in dict.fromkeys(accounts):
        room -= len(json.dumps(account, ensure_ascii=False)) + 2
        if room < 0 or len(named) == MOST:
            break
        named.append(account)
    if not named:
        return post
    return replace(post, card={**post.card, "refresh": {"action": action, "userIds": named}})


def wanted(value: Any) -> Refresh | None:
    """What the value of an `adaptiveCard/action` invoke asks for; None for anything else, or not in this form."""
    action = value.get("action") if isinstance(value, dict) else None
    data = action.get("data") if isinstance(action, dict) else None
    if not isinstance(action, dict) or action.get("verb") != VERB or not isinstance(data, dict):
        return None
    if data.get("hilda") != RELEASE:
        return None
    found = Refresh(str(data.get("subject") or ""), str(data.get("shown") or ""))
    return found if all(len(name) <= LONGEST and name.isprintable() for name in (found.subject, found.shown)) else None
