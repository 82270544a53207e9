"""Names of conversations: a place of a door, and what is said below one post of it, which need not be out yet."""

import hashlib
from datetime import datetime

_ONLY_ANSWER = frozenset({"terminal", "http"})
_INCIDENT = "incident-"
_STORM = "storm-"
REPORT = "report-"
"""How the keys of daily reports begin."""


def channel_of(conversation: str) -> str:
    """The channel beside its threads; "" where a door has no place to post to unasked (a terminal, HTTP).

    >>> channel_of("slack:T1:C1:1700000000.000100")
    'slack:T1:C1:'
    """
    door, *rest = conversation.split(":", 3)
    if door in {"terminal", "http"} or len(rest) < 2 or not all(rest[:2]):
        return ""
    return f"{door}:{rest[0]}:{rest[1]}:"


def below(place: str, key: str) -> str:
    """The thread below the post that a reply of this key makes: `slack:T1:C1` and `incident-i1` become one name.

    Whoever posts looks up what the key became; whoever hears maps the thread back to this name. So a conversation has
    its name before any platform has seen it.
    """
    return f"{place}:@{key}"


def opener(conversation: str) -> str:
    """The key of the post that begins this conversation, "" for one that began otherwise."""
    thread = conversation.rpartition(":")[2]
    return thread[1:] if thread.startswith("@") else ""


def incident_key(incident: str, place: int = 0) -> str:
    """The key of the post that shows an incident: in the first place where it is announced, and in each further one."""
    return f"{_INCIDENT}{incident}{f'/{place + 1}' if place else ''}"


def incident_of(conversation: str) -> str:
    """The id of the incident that a conversation is about by its very name, "" otherwise."""
    key = opener(conversation)
    return key.removeprefix(_INCIDENT).partition("/")[0] if key.startswith(_INCIDENT) else ""


def report_key(conversation: str, at: datetime) -> str:
    """The key of the post that begins the daily report of a channel which was due at that moment."""
    return REPORT + hashlib.sha256(f"{conversation} {at.isoformat()}".encode()).hexdigest()[:16]


def storm_key(first: str) -> str:
    """The key of the post that shows many incidents at once, by the first of them."""
    return f"{_STORM}{first}"


def is_storm(conversation: str) -> bool:
    return opener(conversation).startswith(_STORM)


def in_incidents(place: str) -> str:
    """How the conversations of single incidents in this place begin."""
    return below(place, _INCIDENT)


def in_storms(place: str) -> str:
    """How the conversations in this place begin that many incidents share."""
    return below(place, _STORM)
