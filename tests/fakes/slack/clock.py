"""The time in this Slack: it runs as real time does, and tests move it forward."""

import asyncio
import time


class Clock:
    def __init__(self) -> None:
        self._ahead = 0.0
        self._stopped_at: float | None = None
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Seconds since the epoch."""
        return (time.time() if self._stopped_at is None else self._stopped_at) + self._ahead

    def stop(self) -> None:
        """Only `forward` moves it from now on: nothing depends on how quick the machine is."""
        self._stopped_at = time.time()

    def forward(self, seconds: float) -> None:
        self._ahead += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, deadline: float) -> None:
        """Return when it is that late, be it by waiting or because the clock was moved."""
        while (left := deadline - self.now()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), left)
            except TimeoutError:
                continue

    async def sleep(self, seconds: float) -> None:
        await self.until(self.now() + seconds)
