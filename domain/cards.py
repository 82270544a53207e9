"""What Hilda says, before any platform has drawn it. A renderer that forgets a part is a type error."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from domain.evidence import Evidence
from domain.risk import Risk

Tone = Literal["neutral", "good", "warning", "bad", "question"]


@dataclass(frozen=True, slots=True)
class ClusterLabel:
    """Stands on every card: where this is about, and whether that is production."""

    name: str
    environment: str = ""
    production: bool = False
    practice_identity: str = ""
    """The made-up person someone speaks as, on a cluster that allows that; shown so that nobody takes it for real."""


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown of a small kind: paragraphs, **bold**, `code`, lists, links."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Facts:
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Exact bytes that people copy or approve: never wrapped, never cut."""

    text: str
    language: str = "sh"
    label: str = ""
    risk: Risk | None = None


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    id: str
    text: str
    why: str = ""
    done_when: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Checklist:
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    unit: str
    """`s`, `bytes`, `cores`, `1/s`, `%`, or "" for a plain number."""
    series: tuple[Series, ...]
    mark: datetime | None = None
    """A moment worth a line: where the change was."""


@dataclass(frozen=True, slots=True)
class Links:
    links: tuple[tuple[str, str], ...]
    """(label, url) pairs."""


Action = Literal[
    "approve",
    "reject",
    "edit",
    "next_level",
    "evidence",
    "stop",
    "undo",
    "run",
    "ask",
    "tick",
    "revoke",
    "settle",
    "tend",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: an id and at most a digest prefix, never a callable and never the command itself."""

    label: str
    action: Action
    subject: str = ""
    """Opaque id of what it is about: a proposal, an incident; for `ask`, and to `tend` an incident, words to say."""
    digest_prefix: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"


@dataclass(frozen=True, slots=True)
class Choices:
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    id: str
    label: str
    value: str = ""
    multiline: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    action: Action
    subject: str
    fields: tuple[FormField, ...]
    submit: str = "Send"


ProgressState = Literal["done", "running", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps of long work: done ones, then the one under way, then what is to come."""

    steps: tuple[tuple[str, ProgressState], ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Evidence with the line to check each by hand; numbered in the order given."""

    evidence: tuple[Evidence, ...]


Part: TypeAlias = Text | Facts | Table | Code | Checklist | Chart | Links | Choices | Form | Progress | Sources


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    tone: Tone = "neutral"
    cluster: ClusterLabel | None = None
    parts: tuple[Part, ...] = field(default=())
    moments: tuple[tuple[str, datetime], ...] = ()
    """Words in the parts that stand for a moment, as they read in the zone of who asked: "14:03". Where many read, a
    door may show each of them their own."""

    def with_parts(self, *more: Part) -> "Card":
        return replace(self, parts=(*self.parts, *more))


def card(title: str, *parts: Part, tone: Tone = "neutral", cluster: ClusterLabel | None = None) -> Card:
    return Card(title, tone, cluster, tuple(parts))


def parts_of(found: Card, kind: type[Part]) -> Sequence[Part]:
    """All parts of one kind, in order."""
    return [part for part in found.parts if isinstance(part, kind)]
