"""What tests leave on a shared control plane, where others would find it wrong: found by comparison, and deleted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from practice.api import Api, ApiError, Json
from practice.plane import Plane

_OF_OTHERS = {"endpoints", "endpointslices", "events", "leases", "apiservices"}
"""What controllers and kubelets write by themselves; it goes with what it is about."""
_NEEDED = {"list", "delete"}
_AT_ONCE = 8
"""Requests; each connection costs more than several answers."""


@contextmanager
def left_as_found(plane: Plane) -> Iterator[None]:
    """Whatever is made on it meanwhile is gone afterwards."""
    before = asyncio.run(paths(plane))
    yield
    asyncio.run(remove(plane, before))


async def paths(plane: Plane) -> set[str]:
    """The path of every object that somebody could have made."""
    free = asyncio.Semaphore(_AT_ONCE)
    async with Api(plane.kubeconfig) as api:

        async def kinds(root: str) -> list[Json]:
            async with free:
                return await _resources(api, root)

        async def objects(root: str, kind: str) -> list[str]:
            async with free:
                return await _of_kind(api, root, kind)

        groups = (await api.get("/apis"))["groups"]
        roots = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
        documents = await asyncio.gather(*map(kinds, roots))
        wanted = [
            (root, kind["name"])
            for root, document in zip(roots, documents, strict=True)
            for kind in document
            if set(kind["verbs"]) >= _NEEDED and kind["name"] not in _OF_OTHERS
        ]
        found = await asyncio.gather(*(objects(*each) for each in wanted))
    return {path for each in found for path in each}


async def remove(plane: Plane, before: set[str]) -> None:
    """Delete what was not there before, namespaces with all that is in them; what controllers make again, too."""
    for _ in range(20):
        left = await paths(plane) - before
        namespaces = {path for path in left if path.startswith("/api/v1/namespaces/") and path.count("/") == 4}
        async with Api(plane.kubeconfig) as api:
            # Namespaces first: in one that goes, nothing is made again.
            for each in namespaces, left - namespaces:
                await asyncio.gather(*(api.delete(path, {"gracePeriodSeconds": 0}) for path in each))
        # An empty namespace takes the controllers some seconds more, and nobody finds anything wrong in it.
        if left == namespaces:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"does not go away: {', '.join(sorted(left))}")


async def _resources(api: Api, root: str) -> list[Json]:
    try:
        return list((await api.get(root))["resources"])
    except ApiError as error:
        # Another server's group, which may not be up yet; nobody makes objects there.
        if error.status == 503:
            return []
        raise


async def _of_kind(api: Api, root: str, kind: str) -> list[str]:
    metas = [item["metadata"] for item in await api.items(f"{root}/{kind}")]
    return [
        f"{root}/namespaces/{meta['namespace']}/{kind}/{meta['name']}"
        if meta.get("namespace")
        else f"{root}/{kind}/{meta['name']}"
        for meta in metas
    ]
