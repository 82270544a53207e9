"""A card as Adaptive Cards. A part that is forgotten here is a type error, never a lost line."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import assert_never

from bot.doors.teams.render import parts, rich
from bot.doors.teams.render.heading import heading, place, spoken
from bot.doors.teams.render.markdown_text import elements_of
from bot.doors.teams.render.moments import in_each_zone
from bot.doors.teams.render.packing import packed
from domain.cards import (
    Card,
    Chart,
    Checklist,
    Choices,
    Code,
    Facts,
    Form,
    Links,
    Part,
    Progress,
    Sources,
    Table,
    Text,
    Tone,
)
from domain.plain_json import Json
from domain.visible import one_line

VERSION = "1.5"
CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True, slots=True)
class Post:
    """One message: a card to see, and a line for notifications and screen readers."""

    summary: str
    card: Json
    thumbs: bool = False
    """Whether people are asked if it was of use."""


def draw(card: Card, zone: tzinfo = UTC) -> tuple[Post, ...]:
    """The card, in several messages where one would be too large; the buttons are on the last, after all was shown.

    Pictures are drawn here, a third of a second each: call this in a thread.
    """
    pages = _pages(card, zone)
    return tuple(_post(card, page, number, len(pages)) for number, page in enumerate(pages, 1))


def draw_last(card: Card, instead: Iterable[Part], tone: Tone, zone: tzinfo = UTC) -> Post:
    """The last message of `draw`, with other parts in the place of the card's buttons; all else is the same.

    `tone`: of its head, where that is on this message.
    """
    pages = _pages(card, zone)
    card = replace(card, tone=tone)
    if len(pages) == 1:
        pages = _pages(card, zone)
    buttons = sum(len(_part(part, card, "", zone)) for part in card.parts if isinstance(part, Choices))
    kept = pages[-1][: max(len(pages[-1]) - buttons, 0)]
    own = [element for number, part in enumerate(instead) for element in _part(part, card, f"own{number}", zone)]
    return _post(card, [*kept, *own], len(pages), len(pages))


def _pages(card: Card, zone: tzinfo) -> list[list[Json]]:
    """The elements of each message."""
    named = [(f"p{number}", part) for number, part in enumerate(card.parts)]
    named.sort(key=lambda pair: isinstance(pair[1], Choices))
    body = [element for name, part in named for element in _part(part, card, name, zone)]
    return packed([*heading(card), *in_each_zone(body, card.moments)])


def _part(part: Part, card: Card, name: str, zone: tzinfo) -> list[Json]:
    match part:
        case Text(markdown):
            return elements_of(markdown)
        case Facts(rows):
            return parts.facts(rows)
        case Table():
            return parts.table(part)
        case Code():
            return parts.code(part, f"{name}copy")
        case Checklist():
            return parts.checklist(part, card, name)
        case Chart():
            return parts.chart(part, zone)
        case Links():
            return parts.links(part)
        case Choices(found):
            return parts.choices(found, card)
        case Form():
            return parts.form(part)
        case Progress(steps):
            return parts.progress(steps)
        case Sources():
            return parts.sources(part, f"{name}sources")
        case _:
            assert_never(part)


def _post(card: Card, page: list[Json], number: int, count: int) -> Post:
    goes_on = rich.paragraph(rich.words(f"{one_line(card.title)[:100]} ({number} of {count})", "subtle"))
    body = page if number == 1 else [*place(card.cluster), *goes_on, *page]
    summary = spoken(card) if count == 1 else f"{spoken(card)} ({number} of {count})"
    return Post(
        summary,
        {
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": VERSION,
            "fallbackText": summary,
            "msteams": {"width": "Full"},
            "body": body,
        },
    )
