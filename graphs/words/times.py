"""Moments and spans as a person reads them, in their own zone."""

from datetime import datetime, timedelta

from domain.look import Window
from graphs.windows import zone_of


def clock(at: datetime, now: datetime, zone: str) -> str:
    """ "14:03", with the date where it is another day, always in the reader's zone."""
    local, today = at.astimezone(zone_of(zone)), now.astimezone(zone_of(zone))
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return local.strftime("%d %b %H:%M" if local.year == today.year else "%d %b %Y %H:%M")


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
