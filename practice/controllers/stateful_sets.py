"""StatefulSets: pods with numbers, one after the other, each with its own claims."""

from collections.abc import Sequence

from practice.api import ApiError, Json
from practice.controllers import pods as facts
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import CLAIM, CONTROLLER_REVISION, POD, STATEFUL_SET, Key, key_of
from practice.controllers.labels import labels_of
from practice.controllers.owners import claim, controller_uid, orphans_of, wake_owners
from practice.controllers.pod_control import ends_namespace, from_template
from practice.controllers.revision_history import HASH, History, template_of
from practice.controllers.times import now
from practice.controllers.work import Work

_COMPONENT = "statefulset-controller"


class StatefulSets:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._sets = cluster.objects(STATEFUL_SET)
        self._pods = cluster.objects(POD)
        self._claims = cluster.objects(CLAIM)
        self._pods_by_owner = self._pods.index(controller_uid)
        revisions = cluster.objects(CONTROLLER_REVISION)
        self._history = History(
            STATEFUL_SET, revisions, revisions.index(controller_uid), "controller.kubernetes.io/hash"
        )
        self._work: Work[Key] = Work("stateful sets", self._sync)
        wake_owners(self._work, self._sets, self._pods)

    async def run(self) -> None:
        await self._work.run()

    async def _sync(self, key: Key) -> None:
        found = self._sets.get(*key)
        if not found:
            return
        newest = await self._history.newest(found)
        current_name = found.get("status", {}).get("currentRevision")
        named = [each for each in self._history.of(found) if each["metadata"]["name"] == current_name]
        current = named[0] if named else newest
        failure: ApiError | None = None
        if not facts.is_leaving(found):
            try:
                await self._step(found, current, newest)
            except ApiError as error:
                failure = None if ends_namespace(error) else error
        pods = await self._own(found)
        await self._tell(found, pods, current, newest)
        in_use = {
            current["metadata"]["name"],
            newest["metadata"]["name"],
            *(labels_of(pod).get(HASH, "") for pod in pods),
        }
        await self._history.forget(found, in_use)
        if failure:
            raise failure

    async def _own(self, owner: Json) -> list[Json]:
        meta = owner["metadata"]
        orphans = [pod for pod in self._pods_by_owner[orphans_of(meta["namespace"])] if _ordinal(owner, pod) >= 0]
        return await claim(STATEFUL_SET, owner, [*self._pods_by_owner[meta["uid"]], *orphans], self._pods)

    async def _step(self, owner: Json, current: Json, newest: Json) -> None:
        """Make what is missing, remove what is too much, renew what is old: one at a time unless in parallel."""
        spec = owner["spec"]
        first = (spec.get("ordinals") or {}).get("start", 0)
        wanted = range(first, first + spec["replicas"])
        pods = {_ordinal(owner, pod): pod for pod in await self._own(owner)}
        one_by_one = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        for number in wanted:
            pod = pods.get(number)
            if pod and facts.is_over(pod):
                if not facts.is_leaving(pod):
                    await self._delete(owner, pod)
                return
            if pod is None:
                await self._create(owner, number, self._revision(owner, number, current, newest))
            elif facts.phase(pod) == "Pending":
                await self._make_claims(owner, number, pod["metadata"]["name"])
            if one_by_one and (pod is None or facts.is_leaving(pod) or not self._is_available(owner, pod)):
                return
        for number in sorted((each for each in pods if each not in wanted), reverse=True):
            if not facts.is_leaving(pods[number]):
                await self._delete(owner, pods[number])
            if one_by_one:
                return
        if spec.get("updateStrategy", {}).get("type") == "OnDelete":
            return
        partition = (spec.get("updateStrategy", {}).get("rollingUpdate") or {}).get("partition", 0)
        for number in reversed(wanted):
            pod = pods.get(number)
            if number < partition or pod is None:
                return
            if labels_of(pod).get(HASH) != newest["metadata"]["name"] and not facts.is_leaving(pod):
                await self._delete(owner, pod)
                return
            if facts.is_leaving(pod) or not self._is_available(owner, pod):
                return

    def _is_available(self, owner: Json, pod: Json) -> bool:
        rest = facts.available_in(pod, owner["spec"].get("minReadySeconds", 0), now())
        if rest:
            self._work.add_after(key_of(owner), rest)
        return rest == 0

    def _revision(self, owner: Json, number: int, current: Json, newest: Json) -> Json:
        """Pods below the partition stay with the current revision."""
        strategy = owner["spec"].get("updateStrategy") or {}
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        return current if strategy.get("type") == "RollingUpdate" and number < partition else newest

    async def _create(self, owner: Json, number: int, revision: Json) -> None:
        meta, name = owner["metadata"], f"{owner['metadata']['name']}-{number}"
        await self._make_claims(owner, number, name)
        pod = from_template(STATEFUL_SET, owner, template_of(revision))
        labels = {
            **(pod["metadata"].get("labels") or {}),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
            HASH: revision["metadata"]["name"],
        }
        own = [
            {"name": each["metadata"]["name"], "persistentVolumeClaim": {"claimName": _claim_name(owner, each, number)}}
            for each in owner["spec"].get("volumeClaimTemplates") or ()
        ]
        names = {each["name"] for each in own}
        others = [each for each in pod["spec"].get("volumes") or () if each["name"] not in names]
        spec = {**pod["spec"], "hostname": name, "volumes": own + others}
        if owner["spec"].get("serviceName"):
            spec["subdomain"] = owner["spec"]["serviceName"]
        place = {"name": name, "generateName": f"{meta['name']}-", "labels": labels}
        try:
            await self._pods.create({"metadata": {**pod["metadata"], **place}, "spec": spec})
        except ApiError as error:
            if error.status != 409 and not ends_namespace(error):
                message = f"Create Pod {name} in StatefulSet {meta['name']} failed error: {error.message}"
                self._events.warning(_COMPONENT, STATEFUL_SET, owner, "FailedCreate", message)
            raise
        self._say(owner, "create", name)

    async def _make_claims(self, owner: Json, number: int, pod: str) -> None:
        meta = owner["metadata"]
        for each in owner["spec"].get("volumeClaimTemplates") or ():
            name = _claim_name(owner, each, number)
            if self._claims.get(meta["namespace"], name):
                continue
            labels = {**labels_of(each), **(owner["spec"]["selector"].get("matchLabels") or {})}
            place = {"name": name, "namespace": meta["namespace"], "labels": labels}
            await self._claims.create({"metadata": {**each["metadata"], **place}, "spec": each["spec"]})
            message = f"Create Claim {name} Pod {pod} in StatefulSet {meta['name']} success"
            self._events.normal(_COMPONENT, STATEFUL_SET, owner, "SuccessfulCreate", message)

    async def _delete(self, owner: Json, pod: Json) -> None:
        await self._pods.delete(pod)
        self._say(owner, "delete", pod["metadata"]["name"])

    def _say(self, owner: Json, verb: str, pod: str) -> None:
        message = f"{verb.title()} Pod {pod} in StatefulSet {owner['metadata']['name']} successful"
        self._events.normal(_COMPONENT, STATEFUL_SET, owner, f"Successful{verb.title()}", message)

    async def _tell(self, owner: Json, pods: Sequence[Json], current: Json, newest: Json) -> None:
        names = current["metadata"]["name"], newest["metadata"]["name"]
        staying = [labels_of(pod).get(HASH) for pod in pods if not facts.is_leaving(pod)]
        rests = [facts.available_in(pod, owner["spec"].get("minReadySeconds", 0), now()) for pod in pods]
        ready = sum(facts.is_ready(pod) and facts.phase(pod) == "Running" for pod in pods)
        counts = {
            "observedGeneration": owner["metadata"]["generation"],
            "readyReplicas": ready,
            "currentReplicas": staying.count(names[0]),
            "updatedReplicas": staying.count(names[1]),
        }
        replicas = owner["spec"]["replicas"]
        rolling = owner["spec"].get("updateStrategy", {}).get("type", "RollingUpdate") == "RollingUpdate"
        if rolling and counts["updatedReplicas"] == ready == len(pods) == replicas:
            counts["currentReplicas"], names = counts["updatedReplicas"], (names[1], names[1])
        before = owner.get("status", {})
        status = {
            **{key: each for key, each in before.items() if key == "conditions"},
            **{name: count for name, count in counts.items() if count},
            "replicas": len(pods),
            "availableReplicas": sum(rest == 0 for rest in rests),
            "collisionCount": before.get("collisionCount") or 0,
            "currentRevision": names[0],
            "updateRevision": names[1],
        }
        if status != before:
            await self._sets.replace({**owner, "status": status}, "status")


def _ordinal(owner: Json, pod: Json) -> int:
    """The pod's number, -1 if its name is not one of the set's."""
    prefix, _, number = pod["metadata"]["name"].rpartition("-")
    return int(number) if prefix == owner["metadata"]["name"] and number.isdigit() else -1


def _claim_name(owner: Json, template: Json, number: int) -> str:
    return f"{template['metadata']['name']}-{owner['metadata']['name']}-{number}"
