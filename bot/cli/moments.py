"""A moment as people write it on a command line."""

from datetime import UTC, datetime, tzinfo

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
