"""Times as people say them: "at 2 PM", "in the last hour", "yesterday 14:30", in the asker's zone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.look import Window

AROUND = timedelta(minutes=10)
"""How far either side of a moment to look: the dialogue "at 2 PM" means 1:50 to 2:10."""

_UNITS = {"m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600, "d": 86400, "day": 86400, "s": 1}
_SPAN = re.compile(
    r"\b(?:in|over|during|for|within|since)?\s*(?:the\s+)?(?:last|past|previous)\s+(?P<n>\d+|an?|few|half an?)?\s*"
    r"(?P<unit>minute|min|hour|hr|day|h|m|d)s?\b",
    re.IGNORECASE,
)
_AGO = re.compile(
    r"\b(?P<n>\d+|an?|half an?)\s*(?P<unit>minute|min|hour|hr|day|h|m|d)s?\s+ago\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(?:at|around|about|circa|since|near)\s+(?:(?P<h12>1[0-2]|0?[1-9])(?:[:.](?P<m12>[0-5]\d))?\s*(?P<half>[ap])\.?m\b\.?"
    r"|(?P<h24>[01]?\d|2[0-3]):(?P<m24>[0-5]\d)|(?P<word>noon|midnight))",
    re.IGNORECASE,
)


def zone_of(name: str) -> ZoneInfo:
    """The zone by its IANA name; UTC where the name is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def window_in(text: str, now: datetime, zone: str = "UTC") -> Window | None:
    """The span of time that `text` speaks of, or None where it speaks of now.

    A clock time is the latest such moment that is past in the asker's zone; "yesterday" moves it a day.
    """
    if span := _SPAN.search(text):
        return Window(now - _length(span), now)
    if ago := _AGO.search(text):
        moment = now - _length(ago)
        return Window(moment - AROUND, min(moment + AROUND, now))
    if clock := _CLOCK.search(text):
        moment = _moment(clock, now, zone, yesterday=bool(re.search(r"\byesterday\b", text, re.IGNORECASE)))
        end = now if re.match(r"since", clock.group(0), re.IGNORECASE) else min(moment + AROUND, now)
        return Window(moment - AROUND, end)
    if re.search(r"\byesterday\b", text, re.IGNORECASE):
        midnight = now.astimezone(zone_of(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(midnight - timedelta(days=1), midnight)
    return None


def _length(match: re.Match[str]) -> timedelta:
    unit = _UNITS[match["unit"].lower()]
    count = (match["n"] or "1").lower()
    if count.startswith("half"):
        return timedelta(seconds=unit / 2)
    if count in ("a", "an"):
        return timedelta(seconds=unit)
    if count == "few":
        return timedelta(seconds=3 * unit)
    return timedelta(seconds=min(int(count), 10_000) * unit)


def _moment(clock: re.Match[str], now: datetime, zone: str, *, yesterday: bool) -> datetime:
    local = now.astimezone(zone_of(zone))
    if clock["word"]:
        hour, minute = (12 if clock["word"].lower() == "noon" else 0), 0
    elif clock["h12"]:
        hour = int(clock["h12"]) % 12 + (12 if clock["half"].lower() == "p" else 0)
        minute = int(clock["m12"] or 0)
    else:
        hour, minute = int(clock["h24"]), int(clock["m24"])
    moment = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if yesterday:
        return moment - timedelta(days=1)
    return moment if moment <= local else moment - timedelta(days=1)
