"""A moment as people write it on a command line."""

from datetime import UTC, datetime, timedelta, tzinfo

from domain.errors import Misconfigured


def moment(text: str, zone: tzinfo) -> datetime:
    """`2026-03-12T14:00:00Z`, or without an offset in the reader's zone; now where nothing was given."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Misconfigured(
            f"--now {text!r} is not a time. Write it as 2026-03-12T14:00:00Z, or without the Z in your own zone."
        ) from wrong
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = timedelta(days=90)


def span(text: str, option: str = "--since") -> timedelta:
    """`90m`, `24h`, `7d`, `1w`; up to 90 days."""
    number, unit = text.strip()[:-1], _UNITS.get(text.strip()[-1:])
    if unit is None or not (number.isascii() and number.isdigit()) or not 0 < int(number) <= _LONGEST // unit:
        raise Misconfigured(f"{option} {text!r} is no span of time. Write it as 90m, 24h or 7d; 90 days at most.")
    return int(number) * unit
