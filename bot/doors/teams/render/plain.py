"""A card as plain messages, for the day when Teams refuses its elements."""

from collections.abc import Iterator
from typing import Any

from bot.doors.teams.render.card import draw
from domain.cards import Card, Chart, Choices, Form

LONGEST = 6_000


def plain(card: Card) -> tuple[str, ...]:
    """All words of the card in messages that are short enough; buttons and inputs are not among them."""
    kept = Card(
        card.title, card.tone, card.cluster, tuple(p for p in card.parts if not isinstance(p, Choices | Form | Chart))
    )
    texts: list[str] = []
    for line in (line for post in draw(kept) for line in _lines(post.card["body"])):
        if texts and len(texts[-1]) + len(line) + 2 <= LONGEST:
            texts[-1] += f"\n\n{line}"
        else:
            texts.append(line)
    return tuple(texts)


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _lines(item)
    elif isinstance(value, dict):
        if value.get("type") == "RichTextBlock":
            yield "".join(run["text"] for run in value["inlines"])
            return
        for name in ("items", "rows", "cells"):
            yield from _lines(value.get(name))
