"""Jobs: pods until enough of them have succeeded, or too many have failed. Without indexes."""

import asyncio
from collections.abc import Sequence

from practice.api import ApiError, Json
from practice.controllers import pods as facts
from practice.controllers.cluster import Cluster
from practice.controllers.conditions import changed, condition
from practice.controllers.kinds import JOB, POD, Key, key_of
from practice.controllers.owners import claim, controller_of, controller_uid, orphans_of
from practice.controllers.pod_control import NamespaceEnds, PodControl, from_template
from practice.controllers.times import parse, seconds_since, stamp
from practice.controllers.work import Work

_COMPONENT = "job-controller"
_TRACKED = "batch.kubernetes.io/job-tracking"
_FIRST_REST, _LONGEST_REST = 10.0, 600.0
_REACHED = ("CompletionsReached", "Reached expected number of succeeded pods")
_LIMIT = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
_LATE = ("DeadlineExceeded", "Job was active longer than specified deadline")


class Jobs:
    def __init__(self, cluster: Cluster) -> None:
        self._events = cluster.events
        self._jobs = cluster.objects(JOB)
        self._pods = cluster.objects(POD)
        self._pods_by_owner = self._pods.index(controller_uid)
        self._control = PodControl(cluster, JOB, _COMPONENT)
        self._work: Work[Key] = Work("jobs", self._sync)
        self._strays: Work[Key] = Work("pods of gone jobs", self._let_go)
        self._jobs.listen(self._job_changed)
        self._pods.listen(self._pod_changed)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work.run())
            group.create_task(self._strays.run())

    def _job_changed(self, before: Json | None, after: Json | None) -> None:
        if after:
            self._work.add(key_of(after))
        elif before:
            for pod in self._pods_by_owner[before["metadata"]["uid"]]:
                self._strays.add(key_of(pod))

    def _pod_changed(self, before: Json | None, after: Json | None) -> None:
        for pod in filter(None, (before, after)):
            owner = controller_of(pod)
            if owner and (job := self._jobs.by_uid(owner["uid"])):
                self._work.add(key_of(job))
            elif _is_tracked(pod):
                self._strays.add(key_of(pod))

    async def _let_go(self, key: Key) -> None:
        """A pod whose Job is gone is counted by nobody, and held by nobody."""
        pod = self._pods.get(*key)
        if not pod or not _is_tracked(pod):
            return
        owner = controller_of(pod)
        job = {"metadata": {"namespace": key[0], "name": owner["name"], "uid": owner["uid"]}} if owner else None
        if not job or not await self._jobs.fresh(job):
            await self._release(pod)

    async def _sync(self, key: Key) -> None:
        job = self._jobs.get(*key)
        if not job:
            return
        pods = await self._own(job)
        if facts.is_leaving(job) or _is_finished(job):
            await self._untrack(pods)
            await self._expire(job)
            return
        job = await self._count(job, pods)
        pods = await self._own(job)
        active = [pod for pod in pods if facts.is_active(pod)]
        verdict = self._verdict(job, pods)
        suspended = bool(job["spec"].get("suspend"))
        failure: Exception | None = None
        try:
            if verdict or suspended:
                await self._control.delete_many(job, active)
                rest = await self._own(job)
                if verdict:
                    job = await self._count(job, rest, leaving=True)
                await self._untrack(rest)
            else:
                await self._manage(job, pods, active)
        except NamespaceEnds:
            pass
        except ApiError as error:
            failure = error
        await self._tell(job, verdict, suspended)
        if failure:
            raise failure

    async def _own(self, job: Json) -> list[Json]:
        meta = job["metadata"]
        candidates = [*self._pods_by_owner[meta["uid"]], *self._pods_by_owner[orphans_of(meta["namespace"])]]
        return await claim(JOB, job, candidates, self._pods)

    async def _count(self, job: Json, pods: Sequence[Json], *, leaving: bool = False) -> Json:
        """Ended pods are written down first, then let go, then counted: none is lost and none counted twice.

        With `leaving`, those that are on their way out count as failed.
        """
        tracked = [pod for pod in pods if _is_tracked(pod)]
        ended = [pod for pod in tracked if _has_ended(pod) or (leaving and facts.is_leaving(pod))]
        status = job.get("status", {})
        noted = status.get("uncountedTerminatedPods") or {}
        listed = {
            "succeeded": set(noted.get("succeeded") or ()),
            "failed": set(noted.get("failed") or ()),
        }
        for pod in ended:
            listed["succeeded" if facts.phase(pod) == "Succeeded" else "failed"].add(pod["metadata"]["uid"])
        if not any(listed.values()):
            return job
        sorted_lists = {name: sorted(uids) for name, uids in listed.items() if uids}
        if sorted_lists != noted:
            changed_status = {**status, "uncountedTerminatedPods": sorted_lists}
            job = await self._jobs.replace({**job, "status": changed_status}, "status")
        await self._untrack(ended)
        status = {**job["status"], "uncountedTerminatedPods": {}}
        for name, uids in listed.items():
            if uids:
                status[name] = status.get(name, 0) + len(uids)
        return await self._jobs.replace({**job, "status": status}, "status")

    async def _untrack(self, pods: Sequence[Json]) -> None:
        for pod in pods:
            if _is_tracked(pod) and not facts.is_active(pod):
                await self._release(pod)

    async def _release(self, pod: Json) -> None:
        left = [each for each in pod["metadata"]["finalizers"] if each != _TRACKED]
        try:
            await self._pods.patch(pod, {"metadata": {"uid": pod["metadata"]["uid"], "finalizers": left or None}})
        except ApiError as error:
            if error.status != 404:
                raise

    async def _manage(self, job: Json, pods: Sequence[Json], active: Sequence[Json]) -> None:
        spec, succeeded = job["spec"], job.get("status", {}).get("succeeded", 0)
        parallel, completions = spec.get("parallelism", 1), spec.get("completions")
        if completions is not None:
            wanted = min(parallel, completions - succeeded)
        else:
            wanted = len(active) if succeeded else parallel
        if len(active) > wanted:
            await self._control.delete_many(job, active[wanted:])
        elif len(active) < wanted:
            rest = self._rest(job, pods)
            if rest > 0:
                self._work.add_after(key_of(job), rest)
                return
            pod = from_template(JOB, job, spec["template"])
            pod["metadata"]["finalizers"] = [*pod["metadata"].get("finalizers", []), _TRACKED]
            await self._control.create_many(job, [pod] * (wanted - len(active)))

    def _rest(self, job: Json, pods: Sequence[Json]) -> float:
        """Seconds to wait after failures, longer each time."""
        failed = job.get("status", {}).get("failed", 0)
        ends = [_ended_at(pod) for pod in pods if facts.phase(pod) == "Failed"]
        if not failed or not ends:
            return 0.0
        return float(min(_FIRST_REST * 2.0 ** (failed - 1), _LONGEST_REST) - seconds_since(max(ends, key=parse)))

    def _verdict(self, job: Json, pods: Sequence[Json]) -> tuple[str, str, str] | None:
        """Complete or Failed, with reason and message; None while it goes on."""
        spec, status = job["spec"], job.get("status", {})
        limit = spec.get("activeDeadlineSeconds")
        completions, succeeded = spec.get("completions"), status.get("succeeded", 0)
        restarts = sum(
            each["restartCount"] for pod in pods for each in pod.get("status", {}).get("containerStatuses") or ()
        )
        again = restarts if spec["template"]["spec"].get("restartPolicy") == "OnFailure" else 0
        if status.get("failed", 0) + again > spec.get("backoffLimit", 6):
            return ("Failed", *_LIMIT)
        if limit is not None and status.get("startTime") and not spec.get("suspend"):
            left = limit - seconds_since(status["startTime"])
            if left <= 0:
                return ("Failed", *_LATE)
            self._work.add_after(key_of(job), left)
        running = any(facts.is_active(pod) for pod in pods)
        if completions is None:
            return ("Complete", *_REACHED) if succeeded and not running else None
        return ("Complete", *_REACHED) if succeeded >= completions else None

    async def _tell(self, job: Json, verdict: tuple[str, str, str] | None, suspended: bool) -> None:
        before = job.get("status", {})
        pods = await self._own(job)
        active = [pod for pod in pods if facts.is_active(pod)]
        ending = [pod for pod in pods if facts.is_leaving(pod) and not facts.is_over(pod)]
        status = {key: each for key, each in before.items() if key not in ("active", "conditions")}
        status |= {"uncountedTerminatedPods": before.get("uncountedTerminatedPods") or {}}
        status |= {"ready": sum(map(facts.is_ready, active)), "terminating": len(ending)}
        if active:
            status["active"] = len(active)
        if not suspended:
            status.setdefault("startTime", stamp())
        conditions = list(before.get("conditions") or [])
        was = (condition(job, "Suspended") or {}).get("status") == "True"
        if suspended != was:
            word = "Suspended" if suspended else "Resumed"
            status.pop("startTime", None) if suspended else status.update(startTime=stamp())
            conditions = _with(conditions, "Suspended", str(suspended), f"Job{word}", f"Job {word.lower()}")
            self._events.normal(_COMPONENT, JOB, job, word, f"Job {word.lower()}")
        done = verdict is not None and not active and not ending
        if verdict:
            kind, reason, message = verdict
            target = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
            conditions = _with(conditions, target, "True", reason, message)
            if done:
                conditions = _with(conditions, kind, "True", reason, message)
                if kind == "Complete":
                    status["completionTime"] = conditions[-1]["lastTransitionTime"]
        if conditions:
            status["conditions"] = conditions
        if status != before:
            job = await self._jobs.replace({**job, "status": status}, "status")
        if done and verdict and verdict[0] == "Complete":
            self._events.normal(_COMPONENT, JOB, job, "Completed", "Job completed")
        elif done and verdict:
            self._events.warning(_COMPONENT, JOB, job, verdict[1], verdict[2])

    async def _expire(self, job: Json) -> None:
        ttl = job["spec"].get("ttlSecondsAfterFinished")
        if ttl is None or facts.is_leaving(job):
            return
        ends = [each["lastTransitionTime"] for each in job["status"]["conditions"] if each["type"] in _ENDS]
        left = ttl - seconds_since(ends[0])
        if left > 0:
            self._work.add_after(key_of(job), left)
            return
        await self._jobs.delete(job, propagationPolicy="Foreground")


_ENDS = ("Complete", "Failed")


def _is_finished(job: Json) -> bool:
    return any((condition(job, kind) or {}).get("status") == "True" for kind in _ENDS)


def _has_ended(pod: Json) -> bool:
    """Or its kubelet has let it go, and only we still hold it."""
    return facts.is_over(pod) or (facts.is_leaving(pod) and not pod["metadata"].get("deletionGracePeriodSeconds"))


def _is_tracked(pod: Json) -> bool:
    return _TRACKED in (pod["metadata"].get("finalizers") or ())


def _with(conditions: list[Json], kind: str, status: str, reason: str, message: str) -> list[Json]:
    """A Job's conditions also say when they were last looked at."""
    new = {"type": kind, "status": status, "lastProbeTime": stamp(), "reason": reason, "message": message}
    old = next((each for each in conditions if each["type"] == kind), None)
    return conditions if old and old["status"] == status and old["reason"] == reason else changed(conditions, new)


def _ended_at(pod: Json) -> str:
    ends = [
        each["state"]["terminated"]["finishedAt"]
        for each in pod.get("status", {}).get("containerStatuses") or ()
        if each.get("state", {}).get("terminated", {}).get("finishedAt")
    ]
    return max(ends, default=str(pod["metadata"]["creationTimestamp"]))
