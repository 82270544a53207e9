"""Looks at every autoscaler each second: what its pods use, how many there should be, and what it may do about it."""

import copy
import time

from practice.api import ApiError, Json
from practice.controllers.autoscaling import status
from practice.controllers.autoscaling.pace import Memory, paced
from practice.controllers.autoscaling.usage import NoProposal, Proposal, propose, samples
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import AUTOSCALER, POD, Key, Kind, key_of
from practice.controllers.labels import labels_of, selects
from practice.controllers.times import now, stamp
from practice.controllers.work import Work

PERIOD = 1.0
"""Seconds; practice tells the real controller the same."""

_MISSING = "the server could not find the requested resource"
_PLAIN = {
    "Resource": "resource",
    "ContainerResource": "container",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_COMPONENT = "horizontal-pod-autoscaler"
_GOT = "the HPA controller was able to get the target's current scale"
_UNABLE = "the HPA controller was unable to get the target's current scale: "


class Autoscalers:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._api = cluster.api
        self._autoscalers = cluster.objects(AUTOSCALER)
        self._pods = cluster.objects(POD)
        self._kinds = {(kind.api_version.rpartition("/")[0], kind.name): kind for kind in cluster.kinds}
        self._memories: dict[Key, Memory] = {}
        self._work: Work[Key] = Work("autoscalers", self._sync, hands=4)
        self._autoscalers.listen(self._changed)

    async def run(self) -> None:
        await self._work.run()

    def _changed(self, before: Json | None, after: Json | None) -> None:
        if after is None:
            assert before
            self._memories.pop(key_of(before), None)
        elif before is None or before["spec"] != after["spec"]:
            self._work.add_after(key_of(after), PERIOD)

    async def _sync(self, key: Key) -> None:
        found = self._autoscalers.get(*key)
        if not found or found["metadata"].get("deletionTimestamp"):
            return
        autoscaler = copy.deepcopy(found)
        autoscaler.setdefault("status", {})
        try:
            await self._look(autoscaler)
        finally:
            self._work.add_after(key, PERIOD)
        if autoscaler["status"] != found.get("status"):
            await self._autoscalers.replace(autoscaler, "status")

    async def _look(self, autoscaler: Json) -> None:
        """Changes the autoscaler's status, and the size of its target if need be."""
        spec, key = autoscaler["spec"], key_of(autoscaler)
        found = await self._scale(autoscaler)
        if found is None:
            return
        path, scale, kind = found
        status.say(autoscaler, "AbleToScale", "True", "SucceededGetScale", _GOT)
        current = scale["spec"].get("replicas", 0)
        memory = self._memories.setdefault(key, Memory())
        if not memory.recommended:
            paced({**spec, "behavior": None}, memory, current, current)
        least, most, metrics = spec.get("minReplicas", 1), spec["maxReplicas"], None
        if current == 0:
            words = "scaling is disabled since the replica count of the target is zero"
            status.say(autoscaler, "ScalingActive", "False", "ScalingDisabled", words)
            desired, why = 0, ""
        elif current > most:
            desired, why = most, "Current number of replicas above Spec.MaxReplicas"
        elif current < least:
            desired, why = least, "Current number of replicas below Spec.MinReplicas"
        else:
            desired, why, metrics = await self._by_load(autoscaler, scale, kind, current)
            if desired < 0:
                status.sizes(autoscaler, current, autoscaler["status"].get("desiredReplicas", 0), metrics)
                return
            pace = paced(spec, memory, current, desired)
            status.say(autoscaler, "AbleToScale", *pace.able)
            status.say(autoscaler, "ScalingLimited", *pace.limited)
            desired = pace.replicas
        if desired != current:
            if not await self._rescale(autoscaler, path, scale, desired, why):
                status.sizes(autoscaler, current, autoscaler["status"].get("desiredReplicas", 0), metrics)
                return
            memory.changes.append((time.monotonic(), desired - current))
            autoscaler["status"]["lastScaleTime"] = stamp()
        status.sizes(autoscaler, current, desired, metrics)

    async def _scale(self, autoscaler: Json) -> tuple[str, Json, Kind] | None:
        target = autoscaler["spec"]["scaleTargetRef"]
        group = target.get("apiVersion", "").rpartition("/")[0]
        kind = self._kinds.get((group, target["kind"]))
        try:
            if kind is None:
                raise ApiError(404, f'no matches for kind "{target["kind"]}" in group "{group}"')
            path = kind.path(autoscaler["metadata"]["namespace"], target["name"], "scale")
            return path, await self._api.get(path), kind
        except ApiError as error:
            self._warn(autoscaler, "FailedGetScale", error.message)
            status.say(autoscaler, "AbleToScale", "False", "FailedGetScale", _UNABLE + error.message)
            return None

    async def _by_load(
        self, autoscaler: Json, scale: Json, kind: Kind, current: int
    ) -> tuple[int, str, list[Json | None]]:
        """The desired size (-1 if the load says nothing), the reason, and the status of each metric."""
        spec = autoscaler["spec"]
        best, name = 0, ""
        statuses: list[Json | None] = []
        faults: list[tuple[str, str, str]] = []
        for metric in spec.get("metrics") or ():
            source = metric["type"][0].lower() + metric["type"][1:]
            try:
                proposal = await self._propose(autoscaler, metric, scale, kind, current)
            except NoProposal as problem:
                reason = f"FailedGet{metric['type']}Metric"
                self._warn(autoscaler, reason, str(problem))
                what = metric[source].get("container") or metric[source].get("name", "")
                whole = f"failed to get {what} {_PLAIN[metric['type']]} metric value: {problem}"
                faults.append((reason, str(problem), whole))
                statuses.append(None)
                continue
            statuses.append({"type": metric["type"], source: status.metric(metric[source], proposal)})
            if best == 0 or proposal.replicas > best:
                best, name = proposal.replicas, status.described(metric[source], metric["type"])
        if faults and (len(faults) == len(statuses) or best < current):
            reason, fault, whole = faults[0]
            words = f"the HPA was unable to compute the replica count: {fault}"
            status.say(autoscaler, "ScalingActive", "False", reason, words)
            words = f"invalid metrics ({len(faults)} invalid out of {len(statuses)}), first error is: {whole}"
            self._warn(autoscaler, "FailedComputeMetricsReplicas", words)
            return -1, "", statuses
        words = f"the HPA was able to successfully calculate a replica count from {name}"
        status.say(autoscaler, "ScalingActive", "True", "ValidMetricFound", words)
        return best, f"{name} above target" if best > current else "All metrics below target", statuses

    async def _propose(self, autoscaler: Json, metric: Json, scale: Json, kind: Kind, current: int) -> Proposal:
        if metric["type"] not in ("Resource", "ContainerResource"):
            raise NoProposal("unable to fetch metrics from custom metrics API: no custom metrics API is registered")
        source = metric[metric["type"][0].lower() + metric["type"][1:]]
        target = status.target(source, autoscaler["spec"].get("behavior") or {})
        namespace = autoscaler["metadata"]["namespace"]
        what = "usage" if target.utilization is None else "utilization"
        try:
            items = await self._measured(namespace, scale.get("status", {}).get("selector", ""), target.resource)
            owner = self._cluster.objects(kind).get(namespace, scale["metadata"]["name"])
            selector = owner["spec"]["selector"] if owner else None
            pods = [pod for pod in self._pods.within(namespace) if selects(selector, labels_of(pod))]
            return propose(target, current, pods, samples(items, target), now())
        except NoProposal as problem:
            raise NoProposal(f"failed to get {target.resource} {what}: {problem}") from problem

    async def _measured(self, namespace: str, selector: str, resource: str) -> list[Json]:
        unable = f"unable to get metrics for resource {resource}:"
        path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"
        try:
            items = await self._api.items(path, labelSelector=selector)
        except ApiError as error:
            why = _MISSING if error.status == 404 else error.message
            unable = f"{unable} unable to fetch metrics from resource metrics API:"
            raise NoProposal(f"{unable} {why} (get pods.metrics.k8s.io)") from error
        if not items:
            raise NoProposal(f"{unable} no metrics returned from resource metrics API")
        return items

    async def _rescale(self, autoscaler: Json, path: str, scale: Json, desired: int, why: str) -> bool:
        try:
            await self._api.request("PUT", path, {**scale, "spec": {**scale["spec"], "replicas": desired}})
        except ApiError as error:
            message = f"New size: {desired}; reason: {why}; error: {error.message}"
            self._warn(autoscaler, "FailedRescale", message)
            words = f"the HPA controller was unable to update the target scale: {error.message}"
            status.say(autoscaler, "AbleToScale", "False", "FailedUpdateScale", words)
            return False
        words = f"the HPA controller was able to update the target scale to {desired}"
        status.say(autoscaler, "AbleToScale", "True", "SucceededRescale", words)
        message = f"New size: {desired}; reason: {why}"
        self._cluster.events.normal(_COMPONENT, AUTOSCALER, autoscaler, "SuccessfulRescale", message)
        return True

    def _warn(self, autoscaler: Json, reason: str, message: str) -> None:
        self._cluster.events.warning(_COMPONENT, AUTOSCALER, autoscaler, reason, message)
