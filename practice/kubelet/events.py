"""Events as a kubelet writes them: one per reason and message, counted when it happens again."""

import hashlib
from dataclasses import dataclass, field

from practice.api import Api, ApiError, Json, path_of
from practice.kubelet.clock import now, stamp


@dataclass
class Events:
    api: Api
    _seen: dict[tuple[str, str, str, str], tuple[str, int]] = field(default_factory=dict)

    async def write(
        self, item: Json, reason: str, message: str, *, warning: bool = False, node: str, container: str = ""
    ) -> None:
        """Say that something happened to a pod or node; a lost event is no reason to stop."""
        meta = item["metadata"]
        path = f"spec.containers{{{container}}}" if container else ""
        key = (meta["uid"], path, reason, message)
        at = stamp(now())
        try:
            if key in self._seen:
                name, count = self._seen[key]
                self._seen[key] = (name, count + 1)
                place = path_of("v1", "Event", _namespace(item), name)
                await self.api.patch(place, {"count": count + 1, "lastTimestamp": at}, kind="merge")
                return
            name = f"{meta['name']}.{hashlib.sha256('|'.join(key).encode()).hexdigest()[:16]}"
            self._seen[key] = (name, 1)
            await self.api.create(
                {
                    "apiVersion": "v1",
                    "kind": "Event",
                    "metadata": {"name": name, "namespace": _namespace(item)},
                    "involvedObject": {
                        "apiVersion": "v1",
                        "kind": item.get("kind", "Pod"),
                        "name": meta["name"],
                        "namespace": meta.get("namespace", ""),
                        "uid": meta["uid"],
                        "resourceVersion": meta["resourceVersion"],
                        **({"fieldPath": path} if path else {}),
                    },
                    "reason": reason,
                    "message": message,
                    "type": "Warning" if warning else "Normal",
                    "source": {"component": "kubelet", "host": node},
                    "reportingComponent": "kubelet",
                    "reportingInstance": node,
                    "firstTimestamp": at,
                    "lastTimestamp": at,
                    "count": 1,
                },
                field_manager="kubelet",
            )
        except ApiError as error:
            if error.status not in (403, 404, 409, 422):
                raise


def _namespace(item: Json) -> str:
    return str(item["metadata"].get("namespace", "default"))
