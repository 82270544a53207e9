"""A namespace to tell a story in, and a picture of it that is the same wherever the same happened."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from practice.api import Api, Json
from practice.controllers.conditions import condition, holds
from practice.controllers.kinds import (
    AUTOSCALER,
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    EVENT,
    NAMESPACE,
    NODE,
    POD,
    SERVICE,
    SERVICE_ACCOUNT,
    VOLUME,
    Kind,
)
from practice.plane import Plane
from practice.waiting import until

_DROPPED = {"uid", "resourceVersion", "managedFields", "generation", "observedGeneration", "nodeName", "zone"}
_DROPPED |= {"containerID", "imageID", "finalizers", "topology.kubernetes.io/zone"}
_DROPPED |= {"controller-uid", "batch.kubernetes.io/controller-uid"}
_DROPPED |= {"lastPhaseTransitionTime", "averageValue", "lastScaleTime"}
_DROPPED |= {"endpoints.kubernetes.io/last-change-trigger-time"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_DRAWN = re.compile(r"(?<=[-\"])[bcdfghjklmnpqrstvwxz2456789]{5,10}\b")
"""Hashes of templates and the ends of generated names: letters that make no words."""
_ADDRESS = re.compile(r"\b10\.\d+\.\d+\.\d+\b")


@dataclass
class Stage:
    api: Api
    namespace: str

    async def make(self, kind: Kind, name: str, body: Json, **meta: Any) -> Json:
        place = {"namespace": self.namespace} if kind.namespaced else {}
        item = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name, **place, **meta}, **body}
        return await self.api.request("POST", kind.path(self.namespace), item)

    async def deployment(self, name: str, replicas: int = 1, *, pod: Json | None = None, **spec: Any) -> Json:
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER], **(pod or {})}}
        body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec}
        return await self.make(DEPLOYMENT, name, {"spec": body}, labels=labels)

    async def service(self, name: str, **spec: Any) -> Json:
        body = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": "http"}], **spec}
        return await self.make(SERVICE, name, {"spec": body}, labels={"team": "blue"})

    async def autoscaler(self, name: str, most: int, **percent: int) -> Json:
        metrics = [self.use(resource, value) for resource, value in percent.items()]
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        return await self.make(
            AUTOSCALER, name, {"spec": {"scaleTargetRef": target, "maxReplicas": most, "metrics": metrics}}
        )

    @staticmethod
    def use(resource: str, percent: int) -> Json:
        wanted = {"type": "Utilization", "averageUtilization": percent}
        return {"type": "Resource", "resource": {"name": resource, "target": wanted}}

    async def volume(self, name: str, size: str, storage_class: str, **spec: Any) -> Json:
        place = {"hostPath": {"path": "/data"}, "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}}
        return await self.make(VOLUME, name, {"spec": {**place, "storageClassName": storage_class, **spec}})

    async def claim(self, name: str, size: str, storage_class: str, **spec: Any) -> Json:
        asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
        return await self.make(CLAIM, name, {"spec": {**asked, "storageClassName": storage_class, **spec}})

    async def steady(self, kind: Kind, name: str, count: int, **labels: str) -> None:
        """Seen in full, with that many pods, all of them ready and with those labels; none on its way out."""

        async def done() -> bool:
            found = await self.get(kind, name)
            status, pods = found.get("status", {}), await self.all(POD)
            ready = status.get("readyReplicas", status.get("numberReady", 0))
            updated = status.get("updatedReplicas", status.get("updatedNumberScheduled", 0))
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            alike = all(labels.items() <= pod["metadata"]["labels"].items() for pod in pods)
            placed = ready == updated == count and not status.get("numberMisscheduled")
            return seen and placed and alike and await self.has_pods(count)

        await self.until(f"{name} to be steady", done)

    async def end_pod(self, selector: str, phase: str) -> None:
        """As if its containers had ended; the kubelet is not asked."""
        found: list[Json] = []

        async def running() -> bool:
            pods = await self.all(POD, labelSelector=selector)
            found[:] = [pod for pod in pods if holds(pod, "Ready") and pod["status"]["phase"] == "Running"]
            return bool(found)

        await self.until(f"a pod of {selector}", running)
        await self.change(POD, found[0]["metadata"]["name"], {"status": {"phase": phase}}, "status")

    async def volumes(self) -> list[str]:
        """Those that are named after this namespace."""
        items = [each for each in await self.api.items(VOLUME.path()) if self.namespace in each["metadata"]["name"]]
        return sorted(self._same(json.dumps(_plain(each), sort_keys=True), set()) for each in items)

    async def has_pods(self, count: int) -> bool:
        """That many, and all of them ready."""
        pods = await self.all(POD)
        return len(pods) == count and all(holds(pod, "Ready") for pod in pods)

    async def change(self, kind: Kind, name: str, change: Json, part: str = "") -> Json:
        return await self.api.patch(kind.path(self.namespace, name, part), change)

    async def get(self, kind: Kind, name: str) -> Json:
        return await self.api.get(kind.path(self.namespace, name))

    async def all(self, kind: Kind, **params: str) -> list[Json]:
        return await self.api.items(kind.path(self.namespace), **params)

    async def delete(self, kind: Kind, name: str, **options: Any) -> None:
        await self.api.delete(kind.path(self.namespace, name), {"kind": "DeleteOptions", "apiVersion": "v1", **options})

    async def until(self, what: str, holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
        await until(what, holds, seconds=seconds)

    async def rolled_out(self, name: str) -> Json:
        """Done, and nothing old or ending is left."""
        found: Json = {}

        async def done() -> bool:
            found.update(await self.get(DEPLOYMENT, name))
            status, replicas = found.get("status", {}), found["spec"]["replicas"]
            counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
            pods = await self.all(POD, labelSelector=f"app={name}")
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            steady = not status.get("terminatingReplicas") and len(pods) == replicas
            return seen and steady and all(status.get(each, 0) == replicas for each in counts)

        await self.until(f"{name} to be rolled out", done)
        return found

    async def says(self, kind: Kind, name: str, reason: str, of: str = "Progressing") -> None:
        """Until a condition has that reason."""

        async def there() -> bool:
            return (condition(await self.get(kind, name), of) or {}).get("reason") == reason

        await self.until(f"{name} to say {reason}", there)

    async def picture(self, *kinds: Kind) -> list[str]:
        """A glance, once it stands still: events are written a little after what they tell of."""
        before: list[str] = []
        for _ in range(20):
            now = await self.glance(*kinds)
            if now == before:
                break
            before = now
            await asyncio.sleep(0.4)
        return before

    async def glance(self, *kinds: Kind) -> list[str]:
        """The objects of these kinds and what the controllers said, without what is never the same twice."""
        nodes = {each["metadata"]["name"] for each in await self.api.items(NODE.path())}
        items = [(kind, item) for kind in kinds for item in await self.all(kind)]
        texts = [f"{kind.name} {json.dumps(_plain(item), sort_keys=True)}" for kind, item in items]
        texts += [_told(event) for event in await self.all(EVENT) if _is_of_controllers(event)]
        return sorted(self._same(text, nodes) for text in texts)

    def _same(self, text: str, nodes: set[str]) -> str:
        for node in nodes:
            text = text.replace(node, "NODE")
        text = _TIME.sub("TIME", _ADDRESS.sub("ADDRESS", text)).replace(self.namespace, "NAMESPACE")
        return _DRAWN.sub("DRAWN", text)


CONTAINER = {"name": "main", "image": "registry.example/main:1", "ports": [{"name": "http", "containerPort": 8080}]}
ENDED_SOON = {"terminationGracePeriodSeconds": 0}


class Story(Protocol):
    __name__: str

    async def __call__(self, stage: Stage) -> Sequence[object]: ...


async def tell(plane: Plane, story: Story, namespace: str) -> Sequence[object]:
    """What the story comes to on this plane."""
    async with Api(plane.kubeconfig) as api:
        await api.request("POST", NAMESPACE.path(), {"metadata": {"name": namespace}})
        stage = Stage(api, namespace)

        async def furnished() -> bool:
            paths = (SERVICE_ACCOUNT.path(namespace, "default"), CONFIG_MAP.path(namespace, "kube-root-ca.crt"))
            return all([await api.find(path) for path in paths])

        await stage.until("what every namespace has", furnished)
        try:
            return await story(stage)
        finally:
            await asyncio.shield(api.delete(NAMESPACE.path("", namespace)))


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        plain = {name: _plain(each, name) for name, each in value.items() if name not in _DROPPED}
        return {name: each for name, each in plain.items() if each != {}}
    if isinstance(value, list):
        parts = [_plain(each) for each in value]
        return sorted(parts, key=json.dumps) if key in ("endpoints", "addresses", "subsets", "ports") else parts
    return value


def _told(event: Json) -> str:
    about = event["involvedObject"]
    return (
        f"Event {_teller(event)} {about['kind']} {about['name']} {event['type']} {event['reason']}: {event['message']}"
    )


_OTHERS = {"kubelet", "ipallocator-repair-controller"}
"""The second is kube-apiserver's own, which sometimes sees a Service before it sees that its address is taken."""


def _is_of_controllers(event: Json) -> bool:
    """Told of what they did; that somebody else wrote first, and they tried again, is told on a busy machine only."""
    return _teller(event) not in _OTHERS and "the object has been modified" not in (event.get("message") or "")


def _teller(event: Json) -> str:
    return (event.get("source") or {}).get("component") or str(event.get("reportingComponent"))
