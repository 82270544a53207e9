"""How fast Teams may be spoken to, per conversation.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit: 7 messages in one second, 8 in two, 60 in
thirty, 1,800 in an hour; of those that stream one in a second
(https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux). What is over that is kept waiting here rather
than refused there.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOWS = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))
"""(seconds, calls in them)"""
STREAM_SECONDS = 1.2
"""Between two calls that stream in one conversation: one second, and what the way there may differ by."""
_MOST_CONVERSATIONS = 5_000


@dataclass
class Pace:
    clock: Callable[[], float] = time.monotonic
    _calls: "OrderedDict[str, deque[float]]" = field(default_factory=OrderedDict)
    _streamed: dict[str, float] = field(default_factory=dict)
    """When a conversation was last streamed to."""

    def wait(self, conversation: str, *, unimportant: bool = False, streaming: bool = False) -> float:
        """Seconds to wait before this call, 0 when it may go at once (then it counts).

        What is unimportant leaves half of the pace to the rest.
        """
        now = self.clock()
        calls = self._calls.setdefault(conversation, deque())
        self._calls.move_to_end(conversation)
        if len(self._calls) > _MOST_CONVERSATIONS:
            self._streamed.pop(self._calls.popitem(last=False)[0], None)
        while calls and now - calls[0] >= WINDOWS[-1][0]:
            calls.popleft()
        seconds = max(_left(calls, now, window, most // 2 if unimportant else most) for window, most in WINDOWS)
        if streaming and conversation in self._streamed:
            seconds = max(seconds, self._streamed[conversation] + STREAM_SECONDS - now)
        if seconds <= 0:
            calls.append(now)
            if streaming:
                self._streamed[conversation] = now
            return 0.0
        return seconds


def _left(calls: "deque[float]", now: float, window: float, most: int) -> float:
    """Seconds until fewer than `most` calls lie in the window."""
    return calls[-most] + window - now if len(calls) >= most else 0.0
