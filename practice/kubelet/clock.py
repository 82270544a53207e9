"""Times as Kubernetes writes them, and how practice makes long waits short."""

from datetime import UTC, datetime

FASTER = 20
"""Back-offs and probe periods take a twentieth of what a real kubelet takes; messages name the real one."""


def now() -> datetime:
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """RFC 3339 in whole seconds, as in a status."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def nominal_backoff(failures: int) -> float:
    """Seconds that a real kubelet waits after so many failures in a row: 10 s, doubled, at most 5 minutes."""
    return min(10.0 * 2.0 ** max(failures - 1, 0), 300.0)


def words(seconds: float) -> str:
    """A duration as Go writes it.

    >>> words(10), words(160)
    ('10s', '2m40s')
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
