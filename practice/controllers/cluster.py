"""The cluster as all controllers see it: one picture of each kind, one pen for events."""

import asyncio
from collections.abc import Sequence

from practice.api import Api, ApiError, Json
from practice.controllers.events import Events
from practice.controllers.kinds import Kind
from practice.controllers.objects import Objects


class Cluster:
    def __init__(self, api: Api, kinds: Sequence[Kind]) -> None:
        """`kinds` is all that the server keeps, for those who look at everything."""
        self.api = api
        self.kinds = kinds
        self.events = Events(api)
        self._objects: dict[Kind, Objects] = {}

    def objects(self, kind: Kind) -> Objects:
        """Ask for all kinds before `follow`."""
        if kind not in self._objects:
            self._objects[kind] = Objects(self.api, kind)
        return self._objects[kind]

    async def synced(self) -> None:
        """Until everything that was there has been seen."""
        await asyncio.gather(*(each.synced.wait() for each in self._objects.values()))

    async def follow(self) -> None:
        """Keep all pictures true until cancelled."""
        async with asyncio.TaskGroup() as group:
            for objects in self._objects.values():
                group.create_task(objects.follow(), name=f"follow {objects.kind.plural}")
            group.create_task(self.events.run(), name="write events")


async def discover(api: Api, *verbs: str) -> list[Kind]:
    """What the server keeps and lets one do all that with: each kind in one version, events not twice."""
    groups = (await api.get("/apis"))["groups"]
    versions = ["v1", *(version["groupVersion"] for group in groups for version in _preferred_first(group))]
    lists = await asyncio.gather(*(_resources(api, version) for version in versions))
    found: dict[tuple[str, str], Kind] = {("events.k8s.io", "events"): Kind("", "", "")}
    for version, resources in zip(versions, lists, strict=True):
        group = version.rpartition("/")[0]
        for each in resources:
            if "/" not in each["name"] and set(verbs) <= set(each["verbs"]):
                kind = Kind(version, each["kind"], each["name"], each["namespaced"])
                found.setdefault((group, each["name"]), kind)
    return [kind for kind in found.values() if kind.name]


def _preferred_first(group: Json) -> list[Json]:
    preferred = group["preferredVersion"]
    return [preferred, *(each for each in group["versions"] if each != preferred)]


async def _resources(api: Api, version: str) -> list[Json]:
    try:
        return list((await api.get(f"/apis/{version}" if "/" in version else f"/api/{version}"))["resources"])
    except ApiError:
        # A group whose own server is away holds nothing that we could reach.
        return []
