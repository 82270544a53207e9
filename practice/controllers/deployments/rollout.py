"""One look at one Deployment: its ReplicaSets found or made, grown, shrunk and forgotten, its status written."""

from collections.abc import Callable
from dataclasses import dataclass

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.deployments import progress, revisions, sizes
from practice.controllers.hashes import template_hash
from practice.controllers.kinds import DEPLOYMENT, REPLICA_SET
from practice.controllers.owners import controller_of, reference
from practice.controllers.pod_control import ends_namespace

_COMPONENT = "deployment-controller"


@dataclass
class Rollout:
    cluster: Cluster
    deployment: Json
    sets: list[Json]
    """All ReplicaSets of the Deployment."""

    @property
    def new(self) -> Json | None:
        return revisions.find_new(self.deployment, self.sets)

    @property
    def old(self) -> list[Json]:
        new = self.new
        return [each for each in self.sets if each is not new]

    async def roll(self) -> None:
        new = await self.revise(create=True)
        assert new
        if await self._grow(new) or await self._shrink():
            await self.tell()
            return
        if progress.is_complete(self.deployment, self.deployment.get("status", {})):
            await self._clean_up()
        await self.tell()

    async def recreate(self, old_pods_run: Callable[[Json | None], bool]) -> None:
        await self.revise(create=False)
        if [await self._scale(each, 0) for each in sizes.active(self.old)]:
            await self.tell()
            return
        if sizes.counted(self.old, "replicas") or old_pods_run(self.new):
            await self.tell()
            return
        new = await self.revise(create=True)
        assert new
        await self._scale(new, self.deployment["spec"]["replicas"])
        if progress.is_complete(self.deployment, self.deployment.get("status", {})):
            await self._clean_up()
        await self.tell()

    async def rescale(self) -> None:
        """Bring the sets to the Deployment's size, without rolling anything out."""
        await self.revise(create=False)
        replicas = self.deployment["spec"]["replicas"]
        alive = sizes.active(self.sets)
        if len(alive) <= 1:
            newest = [*alive, *([self.new] if self.new else []), *reversed(revisions.oldest_first(self.old))]
            if newest:
                await self._scale(newest[0], replicas)
        elif sizes.is_saturated(self.deployment, self.new):
            for each in sizes.active(self.old):
                await self._scale(each, 0)
        elif sizes.is_rolling(self.deployment):
            for each, wanted in sizes.proportional(self.deployment, alive):
                await self._scale(each, wanted, force=True)
        if self.deployment["spec"].get("paused"):
            await self._clean_up()
        await self.tell(estimate=False)

    def is_scaled(self) -> bool:
        """Somebody changed the Deployment's size since its sets were last sized."""
        desired = [revisions.notes_of(each).get(revisions.DESIRED) for each in sizes.active(self.sets)]
        return any(each is not None and each != str(self.deployment["spec"]["replicas"]) for each in desired)

    async def revise(self, *, create: bool) -> Json | None:
        """The new ReplicaSet with its revision, on it and on the Deployment."""
        revision = revisions.newest_revision(self.old) + 1
        new = self.new
        if new is None:
            return await self._make(revision) if create else None
        notes = revisions.annotated(new, self.deployment, revision)
        wait = self.deployment["spec"].get("minReadySeconds", 0)
        if notes != revisions.notes_of(new) or new["spec"].get("minReadySeconds", 0) != wait:
            meta = {**new["metadata"], "annotations": notes}
            return await self._write({**new, "metadata": meta, "spec": {**new["spec"], "minReadySeconds": wait}})
        found = ("FoundNewReplicaSet", f'Found new replica set "{new["metadata"]["name"]}"')
        await self._number(notes.get(revisions.REVISION, ""), () if self._has_progress() else found)
        return new

    async def _make(self, revision: int) -> Json | None:
        deployment = self.deployment
        spec = deployment["spec"]
        mark = template_hash(spec["template"], deployment.get("status", {}).get("collisionCount") or 0)
        own = spec["template"].get("metadata") or {}
        labels = {**(own.get("labels") or {}), revisions.HASH: mark}
        selector = dict(spec["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), revisions.HASH: mark}
        count = sizes.new_size(deployment, self.old, 0)
        meta = deployment["metadata"]
        name = f"{meta['name'][: 252 - len(mark)]}-{mark}"
        draft: Json = {
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": labels,
                "ownerReferences": [reference(DEPLOYMENT, deployment)],
            },
            "spec": {
                "replicas": count,
                "minReadySeconds": spec.get("minReadySeconds", 0),
                "selector": selector,
                "template": {**spec["template"], "metadata": {**own, "labels": labels}},
            },
        }
        notes = revisions.annotated(draft, deployment, revision) | sizes.wanted_notes(deployment)
        draft["metadata"]["annotations"] = notes
        try:
            made = await self.cluster.objects(REPLICA_SET).create(draft)
        except ApiError as error:
            return await self._not_made(error, name)
        self.sets.append(made)
        if count:
            self._say("Normal", "ScalingReplicaSet", f"Scaled up replica set {name} from 0 to {count}")
        await self._number(str(revision), ("NewReplicaSetCreated", f'Created new replica set "{name}"'))
        return made

    async def _not_made(self, error: ApiError, name: str) -> Json:
        if ends_namespace(error):
            raise error
        sets = self.cluster.objects(REPLICA_SET)
        status = dict(self.deployment.get("status", {}))
        if error.status == 409:
            found = sets.get(self.deployment["metadata"]["namespace"], name)
            owner = controller_of(found) if found else None
            if not found:
                raise error
            ours = owner is not None and owner["uid"] == self.deployment["metadata"]["uid"]
            if ours and revisions.has_template(found, self.deployment):
                self.sets.append(found)
                return found
            status["collisionCount"] = (status.get("collisionCount") or 0) + 1
            await self._write_status(status)
            raise error
        message = f'Failed to create new replica set "{name}": {error.message}'
        if progress.has_deadline(self.deployment):
            words = ("Progressing", "False", "ReplicaSetCreateError", message)
            status["conditions"] = progress.told(status.get("conditions") or [], *words)
            await self._write_status(status)
        self._say("Warning", "ReplicaSetCreateError", message)
        raise error

    def _has_progress(self) -> bool:
        conditions = self.deployment.get("status", {}).get("conditions") or []
        return not progress.has_deadline(self.deployment) or any(each["type"] == "Progressing" for each in conditions)

    async def _number(self, revision: str, news: tuple[str, str] | tuple[()]) -> None:
        """Write the revision on the Deployment, and what is new about its progress."""
        notes = revisions.notes_of(self.deployment)
        status = self.deployment.get("status", {})
        conditions = status.get("conditions") or []
        if news and progress.has_deadline(self.deployment):
            conditions = progress.told(conditions, "Progressing", "True", *news)
        if notes.get(revisions.REVISION) == revision and conditions == (status.get("conditions") or []):
            return
        meta = {**self.deployment["metadata"], "annotations": {**notes, revisions.REVISION: revision}}
        changed = {**self.deployment, "metadata": meta, "status": {**status, "conditions": conditions}}
        self.deployment = await self.cluster.objects(DEPLOYMENT).replace(changed, "status")

    async def _grow(self, new: Json) -> bool:
        replicas, present = self.deployment["spec"]["replicas"], sizes.size(new)
        wanted = replicas if present >= replicas else sizes.new_size(self.deployment, self.sets, present)
        return await self._scale(new, wanted)

    async def _shrink(self) -> bool:
        """Old sets first lose what does not work, then what the new one replaces."""
        limits, new = sizes.bounds(self.deployment), self.new
        assert new
        missing = sizes.size(new) - sizes.counted([new], "availableReplicas")
        spare = sizes.total(self.sets) - limits.fewest_available - missing
        if spare <= 0 or not sizes.total(self.old):
            return False
        done = 0
        for each in revisions.oldest_first(sizes.active(self.old)):
            broken = sizes.size(each) - sizes.counted([each], "availableReplicas")
            if (less := min(spare - done, broken)) > 0:
                await self._scale(each, sizes.size(each) - less)
                done += less
        spare = sizes.counted(self.sets, "availableReplicas") - limits.fewest_available
        fewer = 0
        for each in revisions.oldest_first(sizes.active(self.old)):
            if (less := min(spare - fewer, sizes.size(each))) > 0:
                await self._scale(each, sizes.size(each) - less)
                fewer += less
        return bool(done + fewer)

    async def _scale(self, replica_set: Json, wanted: int, *, force: bool = False) -> bool:
        """True if its size changed. With `force`, its annotations are brought up to date too."""
        before = sizes.size(replica_set)
        notes = revisions.notes_of(replica_set)
        wanted_notes = sizes.wanted_notes(self.deployment)
        if before == wanted and not (force and not wanted_notes.items() <= notes.items()):
            return False
        meta = {**replica_set["metadata"], "annotations": {**notes, **wanted_notes}}
        await self._write({**replica_set, "metadata": meta, "spec": {**replica_set["spec"], "replicas": wanted}})
        if before == wanted:
            return False
        way = "up" if before < wanted else "down"
        name = replica_set["metadata"]["name"]
        self._say("Normal", "ScalingReplicaSet", f"Scaled {way} replica set {name} from {before} to {wanted}")
        return True

    async def _clean_up(self) -> None:
        """Forget the oldest revisions beyond the limit."""
        limit = self.deployment["spec"].get("revisionHistoryLimit")
        if limit is None or limit == 2**31 - 1:
            return
        alive = [each for each in self.old if not each["metadata"].get("deletionTimestamp")]
        for each in revisions.by_revision(alive)[: max(len(alive) - limit, 0)]:
            seen = each.get("status", {}).get("observedGeneration", 0) >= each["metadata"]["generation"]
            if seen and not sizes.size(each) and not sizes.counted([each], "replicas"):
                await self.cluster.objects(REPLICA_SET).delete(each)
                self.sets.remove(each)

    async def tell(self, *, estimate: bool = True) -> None:
        status = progress.counts(self.deployment, self.sets, self.new)
        if estimate:
            status = progress.with_progress(self.deployment, status, self.sets, self.new)
        if status != self.deployment.get("status"):
            await self._write_status(status)

    async def _write_status(self, status: Json) -> None:
        changed = {**self.deployment, "status": status}
        self.deployment = await self.cluster.objects(DEPLOYMENT).replace(changed, "status")

    async def _write(self, replica_set: Json) -> Json:
        written = await self.cluster.objects(REPLICA_SET).replace(replica_set)
        uid = written["metadata"]["uid"]
        self.sets = [written if each["metadata"]["uid"] == uid else each for each in self.sets]
        return written

    def _say(self, level: str, reason: str, message: str) -> None:
        say = self.cluster.events.normal if level == "Normal" else self.cluster.events.warning
        say(_COMPONENT, DEPLOYMENT, self.deployment, reason, message)
