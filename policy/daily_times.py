"""When something daily is due: once on every calendar day of its zone, also where a day has 23 or 25 hours."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_HOUR = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.h](?P<minute>[0-5]\d))?\s*(?P<half>[ap]\.?m\b\.?)?(?P<clock>\s*o'?clock|\s*h\b|\s*Uhr\b)?"
    r"|\b(?P<word>noon|midnight)\b",
    re.IGNORECASE,
)


def latest(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The last moment, not after `now`, at which it was due."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    while (due := _on(day, at, zone)) > now:
        day -= timedelta(days=1)
    return due


def following(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The first moment after `now` at which it is due."""
    day = now.astimezone(zone).date() - timedelta(days=1)
    while (due := _on(day, at, zone)) <= now:
        day += timedelta(days=1)
    return due


def hour_in(text: str) -> time | None:
    """The time of day that a text names: `9`, `9 am`, `09:30`, `21.15`, `noon`; None where it names none."""
    for found in _HOUR.finditer(text):
        if found["word"]:
            return time(12 if found["word"].lower() == "noon" else 0)
        hour, minute = int(found["hour"]), int(found["minute"] or 0)
        if found["half"]:
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + (12 if found["half"][0].lower() == "p" else 0)
        if hour < 24:
            return time(hour, minute)
    return None


def _on(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment on that day: the first of two where clocks go back, as much later as they jump where they go on."""
    return datetime.combine(day, at, zone).astimezone(UTC)
