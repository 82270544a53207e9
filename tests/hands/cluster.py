"""A namespace of its own on the shared control plane, and what its audit log says was written there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice.api import Api, path_of

_VERSIONS = {"Deployment": "apps/v1"}


@dataclass
class Shop:
    admin: Api
    namespace: str

    async def get(self, kind: str, name: str) -> dict[str, Any]:
        version = _VERSIONS.get(kind, "v1")
        found = await self.admin.find(path_of(version, kind, self.namespace, name))
        assert found is not None, f"{kind} {name}"
        return {"apiVersion": version, "kind": kind, **found}

    async def make(self, kind: str, name: str, **parts: Any) -> None:
        meta = {"name": name, "namespace": self.namespace}
        await self.admin.ensure({"apiVersion": _VERSIONS.get(kind, "v1"), "kind": kind, "metadata": meta, **parts})

    async def deployment(self, name: str) -> None:
        """One without pods, so that its rollouts are over as soon as the controller has seen them."""
        labels = {"app": name}
        container = {"name": name, "image": f"registry.example/{name}:1"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
        await self.make("Deployment", name, spec=spec)


def writes_in(audit_log: Path, namespace: str, *, name: str = "") -> list[dict[str, Any]]:
    """What the executor changed in a namespace, by the API server's own account: no dry runs, nothing refused."""
    found = []
    for line in audit_log.read_text().splitlines():
        event = json.loads(line)
        about = event.get("objectRef", {})
        if (
            event["user"]["username"] == "executor"
            and event["verb"] not in {"get", "list", "watch"}
            and about.get("namespace") == namespace
            and (not name or about.get("name") == name)
            and "dryRun" not in event["requestURI"]
            and event.get("responseStatus", {}).get("code", 0) < 300
        ):
            found.append(event)
    return found
