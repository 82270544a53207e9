"""Hears of Services, pods and nodes, and keeps the EndpointSlices and Endpoints of each Service true."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import condition
from practice.controllers.endpoints.places import Port, decisive, endpoint, is_endpoint, is_headless, ports_of
from practice.controllers.endpoints.slices import SERVICE_NAME, plan
from practice.controllers.endpoints.subsets import subsets
from practice.controllers.kinds import ENDPOINT_SLICE, ENDPOINTS, NODE, POD, SERVICE, Key, key_of
from practice.controllers.labels import has_all, labels_of
from practice.controllers.pod_control import ends_namespace
from practice.controllers.work import Work

_CHANGED_AT = "endpoints.kubernetes.io/last-change-trigger-time"
_MANAGED_BY = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
_HEADLESS = "service.kubernetes.io/headless"


class ServiceEndpoints:
    def __init__(self, cluster: Cluster) -> None:
        self._services = cluster.objects(SERVICE)
        self._pods = cluster.objects(POD)
        self._nodes = cluster.objects(NODE)
        self._slices = cluster.objects(ENDPOINT_SLICE)
        self._endpoints = cluster.objects(ENDPOINTS)
        self._of_service = self._slices.index(_service_name)
        self._ready_at: dict[Key, dict[str, str]] = {}
        """When each pod of a Service last became ready or not, as seen the last time."""
        self._work: Work[Key] = Work("endpoints", self._sync)
        self._services.listen(self._service_changed)
        self._pods.listen(self._pod_changed)
        self._slices.listen(self._slice_changed)
        self._endpoints.listen(self._endpoints_changed)

    async def run(self) -> None:
        await self._work.run()

    def _service_changed(self, before: Json | None, after: Json | None) -> None:
        item = after or before
        assert item
        self._work.add(key_of(item))

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if before and after and decisive(before) == decisive(after):
            return
        pods = [pod for pod in (before, after) if pod]
        for service in self._services.within(pods[0]["metadata"]["namespace"]):
            selector = service["spec"].get("selector")
            if selector and any(has_all(selector, labels_of(pod)) for pod in pods):
                self._work.add(key_of(service))

    def _slice_changed(self, before: Json | None, after: Json | None) -> None:
        if before and after is None:
            self._work.add((before["metadata"]["namespace"], labels_of(before).get(SERVICE_NAME, "")))

    def _endpoints_changed(self, before: Json | None, after: Json | None) -> None:
        if before and after is None:
            self._work.add(key_of(before))

    async def _sync(self, key: Key) -> None:
        service = self._services.get(*key)
        if not service:
            self._ready_at.pop(key, None)
            if stale := self._endpoints.get(*key):
                await _ignoring_absence(self._endpoints.delete(stale))
            return
        spec = service["spec"]
        if not spec.get("selector") or spec.get("type") == "ExternalName":
            return
        chosen = [pod for pod in self._pods.within(key[0]) if has_all(spec["selector"], labels_of(pod))]
        pods = [pod for pod in chosen if is_endpoint(pod)]
        changed_at = self._changed_at(service, chosen)
        try:
            await asyncio.gather(
                self._write_slices(service, pods, changed_at), self._write_endpoints(service, pods, changed_at)
            )
        except ApiError as error:
            if not ends_namespace(error):
                raise

    def _changed_at(self, service: Json, pods: list[Json]) -> str:
        """The time of the change that brought us here; "" if no time is known."""
        key = key_of(service)
        before = self._ready_at.get(key)
        now = {
            pod["metadata"]["name"]: ready["lastTransitionTime"] for pod in pods if (ready := condition(pod, "Ready"))
        }
        self._ready_at[key] = now
        if before is None:
            return str(service["metadata"]["creationTimestamp"])
        return min((at for name, at in now.items() if at > before.get(name, "")), default="")

    async def _write_slices(self, service: Json, pods: list[Json], changed_at: str) -> None:
        wanted: defaultdict[tuple[Port, ...], list[Json]] = defaultdict(list)
        for pod in pods:
            node = self._nodes.get("", pod["spec"].get("nodeName", ""))
            if node or service["spec"].get("publishNotReadyAddresses"):
                zone = labels_of(node).get("topology.kubernetes.io/zone", "") if node else ""
                wanted[ports_of(service, pod)].append(endpoint(service, pod, zone))
        namespace, name = key_of(service)
        changes = plan(service, wanted, self._of_service[f"{namespace}/{name}"])
        if service["metadata"].get("deletionTimestamp"):
            changes.create.clear()
        for each in changes.create:
            await self._slices.create(_noted(each, changed_at))
        for each in changes.replace:
            await self._slices.replace(_noted(each, changed_at))
        for each in changes.delete:
            await _ignoring_absence(self._slices.delete(each))

    async def _write_endpoints(self, service: Json, pods: list[Json], changed_at: str) -> None:
        namespace, name = key_of(service)
        headless = {_HEADLESS: ""} if is_headless(service) else {}
        own = {key: value for key, value in labels_of(service).items() if key != _HEADLESS}
        labels = {**own, **headless, **_MANAGED_BY}
        found = subsets(service, pods)
        present = self._endpoints.get(namespace, name)
        if present is None:
            draft = {"metadata": {"name": name, "namespace": namespace, "labels": labels}, "subsets": found}
            await self._endpoints.create(_noted(draft, changed_at))
        elif (present.get("subsets") or []) != found or labels_of(present) != labels:
            meta = {**present["metadata"], "labels": labels}
            await self._endpoints.replace(_noted({**present, "metadata": meta, "subsets": found}, changed_at))


def _noted(item: Json, changed_at: str) -> Json:
    notes = {key: each for key, each in (item["metadata"].get("annotations") or {}).items() if key != _CHANGED_AT}
    if changed_at:
        notes[_CHANGED_AT] = changed_at
    return {**item, "metadata": {**item["metadata"], "annotations": notes}}


def _service_name(piece: Json) -> list[str]:
    return [f"{piece['metadata']['namespace']}/{labels_of(piece).get(SERVICE_NAME, '')}"]


async def _ignoring_absence(deletion: Awaitable[None]) -> None:
    try:
        await deletion
    except ApiError as error:
        if error.status not in (404, 409):
            raise
