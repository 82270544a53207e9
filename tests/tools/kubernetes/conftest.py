"""A behaving API server and a client of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.look import Look
from domain.objects import Scope
from domain.people import Person
from tests.tools.kubernetes.api_server import ApiServer
from tools.kubernetes.client import KubeClient

Connect = Callable[..., Awaitable[KubeClient]]


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    server = ApiServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def connect(api: ApiServer, tmp_path: Path) -> AsyncIterator[Connect]:
    """`client = await connect()`; keyword arguments go into the kubeconfig."""
    async with AsyncExitStack() as stack:

        async def made(**settings: Any) -> KubeClient:
            return await stack.enter_async_context(await KubeClient.connect(api.kubeconfig(tmp_path, **settings)))

        yield made


@pytest.fixture
def look() -> Callable[..., Look]:
    """A look of now; `look("shop", seconds=1)` narrows it."""

    def made(*namespaces: str, seconds: float = 5.0) -> Look:
        asker = Person("terminal", "test", "1")
        return Look(asker, datetime.now(UTC), Scope(None, namespaces or None), seconds=seconds)

    return made
