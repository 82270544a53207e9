"""DaemonSets: one pod on every node that will have it, renewed a few at a time."""

from collections import defaultdict
from collections.abc import Sequence

from practice.api import ApiError, Json
from practice.controllers import pods as facts
from practice.controllers import taints
from practice.controllers.cluster import Cluster
from practice.controllers.deployments.sizes import scaled
from practice.controllers.kinds import CONTROLLER_REVISION, DAEMON_SET, NODE, POD, Key, key_of
from practice.controllers.labels import labels_of
from practice.controllers.owners import claim, controller_uid, orphans_of, wake_owners
from practice.controllers.pod_control import NamespaceEnds, PodControl, from_template
from practice.controllers.revision_history import HASH, History
from practice.controllers.scheduling.terms import node_matches
from practice.controllers.times import now
from practice.controllers.work import Work

_GENERATION = "deprecated.daemonset.template.generation"
_ENDURES = [
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
]


class DaemonSets:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._sets = cluster.objects(DAEMON_SET)
        self._pods = cluster.objects(POD)
        self._nodes = cluster.objects(NODE)
        self._pods_by_owner = self._pods.index(controller_uid)
        revisions = cluster.objects(CONTROLLER_REVISION)
        self._history = History(DAEMON_SET, revisions, revisions.index(controller_uid), HASH)
        self._control = PodControl(cluster, DAEMON_SET, "daemonset-controller")
        self._work: Work[Key] = Work("daemon sets", self._sync)
        wake_owners(self._work, self._sets, self._pods)
        self._nodes.listen(self._node_changed)

    async def run(self) -> None:
        await self._work.run()

    def _node_changed(self, before: Json | None, after: Json | None) -> None:
        if before and after and _traits(before) == _traits(after):
            return
        for each in self._sets:
            self._work.add(key_of(each))

    async def _sync(self, key: Key) -> None:
        owner = self._sets.get(*key)
        if not owner:
            return
        newest = await self._history.newest(owner)
        mark = labels_of(newest)[HASH]
        failure: Exception | None = None
        if not facts.is_leaving(owner):
            try:
                await self._place(owner, mark)
                await self._renew(owner, mark)
            except NamespaceEnds:
                pass
            except ApiError as error:
                failure = error
        pods = await self._own(owner)
        await self._tell(owner, pods, mark)
        in_use = {f"{key[1]}-{labels_of(pod).get(HASH, '')}" for each in pods.values() for pod in each}
        await self._history.forget(owner, {*in_use, newest["metadata"]["name"]})
        if failure:
            raise failure

    async def _own(self, owner: Json) -> dict[str, list[Json]]:
        """Its pods by node, the oldest first."""
        meta = owner["metadata"]
        candidates = [*self._pods_by_owner[meta["uid"]], *self._pods_by_owner[orphans_of(meta["namespace"])]]
        found: defaultdict[str, list[Json]] = defaultdict(list)
        for pod in await claim(DAEMON_SET, owner, candidates, self._pods):
            if not (facts.is_over(pod) and facts.is_leaving(pod)):
                found[_node_of(pod)].append(pod)
        for pods in found.values():
            pods.sort(key=lambda pod: (not pod["spec"].get("nodeName"), pod["metadata"]["creationTimestamp"]))
        return found

    async def _place(self, owner: Json, mark: str) -> None:
        """One on each node that should have one, none elsewhere."""
        pods = await self._own(owner)
        missing, spare = [], []
        for node in self._nodes:
            name = node["metadata"]["name"]
            here = pods.get(name, [])
            should, may_stay = _belongs(owner, node)
            if should and not here:
                missing.append(name)
            elif may_stay:
                living = [pod for pod in here if not facts.is_leaving(pod)]
                ended = [pod for pod in living if facts.is_over(pod)]
                for pod in ended:
                    self._tell_of_end(owner, pod, name)
                spare += [*ended, *[pod for pod in living if pod not in ended][1:]]
            else:
                spare += [pod for pod in here if not facts.is_leaving(pod)]
        await self._control.delete_many(owner, spare)
        await self._control.create_many(owner, [self._draft(owner, name, mark) for name in missing])

    def _tell_of_end(self, owner: Json, pod: Json, node: str) -> None:
        what = f"daemon pod {pod['metadata']['namespace']}/{pod['metadata']['name']} on node {node}, will try to"
        if facts.phase(pod) == "Failed":
            message = f"Found failed {what} kill it"
            self._events.warning("daemonset-controller", DAEMON_SET, owner, "FailedDaemonPod", message)
        else:
            message = f"Found succeeded {what} delete it"
            self._events.normal("daemonset-controller", DAEMON_SET, owner, "SucceededDaemonPod", message)

    def _draft(self, owner: Json, node: str, mark: str) -> Json:
        pod = from_template(DAEMON_SET, owner, owner["spec"]["template"])
        generation = (owner["metadata"].get("annotations") or {}).get(_GENERATION)
        labels = {**(pod["metadata"].get("labels") or {}), HASH: mark}
        if generation:
            labels["pod-template-generation"] = generation
        spec = {**pod["spec"], "affinity": _bound_to(node, pod["spec"].get("affinity") or {})}
        spec["tolerations"] = [*(spec.get("tolerations") or []), *_tolerations(spec)]
        return {"metadata": {**pod["metadata"], "labels": labels}, "spec": spec}

    async def _renew(self, owner: Json, mark: str) -> None:
        """Remove old pods, as many as may be missing at a time; their successors come with the next look."""
        strategy = owner["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        wanted = sum(_belongs(owner, node)[0] for node in self._nodes)
        limit = scaled((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), wanted, up=True)
        old: list[Json] = []
        broken: list[Json] = []
        absent = 0
        for pods in (await self._own(owner)).values():
            pod = pods[0]
            available = facts.available_in(pod, owner["spec"].get("minReadySeconds", 0), now()) == 0
            if facts.is_leaving(pod) or not available:
                absent += 1
            if labels_of(pod).get(HASH) != mark and not facts.is_leaving(pod):
                (old if available else broken).append(pod)
        await self._control.delete_many(owner, [*broken, *old[: max(max(limit, 1) - absent, 0)]])

    async def _tell(self, owner: Json, pods: dict[str, list[Json]], mark: str) -> None:
        wait = owner["spec"].get("minReadySeconds", 0)
        homes = [node["metadata"]["name"] for node in self._nodes if _belongs(owner, node)[0]]
        running = [pods[name][0] for name in homes if pods.get(name)]
        rests = [facts.available_in(pod, wait, now()) for pod in running]
        if later := [rest for rest in rests if rest]:
            self._work.add_after(key_of(owner), min(later) + 0.01)
        available = sum(rest == 0 for rest in rests)
        before = owner.get("status", {})
        counts = {
            "observedGeneration": owner["metadata"]["generation"],
            "updatedNumberScheduled": sum(labels_of(pod).get(HASH) == mark for pod in running),
            "numberAvailable": available,
            "numberUnavailable": len(homes) - available,
        }
        status = {
            **{key: each for key, each in before.items() if key in ("conditions", "collisionCount")},
            **{name: count for name, count in counts.items() if count},
            "desiredNumberScheduled": len(homes),
            "currentNumberScheduled": len(running),
            "numberMisscheduled": sum(bool(each) and name not in homes for name, each in pods.items()),
            "numberReady": sum(rest is not None for rest in rests),
        }
        if status != before:
            await self._sets.replace({**owner, "status": status}, "status")


def _belongs(owner: Json, node: Json) -> tuple[bool, bool]:
    """Whether a pod should be there, and whether one that is there may stay."""
    spec = owner["spec"]["template"]["spec"]
    if spec.get("nodeName", node["metadata"]["name"]) != node["metadata"]["name"] or not node_matches(spec, node):
        return False, False
    tolerations = [*(spec.get("tolerations") or []), *_tolerations(spec)]
    may_come = taints.untolerated(taints.taints_of(node, "NoSchedule", "NoExecute"), tolerations) is None
    may_stay = taints.untolerated(taints.taints_of(node, "NoExecute"), tolerations) is None
    return may_come, may_stay


def _tolerations(spec: Json) -> list[Json]:
    more = [("network-unavailable", "NoSchedule")] if spec.get("hostNetwork") else []
    return [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect} for key, effect in _ENDURES + more
    ]


def _bound_to(node: str, affinity: Json) -> Json:
    """The affinity, with the node's name in every required term."""
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    of_nodes = dict(affinity.get("nodeAffinity") or {})
    of_nodes["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {**affinity, "nodeAffinity": of_nodes}


def _node_of(pod: Json) -> str:
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    required = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution", {}
    )
    fields = [each for term in required.get("nodeSelectorTerms", ()) for each in term.get("matchFields", ())]
    return str(fields[0]["values"][0]) if fields else ""


def _traits(node: Json) -> Sequence[object]:
    return node["metadata"].get("labels"), node["spec"].get("taints"), node["spec"].get("unschedulable")
