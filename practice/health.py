"""Is it healed? Judged with fresh eyes: kubectl and Prometheus, and nothing that the conversation said."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from practice.api import Json
from practice.kubectl import kubectl
from practice.scenario import Scenario
from practice.staging import complete
from practice.telemetry import Telemetry


@dataclass(frozen=True)
class Verdict:
    ok: bool
    why: str


_P95 = (
    "histogram_quantile(0.95, sum by (le) ("
    'rate(http_request_duration_seconds_bucket{{namespace="{namespace}",service="{service}"}}[15s])))'
)
_BEFORE_THE_TROUBLE = 120
"""Seconds before the last phase: as good as it gets."""


@dataclass
class Judge:
    scenario: Scenario
    kubectl: Path
    kubeconfig: Path
    telemetry: Telemetry | None
    _as_it_was: str = ""
    _usual_p95: float = 0.0

    async def remember(self, happened: Sequence[int]) -> None:
        """Before anybody acts: what is there now, and what was usual before the trouble began."""
        self._as_it_was = await self._fingerprint()
        if self._asks_for_latency and self.telemetry:
            # The written history has a value every 15 s, so the usual is read from a longer stretch of it.
            query = self._p95_query.replace("[15s]", "[5m]")
            self._usual_p95 = _only(await self.telemetry.ask(query, happened[-1] - _BEFORE_THE_TROUBLE))

    async def verdict(self) -> Verdict:
        faults = [fault for name in self.scenario.namespaces for fault in await self._faults(name)]
        if self.scenario.healed.get("untouched") and await self._fingerprint() != self._as_it_was:
            faults.append("something was changed, and nothing needed to be")
        if self._asks_for_latency and self.telemetry:
            faults += await self._slow(self.telemetry)
        return Verdict(not faults, "; ".join(faults) or "everything runs as it should")

    @property
    def _asks_for_latency(self) -> bool:
        return "p95_within" in self.scenario.healed

    @property
    def _p95_query(self) -> str:
        return _P95.format(namespace=self.scenario.namespace, service=self.scenario.victim)

    async def _slow(self, telemetry: Telemetry) -> list[str]:
        now = _only(await telemetry.ask(self._p95_query))
        bound = self._usual_p95 * float(self.scenario.healed["p95_within"])
        # NaN, where nothing was answered, is not below any bound either.
        return (
            [] if now <= bound else [f"p95 of {self.scenario.victim} is {now:.3f} s, usual is {self._usual_p95:.3f} s"]
        )

    async def _fingerprint(self) -> str:
        """Of everything that somebody decides: specs and settings, which pods there are; not how they are."""
        read = [await self._get("deployments,configmaps,services,pods", name) for name in self.scenario.namespaces]
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


def _only(values: Mapping[str, float]) -> float:
    return next(iter(values.values()), math.nan)
