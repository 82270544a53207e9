"""A client's sockets, so that none outlives it."""

import asyncio
import socket
from contextlib import suppress
from weakref import WeakSet

from aiohttp import AddrInfoType

_TURNS = 100
"""Of the event loop, for what is shut down to be closed; two or three are enough."""


class Sockets:
    """`TCPConnector(socket_factory=sockets)`, and `await sockets.close()` after the session is closed.

    aiohttp forgets the connection of a request that was given up before TLS has said goodbye, which takes until the
    server answers; where the loop ends first, the socket stays open.
    """

    def __init__(self) -> None:
        self._made: WeakSet[socket.socket] = WeakSet()

    def __call__(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        self._made.add(made)
        return made

    async def close(self) -> None:
        for each in self._open():
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for _ in range(_TURNS):
            if not self._open():
                return
            await asyncio.sleep(0)

    def _open(self) -> list[socket.socket]:
        return [each for each in self._made if each.fileno() >= 0]
