"""Sends a talk as a platform would, at its moments and whatever becomes of it: over HTTP, again where it was not taken.

Several URLs are the replicas behind a balancer: each request goes to the next one, and to another one where nobody
listens.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.chats.talk import Said


@dataclass(frozen=True, slots=True)
class Request:
    body: bytes
    headers: Callable[[int], Mapping[str, str]]
    """By how often it was tried before."""
    is_repeated: bool = True
    """Whether the platform may bring it again though it was taken."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Of a platform with an app that does not acknowledge."""

    seconds: float
    """How long it waits for an answer."""
    pauses: tuple[float, ...]
    """Seconds from one try to the next."""


class Sender:
    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str], patience: Patience) -> None:
        self._session = session
        self._urls = urls
        self._patience = patience
        self._turns = itertools.count()

    async def deliver(self, request: Request) -> int:
        """Tries that it took, 0 when nobody acknowledged it."""
        for tried, pause in enumerate((0.0, *self._patience.pauses)):
            await asyncio.sleep(pause)
            if await self._balanced(request.body, request.headers(tried)):
                return tried + 1
        return 0

    async def _balanced(self, body: bytes, head: Mapping[str, str]) -> bool:
        """Whether a replica took it; one that is not there at all is passed over, as a balancer does."""
        turn = next(self._turns)
        for number in range(len(self._urls)):
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await self._post(self._urls[(turn + number) % len(self._urls)], body, head)
        return False

    async def _post(self, url: str, body: bytes, head: Mapping[str, str]) -> bool:
        try:
            async with (
                asyncio.timeout(self._patience.seconds),
                self._session.post(url, data=body, headers=head) as response,
            ):
                await response.read()
                return response.status < 300
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False


async def send(
    said: Iterable[Said], requests: Callable[[Said], Iterable[Request]], urls: Sequence[str], patience: Patience
) -> dict[str, Any]:
    """`begun`: when it began; `acks`: of every event when it was due, and seconds until it was acknowledged."""
    begun = time.time() + 1.0
    acks: list[dict[str, Any]] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        sender = Sender(session, urls, patience)
        before: Request | None = None
        for one in said:
            await asyncio.sleep(max(0.0, begun + one.at - time.time()))
            for request in [before] if one.kind == "again" and before else requests(one):
                group.create_task(_timed(sender, one, begun + one.at, request, acks))
                before = request if request.is_repeated else before
    return {"begun": begun, "acks": acks}


async def _timed(sender: Sender, said: Said, due: float, request: Request, acks: list[dict[str, Any]]) -> None:
    tries = await sender.deliver(request)
    acks.append({"ts": said.ts, "kind": said.kind, "due": due, "seconds": time.time() - due, "tries": tries})
