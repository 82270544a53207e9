"""What tests leave on the shared control plane, where others would find it wrong: found by comparison, and deleted."""

import asyncio

from practice.api import Api, ApiError, Json
from practice.plane import Plane

_OF_OTHERS = {"endpoints", "endpointslices", "events", "leases", "apiservices"}
"""What controllers and kubelets write by themselves; it goes with what it is about."""
_NEEDED = {"deletecollection", "list", "delete"}


async def paths(plane: Plane) -> set[str]:
    """The path of every object that somebody could have made."""
    async with Api(plane.kubeconfig) as api:
        groups = (await api.get("/apis"))["groups"]
        roots = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
        documents = await asyncio.gather(*(_resources(api, root) for root in roots))
        kinds = [
            (root, kind["name"])
            for root, document in zip(roots, documents, strict=True)
            for kind in document
            if set(kind["verbs"]) >= _NEEDED and kind["name"] not in _OF_OTHERS
        ]
        found = await asyncio.gather(*(_of_kind(api, *kind) for kind in kinds))
    return {path for each in found for path in each}


async def remove(plane: Plane, before: set[str]) -> None:
    """Delete what was not there before, namespaces with all that is in them; what controllers make again, too."""
    for _ in range(20):
        left = await paths(plane) - before
        async with Api(plane.kubeconfig) as api:
            await asyncio.gather(*(api.delete(path, {"gracePeriodSeconds": 0}) for path in left))
        # An empty namespace takes the controllers some seconds more, and nobody finds anything wrong in it.
        if all(path.startswith("/api/v1/namespaces/") and path.count("/") == 4 for path in left):
            return
        await asyncio.sleep(0.2)


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
