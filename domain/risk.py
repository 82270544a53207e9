"""How much harm a command could do; the greater value wins when commands are put together."""

from enum import IntEnum


class Risk(IntEnum):
    read = 0
    """Changes nothing, reveals no secret."""
    low = 1
    """Changes something reversible that touches no running pod."""
    medium = 2
    """Touches a running workload, reversible."""
    high = 3
    """Irreversible, destructive, cluster-wide."""
    forbidden = 4
    """Not understood, or never ours to run; a person may copy it."""

    def raised(self) -> "Risk":
        """One class up, for what could not be rehearsed; `forbidden` is never reached by raising."""
        return Risk(min(self + 1, Risk.high)) if self is not Risk.forbidden else self
