"""Whether this workspace takes Slack's own charts: nobody says so beforehand, it refuses what it does not take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.doors.slack.render.post import Post

AGAIN_SECONDS = 3600.0
"""How long pictures are sent instead before Slack's own charts are tried again."""

log = structlog.get_logger()


@dataclass
class OwnCharts:
    clock: Callable[[], float] = time.monotonic
    _refused_at: float = -AGAIN_SECONDS

    @property
    def wanted(self) -> bool:
        return self.clock() - self._refused_at >= AGAIN_SECONDS

    def refused(self) -> None:
        """The same card was taken with pictures in their place."""
        log.warning("slack takes no charts of its own here; they are sent as pictures")
        self._refused_at = self.clock()


def has_own_charts(posts: Sequence[Post]) -> bool:
    return any(block["type"] == "data_visualization" for post in posts for block in post.blocks)
