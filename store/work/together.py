"""Many small writes as one: callers that come while a transaction is under way share the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """`write` gets several things at once and gives a result for each, in their order, or fails for all of them."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int) -> None:
        self._write = write
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, thing: T) -> R:
        """What came of it, once it is written. Who stops waiting does not stop the write."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await done

    async def _write_all(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._write_some(now)

    async def _write_some(self, some: Sequence[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._write([thing for thing, _ in some])
        except Exception as why:  # noqa: BLE001 - whoever asked for it gets it
            if len(some) == 1:
                _fail(some, why)
                return
            # One of them may be what the database cannot take: the others must not suffer for it.
            for each in some:
                await self._write_some([each])
        except BaseException as ended:
            _fail(some, ended)
            raise
        else:
            for (_, done), result in zip(some, results, strict=True):
                if not done.done():
                    done.set_result(result)


def _fail(some: Sequence[tuple[T, "asyncio.Future[R]"]], why: BaseException) -> None:
    for _, done in some:
        if done.done():
            continue
        if isinstance(why, asyncio.CancelledError):
            done.cancel()
        else:
            done.set_exception(why)
