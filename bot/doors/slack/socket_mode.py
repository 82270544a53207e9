"""Socket Mode: one websocket to Slack, opened again however it ends.

Slack's client mends most breaks itself, but tries one address for ever, and an address works once. So what stays
broken for a while gets a new client with a new address.
"""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.slack.calls import Away, Busy, Calls, Halted, Refused
from domain.errors import Misconfigured

CONNECTING_SECONDS = 15.0
MENDING_SECONDS = 20.0
"""How long Slack's client may try to mend a broken connection."""
PAUSES = (3.0, 6.0, 12.0, 30.0)
"""Between tries: apps.connections.open is among the most limited methods."""
PING_SECONDS = 3.0
"""Also how long Slack's client leaves a connection that was cut without a word."""
EVERY_SECONDS = 1.0

log = structlog.get_logger()


@dataclass
class SocketMode:
    token: str
    api_url: str
    trouble: str = "Socket Mode is not connected"
    """Why nothing is heard, "" while it is."""
    _handler: AsyncSocketModeHandler | None = None
    _failures: int = 0

    async def address(self) -> str:
        """A new address, which also proves the token; Misconfigured where Slack refuses that."""
        try:
            return str((await Calls(self.token, self.api_url)("apps.connections.open"))["url"])
        except Halted as refused:
            raise Misconfigured(
                f"SLACK_APP_TOKEN is refused by Slack ({refused.error}). "
                "It begins with xapp- and needs connections:write."
            ) from refused

    async def run(self, bolt: AsyncApp, address: str) -> None:
        """Stay connected until cancelled, first at `address`."""
        while True:
            await self._connected(bolt, address)
            address = ""
            while not address:
                await asyncio.sleep(PAUSES[min(self._failures, len(PAUSES) - 1)])
                self._failures += 1
                try:
                    address = await self.address()
                except (Away, Busy, Refused, Misconfigured) as why:
                    self.trouble = f"Socket Mode is not connected: {why}"

    async def close(self) -> None:
        handler, self._handler = self._handler, None
        if handler is not None:
            with contextlib.suppress(Exception):
                await handler.close_async()  # type: ignore[no-untyped-call]

    async def _connected(self, bolt: AsyncApp, address: str) -> None:
        """Returns when the connection is broken for good."""
        client = AsyncWebClient(base_url=self.api_url)
        self._handler = handler = AsyncSocketModeHandler(
            bolt, self.token, logger=_quiet(), web_client=client, ping_interval=PING_SECONDS
        )
        handler.client.wss_uri = address
        connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        try:
            await asyncio.wait({connecting}, timeout=CONNECTING_SECONDS)
            seen = time.monotonic()
            while time.monotonic() - seen < (MENDING_SECONDS if connecting.done() else 0):
                if await handler.client.is_connected():
                    self._failures, self.trouble, seen = 0, "", time.monotonic()
                else:
                    self.trouble = "Socket Mode is not connected"
                await asyncio.sleep(EVERY_SECONDS)
            log.warning("slack's websocket is gone; opening another one")
        finally:
            connecting.cancel()
            await self.close()


def _quiet() -> logging.Logger:
    """Its client tells every broken connection with a traceback; we say it once."""
    logger = logging.getLogger("hilda.slack.socket")
    logger.setLevel(logging.CRITICAL)
    return logger
