"""A client for whichever control plane the test runs on, and a namespace of the test's own."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from practice.api import Api, ApiError, Json, path_of
from practice.plane import Plane

Make = Callable[[Json], Awaitable[Json]]


@pytest.fixture
async def api(any_plane: Plane) -> AsyncIterator[Api]:
    """The administrator's."""
    async with Api(any_plane.kubeconfig) as api:
        yield api


@pytest.fixture
async def namespace(api: Api) -> AsyncIterator[str]:
    name = f"api-{uuid.uuid4().hex[:8]}"
    await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    await api.delete(path_of("v1", "Namespace", name=name))


@pytest.fixture
def make(api: Api, namespace: str) -> Make:
    """Create an object in the test's namespace."""

    async def made(item: Json) -> Json:
        return await api.create(item | {"metadata": item["metadata"] | {"namespace": namespace}})

    return made


@pytest.fixture
def refused() -> Callable[[Awaitable[Any]], Awaitable[tuple[int, str]]]:
    """(status, message) of a request that the server refuses."""

    async def attempt(request: Awaitable[Any]) -> tuple[int, str]:
        with pytest.raises(ApiError) as error:
            await request
        return error.value.status, str(error.value)

    return attempt
