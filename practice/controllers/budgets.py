"""PodDisruptionBudgets: how many of their pods may be evicted now; the API server refuses what they do not allow."""

from collections.abc import Sequence

from practice.api import Json
from practice.controllers import pods as facts
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import condition
from practice.controllers.deployments.sizes import scaled
from practice.controllers.kinds import BUDGET, DEPLOYMENT, POD, REPLICA_SET, STATEFUL_SET, Key, key_of
from practice.controllers.labels import labels_of, selects
from practice.controllers.owners import controller_of
from practice.controllers.times import seconds_since, stamp
from practice.controllers.work import Work

_COMPONENT = "controllermanager"
_EVICTED_FOR = 120.0
"""Seconds within which an evicted pod must begin to go."""


class Budgets:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._budgets = cluster.objects(BUDGET)
        self._pods = cluster.objects(POD)
        self._owners = [cluster.objects(kind) for kind in (REPLICA_SET, STATEFUL_SET)]
        self._deployments = cluster.objects(DEPLOYMENT)
        self._work: Work[Key] = Work("budgets", self._sync, hands=2)
        self._budgets.listen(self._budget_changed)
        self._pods.listen(self._pod_changed)

    async def run(self) -> None:
        await self._work.run()

    def _budget_changed(self, _: Json | None, after: Json | None) -> None:
        if after:
            self._work.add(key_of(after))

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        pods = [pod for pod in (before, after) if pod]
        for budget in self._budgets.within(pods[0]["metadata"]["namespace"]):
            if any(selects(budget["spec"].get("selector"), labels_of(pod)) for pod in pods):
                self._work.add(key_of(budget))

    async def _sync(self, key: Key) -> None:
        budget = self._budgets.get(*key)
        if not budget:
            return
        selector = budget["spec"].get("selector")
        pods = [pod for pod in self._pods.within(key[0]) if selects(selector, labels_of(pod))]
        if not pods:
            self._events.normal(_COMPONENT, BUDGET, budget, "NoPods", "No matching pods found")
        expected, desired = self._wanted(budget["spec"], pods)
        evicted = self._evicted(budget, pods)
        healthy = sum(facts.is_ready(pod) for pod in pods if _stays(pod, evicted))
        allowed = max(healthy - desired, 0) if expected > 0 else 0
        status = {
            "observedGeneration": budget["metadata"]["generation"],
            **({"disruptedPods": evicted} if evicted else {}),
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [_verdict(budget, allowed)],
        }
        if status != budget.get("status"):
            await self._budgets.replace({**budget, "status": status}, "status")

    def _wanted(self, spec: Json, pods: Sequence[Json]) -> tuple[int, int]:
        """How many pods there should be, and how many of them healthy."""
        if spec.get("maxUnavailable") is not None:
            expected = self._scale(pods)
            return expected, max(expected - scaled(spec["maxUnavailable"], expected, up=True), 0)
        least = spec.get("minAvailable", 1)
        if isinstance(least, int):
            return len(pods), least
        expected = self._scale(pods)
        return expected, scaled(least, expected, up=True)

    def _scale(self, pods: Sequence[Json]) -> int:
        """The sum of the sizes of what the pods belong to."""
        sizes: dict[str, int] = {}
        for pod in pods:
            owner = controller_of(pod)
            found = [item for each in self._owners if owner and (item := each.by_uid(owner["uid"]))]
            if not found:
                continue
            top = controller_of(found[0])
            whole = (self._deployments.by_uid(top["uid"]) if top else None) or found[0]
            sizes[whole["metadata"]["uid"]] = whole["spec"]["replicas"]
        return sum(sizes.values())

    def _evicted(self, budget: Json, pods: Sequence[Json]) -> dict[str, str]:
        """Pods that were evicted and do not go yet, with when; later they are looked at again."""
        told = budget.get("status", {}).get("disruptedPods") or {}
        staying = {pod["metadata"]["name"] for pod in pods if not facts.is_leaving(pod)}
        left = {name: at for name, at in told.items() if name in staying and seconds_since(at) < _EVICTED_FOR}
        if left:
            self._work.add_after(key_of(budget), _EVICTED_FOR - max(map(seconds_since, left.values())))
        return left


def _stays(pod: Json, evicted: dict[str, str]) -> bool:
    return not facts.is_leaving(pod) and pod["metadata"]["name"] not in evicted


def _verdict(budget: Json, allowed: int) -> Json:
    status, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    old = condition(budget, "DisruptionAllowed") or {}
    since = old["lastTransitionTime"] if old.get("status") == status else stamp()
    generation = budget["metadata"]["generation"]
    told = {"type": "DisruptionAllowed", "status": status, "observedGeneration": generation}
    return {**told, "lastTransitionTime": since, "reason": reason, "message": ""}
