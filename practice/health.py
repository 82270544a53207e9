"""Is it healed? Judged with fresh eyes: kubectl and Prometheus, and nothing that the conversation said."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from practice.api import Json
from practice.figures import Figures
from practice.kubectl import kubectl
from practice.scenario import Scenario
from practice.standing import KINDS, cordoned, faults
from practice.telemetry import Telemetry


@dataclass(frozen=True)
class Verdict:
    ok: bool
    why: str


class Judge:
    def __init__(
        self,
        scenario: Scenario,
        kubectl: Path,
        kubeconfig: Path,
        telemetry: Telemetry | None,
        cordoned_before: frozenset[str] = frozenset(),
    ) -> None:
        self.scenario = scenario
        self._kubectl = kubectl
        self._kubeconfig = kubeconfig
        self._cordoned_before = cordoned_before
        self._as_it_was = ""
        wanted = {"of": [scenario.victim], **scenario.healed}
        asks_for_figures = {"p95_within", "errors_within"} & wanted.keys()
        self._figures = Figures(telemetry, scenario.namespace, wanted) if telemetry and asks_for_figures else None

    async def remember(self, happened: Sequence[int]) -> None:
        """Before anybody acts: what is there now, and what was usual before the trouble began."""
        self._as_it_was = _fingerprint(await self._read())
        if self._figures:
            await self._figures.remember(happened[-1])

    async def verdict(self) -> Verdict:
        items = await self._read()
        found = [
            fault
            for name in self.scenario.namespaces
            for fault in faults(
                [each for each in self.scenario.services if each.namespace == name],
                [each for each in items if each["metadata"].get("namespace") == name],
            )
        ]
        nodes = [item for item in items if item["kind"] == "Node"]
        found += [f"node {name} takes no pods" for name in sorted(cordoned(nodes) - self._cordoned_before)]
        if self.scenario.healed.get("untouched") and _fingerprint(items) != self._as_it_was:
            found.append("something was changed, and nothing needed to be")
        if self._figures:
            found += await self._figures.faults()
        return Verdict(not found, "; ".join(found) or "everything runs as it should")

    async def _read(self) -> list[Json]:
        """What stands in the scenario's namespaces, and the nodes."""
        words = ["get", ",".join((*KINDS, "nodes")), "--all-namespaces", "-o", "json"]
        everywhere = json.loads(await kubectl(self._kubectl, self._kubeconfig, words))["items"]
        ours = {*self.scenario.namespaces, ""}
        return [item for item in everywhere if item["metadata"].get("namespace", "") in ours]


def _fingerprint(items: Sequence[Json]) -> str:
    """Of everything that somebody decides: specs and settings, which pods there are; not how they are."""
    decided = [
        (
            item["kind"],
            item["metadata"]["uid"],
            item["metadata"].get("generation"),
            item.get("spec"),
            item.get("data"),
        )
        for item in items
        if item["kind"] not in ("EndpointSlice", "Node")
    ]
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()
