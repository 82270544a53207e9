"""ReplicaSets: as many pods as they ask for."""

from collections.abc import Sequence

from practice.api import ApiError, Json
from practice.controllers import pods as facts
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import condition, without
from practice.controllers.kinds import POD, REPLICA_SET, Key, key_of
from practice.controllers.labels import has_all, labels_of, selects
from practice.controllers.owners import claim, controller_of, controller_uid, orphans_of, wake_owners
from practice.controllers.pod_control import NamespaceEnds, PodControl, from_template
from practice.controllers.times import now, stamp
from practice.controllers.work import Work

_FAILED = "ReplicaFailure"


class ReplicaSets:
    def __init__(self, cluster: Cluster) -> None:
        self._sets = cluster.objects(REPLICA_SET)
        self._pods = cluster.objects(POD)
        self._sets_by_owner = self._sets.index(controller_uid)
        self._pods_by_owner = self._pods.index(controller_uid)
        self._control = PodControl(cluster, REPLICA_SET, "replicaset-controller")
        self._work: Work[Key] = Work("replica sets", self._sync)
        wake_owners(self._work, self._sets, self._pods)
        self._pods.listen(self._pod_changed)

    async def run(self) -> None:
        await self._work.run()

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        if after and not controller_of(after) and _is_new_orphan(before, after):
            for each in self._sets.within(after["metadata"]["namespace"]):
                if selects(each["spec"]["selector"], labels_of(after)):
                    self._work.add(key_of(each))

    async def _sync(self, key: Key) -> None:
        replica_set = self._sets.get(*key)
        if not replica_set:
            return
        failure: Exception | None = None
        active = await self._active(replica_set)
        if not facts.is_leaving(replica_set):
            try:
                await self._manage(replica_set, active)
            except NamespaceEnds:
                pass
            except ApiError as error:
                failure = error
            active = await self._active(replica_set)
        await self._tell(replica_set, active, failure)
        if failure:
            raise failure

    def _all(self, replica_set: Json) -> list[Json]:
        meta = replica_set["metadata"]
        return [*self._pods_by_owner[meta["uid"]], *self._pods_by_owner[orphans_of(meta["namespace"])]]

    async def _active(self, replica_set: Json) -> list[Json]:
        candidates = [pod for pod in self._all(replica_set) if facts.is_active(pod)]
        return await claim(REPLICA_SET, replica_set, candidates, self._pods)

    async def _manage(self, replica_set: Json, active: Sequence[Json]) -> None:
        missing = replica_set["spec"]["replicas"] - len(active)
        if missing > 0:
            pod = from_template(REPLICA_SET, replica_set, replica_set["spec"]["template"])
            await self._control.create_many(replica_set, [pod] * missing)
        elif missing < 0:
            chosen = facts.first_to_go(active, self._related(replica_set), -missing, now())
            await self._control.delete_many(replica_set, chosen)

    def _related(self, replica_set: Json) -> list[Json]:
        owner = controller_of(replica_set)
        sets = self._sets_by_owner[owner["uid"]] if owner else [replica_set]
        return [pod for each in sets for pod in self._pods_by_owner[each["metadata"]["uid"]]]

    async def _tell(self, replica_set: Json, active: Sequence[Json], failure: Exception | None) -> None:
        wait = replica_set["spec"].get("minReadySeconds", 0)
        rests = [facts.available_in(pod, wait, now()) for pod in active]
        if later := [rest for rest in rests if rest]:
            self._work.add_after(key_of(replica_set), min(later) + 0.01)
        labels = replica_set["spec"]["template"]["metadata"].get("labels") or {}
        ending = [pod for pod in self._all(replica_set) if _is_ending(pod, replica_set)]
        counts = {
            "fullyLabeledReplicas": sum(has_all(labels, labels_of(pod)) for pod in active),
            "readyReplicas": sum(rest is not None for rest in rests),
            "availableReplicas": sum(rest == 0 for rest in rests),
            "observedGeneration": replica_set["metadata"]["generation"],
        }
        conditions = _conditions(replica_set, len(active), failure)
        status = {
            "replicas": len(active),
            **{name: count for name, count in counts.items() if count},
            "terminatingReplicas": len(ending),
            **({"conditions": conditions} if conditions else {}),
        }
        if status != replica_set.get("status"):
            await self._sets.replace({**replica_set, "status": status}, "status")


def _conditions(replica_set: Json, pods: int, failure: Exception | None) -> list[Json]:
    before = replica_set.get("status", {}).get("conditions") or []
    if failure is None:
        return without(before, _FAILED)
    if condition(replica_set, _FAILED):
        return list(before)
    reason = "FailedCreate" if pods < replica_set["spec"]["replicas"] else "FailedDelete"
    message = failure.message if isinstance(failure, ApiError) else str(failure)
    told = {"type": _FAILED, "status": "True", "lastTransitionTime": stamp(), "reason": reason, "message": message}
    return [*before, told]


def _is_ending(pod: Json, replica_set: Json) -> bool:
    owner = controller_of(pod)
    ours = owner is not None and owner["uid"] == replica_set["metadata"]["uid"]
    return ours and facts.is_leaving(pod) and not facts.is_over(pod)


def _is_new_orphan(before: Json | None, after: Json) -> bool:
    return before is None or labels_of(before) != labels_of(after) or controller_of(before) is not None
