"""Hears of Deployments, their ReplicaSets and pods, and looks at each Deployment that may need something."""

from practice.api import Json
from practice.controllers import pods as facts
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import condition
from practice.controllers.deployments import progress, sizes
from practice.controllers.deployments.rollout import Rollout
from practice.controllers.kinds import DEPLOYMENT, POD, REPLICA_SET, Key, key_of
from practice.controllers.labels import is_empty, labels_of, selects
from practice.controllers.owners import claim, controller_of, controller_uid, orphans_of, wake_owners
from practice.controllers.work import Work

_PAUSED = ("DeploymentPaused", "Deployment is paused")
_RESUMED = ("DeploymentResumed", "Deployment is resumed")


class Deployments:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._deployments = cluster.objects(DEPLOYMENT)
        self._sets = cluster.objects(REPLICA_SET)
        self._sets_by_owner = self._sets.index(controller_uid)
        self._pods_by_owner = cluster.objects(POD).index(controller_uid)
        self._work: Work[Key] = Work("deployments", self._sync)
        wake_owners(self._work, self._deployments, self._sets)
        self._sets.listen(self._set_changed)
        cluster.objects(POD).listen(self._pod_changed)

    async def run(self) -> None:
        await self._work.run()

    def _set_changed(self, _: Json | None, after: Json | None) -> None:
        if after and not controller_of(after):
            for each in self._deployments.within(after["metadata"]["namespace"]):
                if selects(each["spec"]["selector"], labels_of(after)):
                    self._work.add(key_of(each))

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        """Recreate waits for the last old pod to be gone."""
        if before and (after is None or facts.is_over(after)):
            owner = controller_of(before)
            replica_set = self._sets.by_uid(owner["uid"]) if owner else None
            deployment = self._owner(replica_set) if replica_set else None
            if deployment and not sizes.is_rolling(deployment):
                self._work.add(key_of(deployment))

    def _owner(self, item: Json) -> Json | None:
        owner = controller_of(item)
        return self._deployments.by_uid(owner["uid"]) if owner else None

    async def _sync(self, key: Key) -> None:
        deployment = self._deployments.get(*key)
        if not deployment:
            return
        if is_empty(deployment["spec"]["selector"]):
            message = "This deployment is selecting all pods. A non-empty selector is required."
            self._cluster.events.warning("deployment-controller", DEPLOYMENT, deployment, "SelectingAll", message)
            return
        meta = deployment["metadata"]
        candidates = [*self._sets_by_owner[meta["uid"]], *self._sets_by_owner[orphans_of(key[0])]]
        sets = await claim(DEPLOYMENT, deployment, candidates, self._sets)
        rollout = Rollout(self._cluster, deployment, sets)
        if facts.is_leaving(deployment):
            await rollout.tell(estimate=False)
            return
        rollout.deployment = deployment = await self._note_pause(deployment)
        if deployment["spec"].get("paused") or rollout.is_scaled():
            await rollout.rescale()
        elif sizes.is_rolling(deployment):
            await rollout.roll()
        else:
            await rollout.recreate(lambda new: self._old_pods_run(rollout, new))
        left = progress.seconds_to_deadline(rollout.deployment, rollout.deployment.get("status", {}))
        if left is not None:
            self._work.add_after(key, max(left, 0) + 1)

    async def _note_pause(self, deployment: Json) -> Json:
        current = condition(deployment, "Progressing")
        if not progress.has_deadline(deployment) or (current and current.get("reason") == progress.TIMED_OUT):
            return deployment
        was_paused = current is not None and current.get("reason") == _PAUSED[0]
        is_paused = bool(deployment["spec"].get("paused"))
        if was_paused == is_paused:
            return deployment
        status = deployment.get("status", {})
        words = _PAUSED if is_paused else _RESUMED
        conditions = progress.told(status.get("conditions") or [], "Progressing", "Unknown", *words)
        changed = {**deployment, "status": {**status, "conditions": conditions}}
        return await self._deployments.replace(changed, "status")

    def _old_pods_run(self, rollout: Rollout, new: Json | None) -> bool:
        pods = [pod for each in rollout.sets if each is not new for pod in self._pods_by_owner[each["metadata"]["uid"]]]
        return not all(map(facts.is_over, pods))
