"""A workload does not get the pods it should have, and not because it has only just been asked to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding, Severity
from domain.plain_json import dig
from tools.detectors import facts
from tools.detectors.troubled import present
from tools.kubernetes.history import revisions
from tools.kubernetes.moments import ago, created, moment, spoken
from tools.kubernetes.pods import condition, containers_of, is_ready
from tools.kubernetes.relations import Relations, Workload, event_time
from tools.kubernetes.seen import event_seen, object_seen

CODE = "rollout-stuck"

_STARTING = timedelta(minutes=3)
_WAITING = timedelta(minutes=10)
_RECENT = timedelta(minutes=30)
_QUOTA = re.compile(r"exceeded quota: ([\w.-]+)")
_BLOCKED_STARTS = frozenset(
    {"FailedCreatePodSandBox", "FailedMount", "FailedAttachVolume", "NetworkNotReady", "FailedPreStopHook"}
)


_TRUST = {
    "quota": "0.93",
    "not-allowed": "0.88",
    "pods-not-starting": "0.75",
    "paused": "0.7",
    "deadline": "0.6",
    "not-ready": "0.5",
}
"""How much each reason explains: a quota says it all, a deadline only that something is wrong."""


@dataclass(frozen=True, slots=True)
class _Stuck:
    why: str
    told: str
    evidence: tuple[Evidence, ...]
    since: datetime | None
    facts: dict[str, str]


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for workload in relations.workloads():
        if (
            workload.ref.kind not in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}
            or not workload.item
        ):
            continue
        stuck = (
            _refused_pods(relations, workload)
            or _past_deadline(relations, workload)
            or _not_starting(relations, workload)
            or _paused(relations, workload)
            or _waiting_for_ready(relations, workload)
        )
        if stuck is not None:
            yield _finding(relations, workload, stuck)


def _finding(relations: Relations, workload: Workload, stuck: _Stuck) -> Finding:
    serving = _still_serving(relations, workload)
    critical = facts.ready_pods(workload) == 0 and workload.wanted > 0
    return Finding(
        code=CODE,
        severity=Severity.critical if critical else Severity.warning,
        object=workload.ref,
        title=f"{workload.ref.name} {stuck.told}" + (f"; {serving}" if serving else ""),
        evidence=present(*stuck.evidence, facts.changed(relations.state, workload, stuck.since)),
        since=stuck.since,
        facts={
            **facts.about(relations, workload),
            "why": stuck.why,
            "confidence": _TRUST[stuck.why],
            "pods": str(max(workload.wanted - facts.ready_pods(workload), 1)),
            **stuck.facts,
        },
    )


def _refused_pods(relations: Relations, workload: Workload) -> _Stuck | None:
    """The API server refuses to create pods: a quota, an admission rule, a missing service account."""
    if workload.ref.kind == "Job" or len(relations.live_pods(workload)) >= workload.wanted:
        return None
    state = relations.state
    failure = condition(workload.item, "ReplicaFailure")
    owners = [
        ("ReplicaSet", rs)
        for rs in relations.of("ReplicaSet", workload.ref.namespace)
        if relations.owner(rs) == workload.ref and dig(rs, "spec", "replicas", default=0)
    ]
    owners.append((workload.ref.kind, workload.item))
    event = next(
        (
            (kind, item, event)
            for kind, item in owners
            for event in relations.events(kind, item)
            if event.get("reason") == "FailedCreate" and ago(event_time(event), state.now) < _RECENT
        ),
        None,
    )
    if failure.get("status") != "True" and event is None:
        return None
    message = str(failure.get("message") or (event[2].get("message", "") if event else ""))
    quota = _QUOTA.search(message)
    why = "quota" if quota else "not-allowed"
    told = (
        f"gets no more pods: quota {quota[1]} is used up" if quota else "gets no more pods: the API server refuses them"
    )
    since = moment(failure.get("lastTransitionTime")) or (moment(event[2].get("firstTimestamp")) if event else None)
    seen = object_seen(
        state,
        workload.ref,
        "status.conditions",
        f"{len(relations.live_pods(workload))} of {workload.wanted} pods exist; creating more fails",
        sample=message,
    )
    event_evidence = event_seen(state, event[2], state.ref(event[0], event[1])) if event else None
    return _Stuck(why, told, present(seen, event_evidence), since, {"quota": quota[1]} if quota else {})


def _past_deadline(relations: Relations, workload: Workload) -> _Stuck | None:
    progressing = condition(workload.item, "Progressing")
    if progressing.get("status") != "False" or progressing.get("reason") != "ProgressDeadlineExceeded":
        return None
    deadline = timedelta(seconds=int(dig(workload.item, "spec", "progressDeadlineSeconds", default=600)))
    at = moment(progressing.get("lastTransitionTime"))
    updated = int(dig(workload.item, "status", "updatedReplicas", default=0))
    seen = object_seen(
        relations.state,
        workload.ref,
        "status.conditions[Progressing]",
        f"No progress within {spoken(deadline)}: {updated} of {workload.wanted} pods are of the new revision, "
        f"{facts.ready_pods(workload)} ready in all",
        sample=str(progressing.get("message", "")),
    )
    begun = [moment for moment in (at - deadline if at else None, _began(relations, workload)) if moment]
    return _Stuck("deadline", "does not finish its rollout", (seen,), max(begun, default=None), {})


def _began(relations: Relations, workload: Workload) -> datetime | None:
    """When the rollout that is under way was begun, where that is known."""
    current, previous = facts.turn(relations.state, workload)
    return facts.rolled_out_at(workload, current, previous) if current else None


def _not_starting(relations: Relations, workload: Workload) -> _Stuck | None:
    """Pods have a node but their containers are not even created: network, volumes, the runtime."""
    state = relations.state
    for pod in relations.live_pods(workload):
        if dig(pod, "status", "phase") != "Pending" or not dig(pod, "spec", "nodeName"):
            continue
        if any(
            c.waiting_reason not in {"", "ContainerCreating", "PodInitializing"} or c.is_running
            for c in containers_of(pod)
        ):
            continue
        scheduled = moment(condition(pod, "PodScheduled").get("lastTransitionTime")) or created(pod)
        event = next((e for e in relations.events("Pod", pod) if e.get("reason") in _BLOCKED_STARTS), None)
        if ago(scheduled, state.now) < (timedelta(seconds=60) if event else _STARTING):
            continue
        ref = state.ref("Pod", pod)
        how_long = spoken(ago(scheduled, state.now))
        seen = object_seen(
            state,
            ref,
            "status.phase",
            f"{ref.name} has a node but no running container for {how_long}",
            also=(workload.ref,),
        )
        reason = str(event.get("reason")) if event else "ContainerCreating"
        return _Stuck(
            "pods-not-starting",
            f"has pods that do not start ({reason})",
            present(seen, event_seen(state, event, ref) if event else None),
            scheduled,
            {"pod": ref.name, "reason": reason},
        )
    return None


def _paused(relations: Relations, workload: Workload) -> _Stuck | None:
    """A pause is a decision; it is trouble only where pods are missing while nobody lets it go on."""
    if not dig(workload.item, "spec", "paused") or facts.ready_pods(workload) >= workload.wanted:
        return None
    at = moment(condition(workload.item, "Progressing").get("lastUpdateTime"))
    if ago(at, relations.state.now) < _WAITING:
        return None
    seen = object_seen(
        relations.state,
        workload.ref,
        "spec.paused",
        f"The rollout is paused with {facts.ready_pods(workload)} of {workload.wanted} pods ready",
    )
    return _Stuck("paused", "is paused in the middle of a rollout and short of pods", (seen,), at, {})


def _waiting_for_ready(relations: Relations, workload: Workload) -> _Stuck | None:
    """Pods that are not ready for longer than any start takes, for a reason that nothing else here names."""
    state = relations.state
    if workload.ref.kind == "Job":
        return None
    late = [
        pod
        for pod in relations.live_pods(workload)
        if not is_ready(pod)
        and ago(created(pod), state.now) > _WAITING
        and ago(moment(condition(pod, "Ready").get("lastTransitionTime")), state.now) > _WAITING
    ]
    missing = workload.wanted - len(relations.live_pods(workload))
    if not late and not (missing > 0 and _asked_long_ago(relations, workload)):
        return None
    told = (
        f"{len(late)} pods are not ready for over {spoken(_WAITING)}" if late else f"{missing} pods were never created"
    )
    seen = object_seen(
        state,
        workload.ref,
        "status",
        f"{facts.ready_pods(workload)} of {workload.wanted} pods are ready; {told}",
        also=tuple(state.ref("Pod", pod) for pod in late[:10]),
    )
    return _Stuck("not-ready", f"is short of pods: {told}", (seen,), facts.began(late) if late else None, {})


def _asked_long_ago(relations: Relations, workload: Workload) -> bool:
    """Whether nothing was written to the workload's spec lately, so that its controller should be done."""
    if workload.ref.kind not in {"Deployment", "ReplicaSet", "StatefulSet"} or not relations.state.can_tell("Pod"):
        return False
    times = [
        moment(entry.get("time"))
        for entry in dig(workload.item, "metadata", "managedFields", default=[])
        if entry.get("subresource") != "status"
    ]
    newest = max((at for at in times if at), default=created(workload.item))
    leaving = any(dig(pod, "metadata", "deletionTimestamp") for pod in workload.pods)
    lately = max((at for pod in workload.pods if (at := created(pod))), default=None)
    return (
        not leaving
        and ago(newest, relations.state.now) > _WAITING
        and (lately is None or ago(lately, relations.state.now) > _WAITING)
    )


def _still_serving(relations: Relations, workload: Workload) -> str:
    """Whether pods of an older revision keep the service up meanwhile."""
    if workload.ref.kind != "Deployment":
        return ""
    ready = sum(revision.ready for revision in revisions(relations.state, workload.ref)[1:])
    return f"{ready} old pods still serve" if ready else ""
