"""Rate limits: https://docs.slack.dev/apis/web-api/rate-limits.

Tiers count per method, app and workspace. Posting counts per channel: one message a second, short bursts allowed; how
short is not said anywhere, so `burst` can be set.
"""

import math
from dataclasses import dataclass, field

TIERS = {"tier 1": 1, "tier 2": 20, "tier 3": 50, "tier 4": 100}
"""Calls per minute that are always allowed."""
BURST = 10


@dataclass
class _Bucket:
    """Full at first; every call takes one, every `1 / per_second` seconds brings one back."""

    size: float
    per_second: float
    left: float
    since: float

    def take(self, now: float) -> int:
        """0, or the seconds to wait as Retry-After says them: whole ones, at least 1."""
        self.left = min(self.size, self.left + max(0.0, now - self.since) * self.per_second)
        self.since = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return max(1, math.ceil((1 - self.left) / self.per_second))


@dataclass
class Rates:
    """`burst`: posts to one channel that pass at once. `off` lets everything pass (for benches of our own side)."""

    burst: int = BURST
    off: bool = False
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def take(self, method: str, tier: str, channel: str, now: float) -> int:
        """Seconds to wait, 0 when the call may go through."""
        if self.off:
            return 0
        if tier in TIERS:
            key, size, per_second = (method, ""), TIERS[tier], TIERS[tier] / 60
        elif tier == "posting":
            key, size, per_second = (method, channel), self.burst, 1.0
        else:
            return 0
        bucket = self._buckets.setdefault(key, _Bucket(size, per_second, size, now))
        return bucket.take(now)
