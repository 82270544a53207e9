"""Times as Kubernetes writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.plain_json import Json, dig


def moment(text: Any) -> datetime | None:
    """The time that an RFC 3339 text means, or None where there is none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def created(item: Json) -> datetime | None:
    return moment(dig(item, "metadata", "creationTimestamp"))


def ago(then: datetime | None, now: datetime) -> timedelta:
    """How long ago; a very long time where it is not known, nothing for what a skewed clock puts in the future."""
    return timedelta(days=3650) if then is None else max(now - then, timedelta())


def spoken(span: timedelta) -> str:
    """A span as people say it: `40 s`, `12 min`, `3 h`, `5 d`."""
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
