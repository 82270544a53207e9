"""The two ways payloads reach an app: signed HTTP requests, and Socket Mode's websockets.

HTTP: https://docs.slack.dev/apis/events-api/using-http-request-urls, .../verifying-requests-from-slack.
Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode and slack_sdk.socket_mode.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.fakes.slack import signing
from tests.fakes.slack.shapes import Json

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

ACK_WITHIN = 3.0
"""Seconds: https://docs.slack.dev/interactivity/handling-user-interaction and .../events-api."""
CONNECTIONS = 10
"""Open websockets per app at most."""


@dataclass(frozen=True)
class Attempt:
    """One try to deliver a payload. `seconds` is real time until the answer."""

    retry: int = 0
    reason: str = ""
    """Why it was tried again, as X-Slack-Retry-Reason says it."""
    status: int = 0
    answer: Json = None
    failed: str = ""
    """Why it failed, in the words of the next try's reason; empty when it was acknowledged."""
    no_retry: bool = False
    seconds: float = 0.0

    @property
    def acked(self) -> bool:
        return not self.failed


@dataclass
class HttpRoad:
    slack: "FakeSlack"
    last: tuple[bytes, dict[str, str]] = (b"", {})
    """Body and headers of the last request, for those who would send it again."""
    _session: aiohttp.ClientSession | None = None

    async def send(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Attempt:
        """Events as JSON, commands as a form, everything else as a form with one field `payload`."""
        if kind == "events_api":
            body, content_type = json.dumps(payload).encode(), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
        headers = signing.headers(self.slack.app.signing_secret, body, content_type=content_type)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        return await self.post(body, headers, retry=retry, reason=reason)

    async def post(self, body: bytes, headers: dict[str, str], retry: int = 0, reason: str = "") -> Attempt:
        """Any body with any headers: also what a forger would send."""
        self.last = (body, headers)
        started = time.monotonic()
        request = asyncio.ensure_future(self._posted(body, headers))
        deadline = asyncio.ensure_future(self.slack.clock.sleep(ACK_WITHIN))
        try:
            await asyncio.wait({request, deadline}, return_when=asyncio.FIRST_COMPLETED)
            seconds = time.monotonic() - started
            if not request.done():
                return Attempt(retry, reason, failed="http_timeout", seconds=seconds)
            try:
                status, answer, no_retry = request.result()
            except aiohttp.TooManyRedirects:
                return Attempt(retry, reason, failed="too_many_redirects", seconds=seconds)
            except aiohttp.ClientSSLError:
                return Attempt(retry, reason, failed="ssl_error", seconds=seconds)
            except aiohttp.ClientError:
                return Attempt(retry, reason, failed="connection_failed", seconds=seconds)
            failed = "" if 200 <= status < 300 else "http_error"
            return Attempt(retry, reason, status, answer, failed, no_retry, seconds)
        finally:
            request.cancel()
            deadline.cancel()
            await asyncio.gather(request, deadline, return_exceptions=True)

    async def _posted(self, body: bytes, headers: dict[str, str]) -> tuple[int, Json, bool]:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        async with self._session.post(
            self.slack.app.request_url, data=body, headers=headers, max_redirects=2
        ) as response:
            text = await response.text()
            answer: Json = text
            if response.content_type == "application/json":
                with contextlib.suppress(ValueError):
                    answer = json.loads(text)
            return response.status, answer, response.headers.get("X-Slack-No-Retry") == "1"

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@dataclass
class _Connection:
    number: int
    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    leaving: bool = False
    """It was told to go: it may still acknowledge, but gets nothing new."""


@dataclass
class Sockets:
    """Socket Mode's side of Slack."""

    slack: "FakeSlack"
    connections: list[_Connection] = field(default_factory=list)
    strangers: list[Json] = field(default_factory=list)
    """What apps sent that acknowledges nothing that waits."""
    link_disabled: bool = False
    _tickets: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _next: int = 0

    def new_url(self) -> str:
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return f"{self.slack.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.slack.app.id}"

    async def take(self, request: web.Request) -> web.StreamResponse:
        """A websocket by a URL that apps.connections.open gave; it works once."""
        ticket = request.query.get("ticket", "")
        if self.slack.api.down or ticket not in self._tickets:
            return web.Response(status=503 if self.slack.api.down else 403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.link_disabled:
            await socket.send_json({"type": "disconnect", "reason": "link_disabled", "debug_info": {"host": "fake"}})
            await socket.close()
            return socket
        if len(self.connections) >= CONNECTIONS:
            reason = {"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "fake"}}
            await socket.send_json(reason)
            await socket.close()
            return socket
        connection = _Connection(next(self._numbers), socket)
        self.connections.append(connection)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "connection_info": {"app_id": self.slack.app.id},
                "debug_info": {"host": "fake", "build_number": 1, "approximate_connection_time": 18060},
            }
        )
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._heard(connection, message.data)
        finally:
            self._gone(connection)
        return socket

    def _heard(self, connection: _Connection, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            said = text
        future = connection.waiting.pop(said.get("envelope_id", ""), None) if isinstance(said, dict) else None
        if future is None or future.done():
            self.strangers.append(said)
        else:
            future.set_result(said.get("payload"))

    def _gone(self, connection: _Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        for future in connection.waiting.values():
            if not future.done():
                future.set_exception(ConnectionError())
        connection.waiting.clear()

    async def send(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Attempt:
        """An envelope to one of the connections, whichever is next."""
        started = time.monotonic()
        able = [one for one in self.connections if not one.leaving]
        if not able:
            return Attempt(retry, reason, failed="connection_failed")
        self._next += 1
        connection = able[self._next % len(able)]
        envelope: dict[str, Json] = {
            "envelope_id": f"{next(self._numbers):08x}-fake",
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        connection.waiting[str(envelope["envelope_id"])] = future
        deadline = asyncio.ensure_future(self.slack.clock.sleep(ACK_WITHIN))
        try:
            with contextlib.suppress(ConnectionError):
                await connection.socket.send_json(envelope)
            await asyncio.wait({future, deadline}, return_when=asyncio.FIRST_COMPLETED)
            seconds = time.monotonic() - started
            if not future.done():
                return Attempt(retry, reason, failed="timeout", seconds=seconds)
            try:
                return Attempt(retry, reason, 200, future.result(), seconds=seconds)
            except ConnectionError:
                return Attempt(retry, reason, failed="connection_failed", seconds=seconds)
        finally:
            deadline.cancel()
            connection.waiting.pop(str(envelope["envelope_id"]), None)
            if not future.done():
                future.cancel()

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every open connection to be replaced: `warning` comes about 10 s ahead, the others at once."""
        leaving = list(self.connections)
        for connection in leaving:
            connection.leaving = True
            with contextlib.suppress(ConnectionError):
                message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}}
                await connection.socket.send_json(message)
        if reason == "warning":
            self.slack.background(self._close_later(leaving))

    async def _close_later(self, connections: list[_Connection]) -> None:
        await self.slack.clock.sleep(10)
        for connection in connections:
            await connection.socket.close()

    async def drop(self) -> None:
        """Cut every connection without a word, as a broken network does."""
        for connection in list(self.connections):
            request = connection.socket._req
            if request is not None and request.transport is not None:
                request.transport.abort()
        while self.connections:
            await asyncio.sleep(0.005)

    async def connected(self, count: int = 1, within: float = 10.0) -> None:
        """Wait until so many connections are open."""
        async with asyncio.timeout(within):
            while len([one for one in self.connections if not one.leaving]) < count:
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        for connection in list(self.connections):
            await connection.socket.close()
