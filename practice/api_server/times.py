"""Times as Kubernetes writes them."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """To the second: `2026-01-01T00:00:05Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(at: datetime) -> str:
    """To the microsecond, as events and leases have it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)
