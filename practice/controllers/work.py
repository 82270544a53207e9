"""Keys waiting to be looked at: each once, never the same one twice at a time, again later when it failed."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import aiohttp

from practice.api import ApiError

log = logging.getLogger(__name__)

K = TypeVar("K")
_LONGEST_REST = 20.0


class Work(Generic[K]):
    def __init__(self, name: str, do: Callable[[K], Awaitable[None]], *, hands: int = 8) -> None:
        """`do` looks at one key; `hands` is how many keys are looked at at a time."""
        self.name = name
        self._do = do
        self._hands = hands
        self._waiting: deque[K] = deque()
        self._queued: set[K] = set()
        self._busy: set[K] = set()
        self._later: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._bell = asyncio.Event()

    def add(self, key: K) -> None:
        if key in self._queued:
            return
        self._queued.add(key)
        if key not in self._busy:
            self._waiting.append(key)
            self._bell.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Once that time has passed, or earlier if that was said before."""
        loop = asyncio.get_running_loop()
        before = self._later.get(key)
        if before and not before.cancelled() and before.when() <= loop.time() + seconds:
            return
        if before:
            before.cancel()
        self._later[key] = loop.call_later(max(seconds, 0), self._due, key)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._hands):
                group.create_task(self._work())

    def _due(self, key: K) -> None:
        self._later.pop(key, None)
        self.add(key)

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._bell.clear()
                await self._bell.wait()
            key = self._waiting.popleft()
            self._queued.discard(key)
            self._busy.add(key)
            try:
                await self._try(key)
            finally:
                self._busy.discard(key)
                if key in self._queued:
                    self._waiting.append(key)
                    self._bell.set()

    async def _try(self, key: K) -> None:
        try:
            await self._do(key)
        except (ApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("%s %s: %s", self.name, key, error)
        except Exception:
            # One object that we do not understand is no reason to stop looking after the others.
            log.exception("%s %s", self.name, key)
        else:
            self._failures.pop(key, None)
            return
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self.add_after(key, min(0.005 * 2**failures, _LONGEST_REST))
