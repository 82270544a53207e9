"""Is it healed? Judged with fresh eyes: kubectl and Prometheus, and nothing that the conversation said."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from practice.api import Json
from practice.kubectl import kubectl
from practice.scenario import Scenario
from practice.staging import complete


@dataclass(frozen=True)
class Verdict:
    ok: bool
    why: str


@dataclass
class Judge:
    scenario: Scenario
    kubectl: Path
    kubeconfig: Path

    async def verdict(self, untouched: str = "") -> Verdict:
        """`untouched` is the fingerprint from before, where nothing should have been changed."""
        faults = [fault for name in self.scenario.namespaces for fault in await self._faults(name)]
        if self.scenario.healed.get("untouched") and await self.fingerprint() != untouched:
            faults.append("something was changed, and nothing needed to be")
        return Verdict(not faults, "; ".join(faults) or "everything runs as it should")

    async def fingerprint(self) -> str:
        """Of everything that a person decides: specs and settings, not status."""
        read = [await self._get("deployments,configmaps,services", name) for name in self.scenario.namespaces]
        decided = [
            (
                item["kind"],
                item["metadata"]["uid"],
                item["metadata"].get("generation"),
                item.get("spec"),
                item.get("data"),
            )
            for items in read
            for item in items
        ]
        return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()

    async def _faults(self, namespace: str) -> list[str]:
        deployments = {item["metadata"]["name"]: item for item in await self._get("deployments", namespace)}
        faults = []
        for service in self.scenario.services:
            if service.namespace != namespace:
                continue
            deployment = deployments.get(service.name)
            if deployment is None:
                faults.append(f"deployment {namespace}/{service.name} is gone")
            elif deployment["spec"]["replicas"] != service.replicas:
                faults.append(f"{namespace}/{service.name} was scaled to {deployment['spec']['replicas']}")
            elif not complete(deployment):
                faults.append(f"{namespace}/{service.name} is not rolled out: {_counts(deployment)}")
        pods = await self._get("pods", namespace)
        names = [pod["metadata"]["name"] for pod in pods if not _fine(pod)]
        return [*faults, *(f"pod {namespace}/{name} is not ready" for name in names)]

    async def _get(self, kinds: str, namespace: str) -> list[Json]:
        said = await kubectl(self.kubectl, self.kubeconfig, ["get", kinds, "-n", namespace, "-o", "json"])
        return list(json.loads(said)["items"])


def _fine(pod: Json) -> bool:
    """Ready, or on its way out."""
    if pod["metadata"].get("deletionTimestamp"):
        return True
    conditions = pod.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _counts(deployment: Json) -> str:
    status = deployment.get("status", {})
    wanted = deployment["spec"]["replicas"]
    return f"{status.get('updatedReplicas', 0)} new and {status.get('availableReplicas', 0)} available of {wanted}"
