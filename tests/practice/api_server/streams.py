"""A watch as a client reads it off the wire."""

import json
from collections.abc import AsyncGenerator

from practice.api import Api, Json


async def watched(api: Api, path: str, **query: str) -> AsyncGenerator[Json, None]:
    """The events of a watch, until it ends."""
    assert api._session
    async with api._session.get(path, params={"watch": "true", "timeoutSeconds": "5", **query}) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            yield json.loads(line)
