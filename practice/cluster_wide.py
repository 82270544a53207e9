"""What a scenario leaves outside its namespaces: remembered before, put back after."""

import asyncio
from dataclasses import dataclass

from practice.api import Api, Json, path_of
from practice.standing import cordoned

_STORAGE = (("v1", "PersistentVolume"), ("storage.k8s.io/v1", "StorageClass"))


@dataclass(frozen=True)
class ClusterWide:
    """As it was before anything was played."""

    labels: dict[str, dict[str, str]]
    """By node."""
    cordoned: frozenset[str]
    storage: frozenset[str]
    """Paths of the volumes and storage classes."""

    @classmethod
    async def remember(cls, api: Api) -> "ClusterWide":
        nodes, storage = await asyncio.gather(api.items(path_of("v1", "Node")), _storage(api))
        labels = {node["metadata"]["name"]: dict(node["metadata"].get("labels", {})) for node in nodes}
        return cls(labels, cordoned(nodes), storage)

    async def put_back(self, api: Api) -> None:
        for node in await api.items(path_of("v1", "Node")):
            name, labels = node["metadata"]["name"], node["metadata"].get("labels", {})
            change: Json = {}
            if foreign := labels.keys() - self.labels.get(name, labels).keys():
                change["metadata"] = {"labels": dict.fromkeys(foreign)}
            if node["spec"].get("unschedulable") and name not in self.cordoned:
                change["spec"] = {"unschedulable": None}
            if change:
                await api.patch(path_of("v1", "Node", name=name), change, kind="merge")
        for path in await _storage(api) - self.storage:
            await api.delete(path)


async def _storage(api: Api) -> frozenset[str]:
    return frozenset(
        [path_of(*kind, name=item["metadata"]["name"]) for kind in _STORAGE for item in await api.items(path_of(*kind))]
    )
