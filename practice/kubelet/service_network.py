"""Which pods stand behind which Service, as the cluster says: what a node's proxy knows."""

import asyncio
from dataclasses import dataclass, field

from practice.api import Api, Json


@dataclass
class ServiceNetwork:
    api: Api
    _ready: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    """By the EndpointSlice's namespace and name: the Service, and the uids of the pods that are ready for it."""

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            self._ready.clear()
            async for kind, item in self.api.watch("/apis/discovery.k8s.io/v1/endpointslices"):
                key = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
                if kind == "DELETED":
                    self._ready.pop(key, None)
                else:
                    self._ready[key] = _service(item), _ready_pods(item)
            await asyncio.sleep(0.2)

    def endpoints(self) -> dict[str, set[str]]:
        """The uids of the pods that get requests, by `namespace/service`."""
        found: dict[str, set[str]] = {}
        for service, pods in self._ready.values():
            found.setdefault(service, set()).update(pods)
        return found


def _service(item: Json) -> str:
    meta = item["metadata"]
    return f"{meta['namespace']}/{meta.get('labels', {}).get('kubernetes.io/service-name', '')}"


def _ready_pods(item: Json) -> frozenset[str]:
    ready = (each for each in item.get("endpoints") or () if each.get("conditions", {}).get("ready", True))
    return frozenset(each["targetRef"]["uid"] for each in ready if "targetRef" in each)
