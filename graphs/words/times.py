"""Moments and spans as a person reads them, in their own zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta

from domain.cards import Card
from domain.look import Window
from graphs.windows import zone_of

_NOTED: ContextVar[dict[str, datetime] | None] = ContextVar("moments", default=None)


@contextmanager
def noted() -> Iterator[dict[str, datetime]]:
    """Every moment that is put into words meanwhile, by its words: within one turn and zone they stand for one."""
    before = _NOTED.get()
    found: dict[str, datetime] = {}
    _NOTED.set(found)
    try:
        yield found
    finally:
        _NOTED.set(before)


def with_moments(card: Card, found: dict[str, datetime]) -> Card:
    """The card with what its clock times stand for, for doors whose readers are in several zones.

    What it says of itself stays: it may have been written earlier.
    """
    return replace(card, moments=tuple({**found, **dict(card.moments)}.items())) if found else card


def clock(at: datetime, now: datetime, zone: str) -> str:
    """ "14:03", with the date where it is another day, always in the reader's zone."""
    local, today = at.astimezone(zone_of(zone)), now.astimezone(zone_of(zone))
    if local.date() == today.date():
        return _said(at, local.strftime("%H:%M"))
    return _said(at, local.strftime("%d %b %H:%M" if local.year == today.year else "%d %b %Y %H:%M"))


def clock_for_all(at: datetime, now: datetime, zone: str) -> str:
    """ "14:03 CET": where many read, it says whose time it is."""
    return _said(at, f"{clock(at, now, zone)} {at.astimezone(zone_of(zone)):%Z}")


def _said(at: datetime, words: str) -> str:
    found = _NOTED.get()
    if found is not None:
        found.setdefault(words, at)
    return words


def since(at: datetime, now: datetime, zone: str) -> str:
    """ "14:03 (12 min ago)"."""
    return f"{clock(at, now, zone)} ({ago(now - at)})"


def ago(span: timedelta) -> str:
    return "just now" if span < timedelta(seconds=5) else f"{length(span)} ago"


def length(span: timedelta) -> str:
    """The two greatest units that matter: "45 s", "12 min", "3 h 20 min", "2 days"."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = round(hours / 24)
    return "1 day" if days == 1 else f"{days} days"


def span(window: Window, now: datetime, zone: str) -> str:
    """ "13:50 to 14:10"."""
    return f"{clock(window.start, now, zone)} to {clock(window.end, now, zone)}"


def count(number: int, what: str) -> str:
    """ "1 change", "3 changes", "2 people"."""
    many = "people" if what == "person" else f"{what}s"
    return f"{number} {what if number == 1 else many}"
