"""A namespace that is being deleted is emptied, pods first, and then let go."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster, discover
from practice.controllers.kinds import NAMESPACE, POD, Kind
from practice.controllers.times import stamp
from practice.controllers.work import Work

_OK = {
    "NamespaceDeletionDiscoveryFailure": ("ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
}


@dataclass
class Rest:
    """What is still there."""

    items: Counter[str] = field(default_factory=Counter)
    """By resource and group, as "pods."."""
    finalizers: Counter[str] = field(default_factory=Counter)

    def conditions(self) -> list[Json]:
        bad = {}
        if self.items:
            said = ", ".join(sorted(f"{kind} has {count} resource instances" for kind, count in self.items.items()))
            bad["NamespaceContentRemaining"] = ("SomeResourcesRemain", f"Some resources are remaining: {said}")
        if self.finalizers:
            said = ", ".join(sorted(f"{name} in {count} resource instances" for name, count in self.finalizers.items()))
            message = f"Some content in the namespace has finalizers remaining: {said}"
            bad["NamespaceFinalizersRemaining"] = ("SomeFinalizersRemain", message)
        return [
            {"type": kind, "status": str(kind in bad), "reason": reason, "message": message}
            for kind, (reason, message) in (_OK | bad).items()
        ]


class Namespaces:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._api = cluster.api
        self._namespaces = cluster.objects(NAMESPACE)
        self._pods = cluster.objects(POD)
        self._work: Work[str] = Work("namespaces", self._sync, hands=4)
        self._namespaces.listen(self._changed)
        self._pods.listen(self._pod_changed)

    async def run(self) -> None:
        await self._work.run()

    def _changed(self, _: Json | None, after: Json | None) -> None:
        if after and after["metadata"].get("deletionTimestamp"):
            self._work.add(after["metadata"]["name"])

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if before and not after and not self._pods.within(before["metadata"]["namespace"]):
            self._changed(None, self._namespaces.get("", before["metadata"]["namespace"]))

    async def _sync(self, name: str) -> None:
        namespace = self._namespaces.get("", name)
        if not namespace or not namespace["metadata"].get("deletionTimestamp"):
            return
        if "kubernetes" not in namespace["spec"].get("finalizers", []):
            return
        rest = Rest()
        await self._empty(name, POD, rest)
        if not rest.items:
            kinds = await discover(self._api, "list", "delete")
            others = [kind for kind in kinds if kind.namespaced and kind != POD]
            await asyncio.gather(*(self._empty(name, kind, rest) for kind in others))
        if rest.items:
            await self._tell(namespace, rest)
            self._work.add_after(name, 1.0)
            return
        left = [each for each in namespace["spec"]["finalizers"] if each != "kubernetes"]
        try:
            await self._namespaces.replace({**namespace, "spec": {**namespace["spec"], "finalizers": left}}, "finalize")
        except ApiError as error:
            if error.status != 404:
                raise

    async def _empty(self, namespace: str, kind: Kind, rest: Rest) -> None:
        """Delete all of a kind and add to `rest` what does not go at once."""
        path = kind.path(namespace)
        items = await self._list(path)
        if not items:
            return
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        try:
            await self._api.request("DELETE", path, body)
        except ApiError as error:
            if error.status != 405:
                raise
            await asyncio.gather(*(self._api.delete(kind.path_of(item), body) for item in items))
        items = await self._list(path)
        if items:
            rest.items[f"{kind.plural}.{kind.api_version.rpartition('/')[0]}"] += len(items)
            rest.finalizers.update(each for item in items for each in item["metadata"].get("finalizers", ()))

    async def _list(self, path: str) -> list[Json]:
        try:
            return await self._api.items(path)
        except ApiError as error:
            if error.status not in (404, 405):
                raise
            return []

    async def _tell(self, namespace: Json, rest: Rest) -> None:
        status = namespace.get("status", {})
        before = {each["type"]: each for each in status.get("conditions", ())}
        conditions = []
        for each in rest.conditions():
            old = before.pop(each["type"], {})
            same = old.get("status") == each["status"]
            conditions.append({**each, "lastTransitionTime": old["lastTransitionTime"] if same else stamp()})
        told = {**status, "phase": "Terminating", "conditions": [*before.values(), *conditions]}
        if told != status:
            await self._namespaces.replace({**namespace, "status": told}, "status")
