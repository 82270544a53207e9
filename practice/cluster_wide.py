"""What a scenario leaves outside its namespaces: nodes are put back as they were, volumes and their classes deleted."""

from collections.abc import Mapping
from dataclasses import dataclass

from practice.api import Api, Json, path_of
from practice.standing import cordoned

_STORAGE = (("v1", "PersistentVolume"), ("storage.k8s.io/v1", "StorageClass"))


@dataclass(frozen=True)
class ClusterWide:
    """The nodes before anything was played."""

    labels: Mapping[str, Mapping[str, str]]
    """By node."""
    cordoned: frozenset[str]

    @classmethod
    async def remember(cls, api: Api) -> "ClusterWide":
        nodes = await api.items(path_of("v1", "Node"))
        labels = {node["metadata"]["name"]: dict(node["metadata"].get("labels", {})) for node in nodes}
        return cls(labels, cordoned(nodes))

    async def put_back(self, api: Api, namespace: str) -> None:
        """`namespace` is the scenario's own: what it made for itself carries its name."""
        for node in await api.items(path_of("v1", "Node")):
            if change := self._change(node):
                await api.patch(path_of("v1", "Node", name=node["metadata"]["name"]), change, kind="merge")
        for kind in _STORAGE:
            for item in await api.items(path_of(*kind), labelSelector=f"app.kubernetes.io/part-of={namespace}"):
                await api.delete(path_of(*kind, name=item["metadata"]["name"]))

    def _change(self, node: Json) -> Json:
        """What makes the node as it was."""
        name, labels = node["metadata"]["name"], node["metadata"].get("labels", {})
        change: Json = {}
        if added := labels.keys() - self.labels.get(name, labels).keys():
            change["metadata"] = {"labels": dict.fromkeys(added)}
        if node["spec"].get("unschedulable") and name not in self.cordoned:
            change["spec"] = {"unschedulable": None}
        return change
