"""How fast Slack may be spoken to: one post a second and channel with short bursts, so many calls a minute and method.

https://docs.slack.dev/apis/web-api/rate-limits. What is over its pace is kept waiting here rather than refused there.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

POSTS_PER_SECOND = 1.0
BURST = 5
PER_MINUTE = {
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "chat.startStream": 20,
    "chat.stopStream": 20,
    "chat.appendStream": 100,
}
_MOST_CHANNELS = 5_000


@dataclass
class _Bucket:
    size: float
    per_second: float
    left: float
    since: float

    def wait(self, now: float, least: float) -> float:
        """Seconds until there are `least` left, 0 with one taken."""
        self.left = min(self.size, self.left + (now - self.since) * self.per_second)
        self.since = now
        if self.left >= least:
            self.left -= 1
            return 0.0
        return (least - self.left) / self.per_second


@dataclass
class Pace:
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def wait(self, method: str, channel: str, *, unimportant: bool = False) -> float:
        """Seconds to wait before this call, 0 when it may go at once (then it counts).

        What is unimportant leaves half of the pace to the rest.
        """
        bucket = self._bucket(method, channel)
        return bucket.wait(self.clock(), bucket.size / 2 if unimportant else 1.0)

    def refused(self, method: str, channel: str, seconds: float) -> None:
        """Slack took a call for too fast, and wants nothing more of its kind for so long."""
        bucket = self._bucket(method, channel)
        bucket.left = min(bucket.left, 1.0 - seconds * bucket.per_second)
        bucket.since = self.clock()

    def _bucket(self, method: str, channel: str) -> _Bucket:
        if method in PER_MINUTE:
            key, size, per_second = (method, ""), float(PER_MINUTE[method]), PER_MINUTE[method] / 60
        else:
            key, size, per_second = (method, channel), float(BURST), POSTS_PER_SECOND
        if key not in self._buckets:
            if len(self._buckets) >= _MOST_CHANNELS:
                self._buckets.pop(next(iter(self._buckets)))
            self._buckets[key] = _Bucket(size, per_second, size, self.clock())
        return self._buckets[key]
