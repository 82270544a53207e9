"""How long ago something was, in the few letters that kubectl shows."""

from datetime import datetime, timedelta

from practice.api import Json

UNKNOWN = "<unknown>"


def human_duration(took: timedelta) -> str:
    """A duration in two or three figures.

    >>> [human_duration(timedelta(seconds=each)) for each in (119, 125, 3600, 30_000, 200_000, 10**8)]
    ['119s', '2m5s', '60m', '8h', '2d7h', '3y62d']
    """
    seconds = int(took.total_seconds())
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 2 * 365:
        return f"{days}d"
    years = days // 365
    return _two(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def since(stamp: str | None, now: datetime) -> str:
    """How long before now a time was that Kubernetes wrote; `<unknown>` where none was."""
    return human_duration(now - datetime.fromisoformat(stamp)) if stamp else UNKNOWN


def age(item: Json, now: datetime) -> str:
    return since(item["metadata"].get("creationTimestamp"), now)


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"
