"""What comes in through any door, and what goes out again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from domain.cards import Action, Card
from domain.people import Person


@dataclass(frozen=True, slots=True)
class Message:
    """Something a person said."""

    id: str
    """The door's own delivery id: equal ids are one message delivered twice."""
    author: Person
    conversation: str
    """Made by the server from (platform, tenant, channel, thread); never taken from what a client claims."""
    text: str
    at: datetime
    zone: str = "UTC"
    """The asker's IANA time zone: "at 2 PM" is meant in it, and times are shown in it."""
    practice_identity: str = ""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    id: str
    author: Person
    conversation: str
    action: Action
    subject: str
    digest_prefix: str
    at: datetime
    zone: str = "UTC"
    practice_identity: str = ""


@dataclass(frozen=True, slots=True)
class FormSubmitted:
    id: str
    author: Person
    conversation: str
    action: Action
    subject: str
    values: Mapping[str, str]
    at: datetime
    zone: str = "UTC"
    practice_identity: str = ""


@dataclass(frozen=True, slots=True)
class AlertFired:
    id: str
    conversation: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    started_at: datetime
    at: datetime
    resolved_at: datetime | None = None


Incoming: TypeAlias = Message | ButtonPressed | FormSubmitted | AlertFired


@dataclass(frozen=True, slots=True)
class Reply:
    """One card for somebody. Posting it is idempotent by `key`; `replaces` names the key whose post it updates."""

    card: Card
    key: str
    audience: Literal["person", "conversation"] = "conversation"
    replaces: str = ""
    person: Person | None = field(default=None)
    """Who sees it, when the audience is a person."""
