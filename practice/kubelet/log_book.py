"""What a container wrote, and the ways of asking for it that `kubectl logs` has."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from practice.kubelet.clock import now

KEPT_LINES = 5000


@dataclass
class LogBook:
    """The lines of one run of a container."""

    lines: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    closed: bool = False
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, text: str) -> None:
        self.lines.append((now(), text))
        self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake()

    def move(self, by: timedelta) -> None:
        """The container's start was moved back in time; what it wrote so far goes along."""
        moved = [(at + by, text) for at, text in self.lines]
        self.lines.clear()
        self.lines.extend(moved)

    def read(self, *, tail: int | None = None, since: datetime | None = None, timestamps: bool = False) -> list[str]:
        """Lines, oldest first."""
        chosen = [entry for entry in self.lines if since is None or entry[0] >= since]
        if tail is not None:
            chosen = chosen[len(chosen) - min(tail, len(chosen)) :]
        return [_line(at, text, timestamps) for at, text in chosen]

    async def follow(self, *, timestamps: bool = False) -> AsyncIterator[str]:
        """Lines as they are written, until the container ends."""
        last = self.lines[-1] if self.lines else None
        while True:
            fresh = self._after(last)
            for last in fresh:
                yield _line(*last, timestamps)
            if fresh:
                continue
            if self.closed:
                return
            self._grown.clear()
            await self._grown.wait()

    def _after(self, last: tuple[datetime, str] | None) -> list[tuple[datetime, str]]:
        fresh = []
        for entry in reversed(self.lines):
            if entry is last:
                break
            fresh.append(entry)
        return fresh[::-1]

    def _wake(self) -> None:
        self._grown.set()


def _line(at: datetime, text: str, timestamps: bool) -> str:
    written = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z {text}"
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z {written}" if timestamps else written
