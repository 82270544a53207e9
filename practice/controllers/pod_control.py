"""Making and removing the pods of a controller, with the events that say so."""

import asyncio
from collections.abc import Iterable

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import POD, Kind
from practice.controllers.owners import reference

_BURST = 500


class NamespaceEnds(Exception):
    """The namespace is being deleted: nothing can be made in it, and nobody needs to know."""


class PodControl:
    def __init__(self, cluster: Cluster, kind: Kind, component: str) -> None:
        """For owners of one kind, speaking as `component`."""
        self._pods = cluster.objects(POD)
        self._events = cluster.events
        self._kind = kind
        self._component = component

    async def create(self, owner: Json, pod: Json) -> Json:
        try:
            made = await self._pods.create(pod)
        except ApiError as error:
            if ends_namespace(error):
                raise NamespaceEnds from error
            message = f"Error creating: {error.message}"
            self._events.warning(self._component, self._kind, owner, "FailedCreate", message)
            raise
        message = f"Created pod: {made['metadata']['name']}"
        self._events.normal(self._component, self._kind, owner, "SuccessfulCreate", message)
        return made

    async def create_many(self, owner: Json, pods: list[Json]) -> None:
        """In batches of one, two, four …: if all would fail, few are tried. Raises what the first failure raised."""
        batch = 1
        pods = pods[:_BURST]
        while pods:
            now, pods = pods[:batch], pods[batch:]
            results = await asyncio.gather(*(self.create(owner, pod) for pod in now), return_exceptions=True)
            for each in results:
                if isinstance(each, BaseException):
                    raise each
            batch *= 2

    async def delete(self, owner: Json, pod: Json) -> None:
        name = pod["metadata"]["name"]
        try:
            await self._pods.delete(pod)
        except ApiError as error:
            if error.status in (404, 409):
                return
            message = f"Error deleting: {error.message}"
            self._events.warning(self._component, self._kind, owner, "FailedDelete", message)
            raise
        self._events.normal(self._component, self._kind, owner, "SuccessfulDelete", f"Deleted pod: {name}")

    async def delete_many(self, owner: Json, pods: Iterable[Json]) -> None:
        results = await asyncio.gather(*(self.delete(owner, pod) for pod in pods), return_exceptions=True)
        for each in results:
            if isinstance(each, BaseException):
                raise each


def from_template(kind: Kind, owner: Json, template: Json) -> Json:
    """A pod as the template says, named after its owner."""
    meta = template.get("metadata", {})
    given = {key: meta[key] for key in ("labels", "annotations", "finalizers") if meta.get(key)}
    owners = [reference(kind, owner)]
    name = f"{owner['metadata']['name']}-"
    place = {"generateName": name, "namespace": owner["metadata"]["namespace"], "ownerReferences": owners}
    return {"metadata": {**given, **place}, "spec": template["spec"]}


def ends_namespace(error: ApiError) -> bool:
    return error.status == 403 and "because it is being terminated" in error.message
