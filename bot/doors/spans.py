"""How long, in the words of somebody who wants quiet: `2h`, `for 90 minutes`, `until 17:00`."""

import re
from datetime import datetime, timedelta

from graphs.windows import zone_of

LONGEST = timedelta(days=7)
_SPAN = re.compile(r"(?:for\s+)?(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:until|till)\s+([01]?\d|2[0-3])(?::([0-5]\d))?", re.IGNORECASE)


def end_of(words: str, now: datetime, zone: str) -> datetime | None:
    """`2h`, `for 90 minutes`, `until 17:00` in that zone (the next one); None for anything else, or past seven days."""
    if span := _SPAN.fullmatch(words.strip()):
        length = (
            int(span[1])
            * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[span[2][0].lower()]
        )
        return now + length if timedelta(0) < length <= LONGEST else None
    if clock := _CLOCK.fullmatch(words.strip()):
        local = now.astimezone(zone_of(zone))
        at = local.replace(hour=int(clock[1]), minute=int(clock[2] or 0), second=0, microsecond=0)
        return at if at > local else at + timedelta(days=1)
    return None
