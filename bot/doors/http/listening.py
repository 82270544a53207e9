"""HTTP on a port, for as long as it is wanted. Signals are not its business: who serves decides when it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from domain.errors import Misconfigured

CLOSING_SECONDS = 5
"""How long requests under way may take when it ends."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: FastAPI, host: str, port: int) -> AsyncIterator[int]:
    """The port it listens on, which for 0 is any free one; Misconfigured where that cannot be had."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSING_SECONDS,
        lifespan="off",
    )
    server = _Server(config)
    try:
        listener = config.bind_socket()
    except SystemExit as taken:
        raise Misconfigured(f"HTTP cannot listen on {host}:{port}. Set HILDA_HTTP_PORT to a free one.") from taken
    running = asyncio.create_task(server.serve([listener]))
    try:
        while not (server.started or running.done()):
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.gather(running, return_exceptions=True)
        listener.close()
