"""What changed recently: rollouts with their exact differences, edited configuration, scaling, nodes; newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.kubernetes.config_edits import edited, edits_since_applied, last_applied
from tools.kubernetes.history import RESTARTED_AT, Revision, difference, revisions, template_written
from tools.kubernetes.moments import created, moment, spoken
from tools.kubernetes.pods import condition
from tools.kubernetes.references import references
from tools.kubernetes.relations import Relations, event_time
from tools.kubernetes.seen import event_seen, object_seen, safe

What = Literal["created", "rolled out", "rolled back", "restarted", "edited", "scaled", "cordoned", "not ready"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to one object."""

    at: datetime
    object: ObjectRef
    what: What
    detail: str
    """What exactly, in a line; values that look secret are hidden."""
    evidence: Evidence


def recent_changes(state: ClusterState, since: timedelta) -> tuple[Change, ...]:
    """Everything that people and controllers changed within `since` before the state's clock, newest first."""
    begin = state.now - since
    # A cluster's clock may run a little ahead of ours.
    end = state.now + timedelta(seconds=30)
    found = [
        change
        for source in (_rollouts, _other_workloads, _config_edits, _service_edits, _scalings, _nodes)
        for change in source(state)
        if begin <= change.at <= end
    ]
    return tuple(sorted(found, key=lambda change: (change.at, str(change.object)), reverse=True))


def _rollouts(state: ClusterState) -> Iterator[Change]:
    """Every revision of every Deployment that began lately, also when an older one was taken up again."""
    for deployment in state.of("Deployment"):
        ref = state.ref("Deployment", deployment)
        known = revisions(state, ref)
        for number, revision in enumerate(known):
            previous = _before(known, number)
            at, again = revision.created, False
            if previous is not None and previous.created and at and previous.created > at:
                at, again = template_written(deployment) or at, True
            if at is not None:
                yield _rollout(state, ref, revision, previous, at, again)


def _before(known: tuple[Revision, ...], number: int) -> Revision | None:
    """What ran before a revision: for the newest the next older number, which may have been made later than itself.

    A revision that is taken up again gets a new number and leaves a gap, so that of the others age tells.
    """
    if number == 0:
        return known[1] if len(known) > 1 else None
    revision = known[number]
    if revision.created is None:
        return None
    dated = [(other.created, other.number, other) for other in known if other.created is not None]
    older = [found for found in dated if found[:2] < (revision.created, revision.number)]
    return max(older, key=lambda found: found[:2])[2] if older else None


def _rollout(
    state: ClusterState, ref: ObjectRef, revision: Revision, previous: Revision | None, at: datetime, again: bool
) -> Change:
    changes = difference(previous.template, revision.template) if previous else ()
    what: What = "created" if previous is None else "rolled back" if again else "rolled out"
    if changes and all(RESTARTED_AT in change.path for change in changes):
        what, detail = "restarted", f"revision {revision.number}, same template"
    elif previous is None:
        detail = f"revision {revision.number}: {', '.join(revision.images)}"
    else:
        numbers = [str(revision.number)]
        if previous.number < revision.number:
            numbers.insert(0, str(previous.number))
        detail = f"revision {' -> '.join(numbers)}: " + ("; ".join(map(str, changes[:4])) or "same template")
    if revision.change_cause:
        detail += f" ({revision.change_cause})"
    return Change(
        at,
        ref,
        what,
        safe(detail, cap=600),
        object_seen(
            state,
            ref,
            f"revision {revision.number}",
            f"{ref.name} {what} {spoken(max(state.now - at, timedelta()))} ago: revision {revision.number}",
            sample="\n".join(map(str, changes[:20])) or detail,
            check=("rollout", "history", f"deployment/{ref.name}", f"--revision={revision.number}"),
        ),
    )


def _other_workloads(state: ClusterState) -> Iterator[Change]:
    """StatefulSets, DaemonSets and CronJobs: that their spec was written, and by which tool."""
    for kind in ("StatefulSet", "DaemonSet", "CronJob"):
        for item in state.of(kind):
            if when := edited(item, "spec"):
                yield _written(state, state.ref(kind, item), when, "edited", _against_applied(item))
            elif at := created(item):
                yield _written(state, state.ref(kind, item), (at, "creation"), "created", "")


def _config_edits(state: ClusterState) -> Iterator[Change]:
    for item in state.of("ConfigMap"):
        if item["metadata"]["name"] == "kube-root-ca.crt" or dig(
            item, "metadata", "annotations", "control-plane.alpha.kubernetes.io/leader"
        ):
            continue
        if when := edited(item, "data", "binaryData"):
            edits = edits_since_applied(item)
            detail = "; ".join(map(str, edits[:4])) or "as last applied"
            yield _written(state, state.ref("ConfigMap", item), when, "edited", detail)
        elif (edits := edits_since_applied(item)) and (at := _users_stopped(state, item)):
            # Taking a key away leaves no trace of when; those who use it stopped being ready after that.
            detail = "; ".join(map(str, edits[:4])) + "; no later than this, the time itself is not recorded"
            yield _written(state, state.ref("ConfigMap", item), (at, ""), "edited", detail)
        elif at := created(item):
            yield _written(state, state.ref("ConfigMap", item), (at, "creation"), "created", "")


def _users_stopped(state: ClusterState, config_map: Json) -> datetime | None:
    """When the first pod that uses a ConfigMap, and is not ready now, stopped being ready or was made."""
    namespace, name = config_map["metadata"].get("namespace", ""), config_map["metadata"]["name"]
    times = [
        moment(condition(pod, "Ready").get("lastTransitionTime")) or created(pod)
        for pod in Relations.over(state).of("Pod", namespace)
        if condition(pod, "Ready").get("status") == "False"
        and any(r.kind == "ConfigMap" and r.name == name for r in references(dig(pod, "spec", default={})))
    ]
    return min((at for at in times if at is not None), default=None)


def _service_edits(state: ClusterState) -> Iterator[Change]:
    for item in state.of("Service"):
        if when := edited(item, "spec"):
            yield _written(state, state.ref("Service", item), when, "edited", _against_applied(item))


def _against_applied(item: Json) -> str:
    """How a spec differs from what was last applied; "" where it was never applied."""
    applied = last_applied(item)
    if applied is None:
        return ""
    before, after = dig(applied, "spec", default={}), dig(item, "spec", default={})
    names = [key for key in before if before[key] != after.get(key) and not isinstance(before[key], list)]
    if "selector" in names:
        return f"selector: {_labels(before['selector'])} -> {_labels(after.get('selector') or {})}"
    changes = difference(before.get("template", {}), _narrowed(after.get("template", {}), before.get("template", {})))
    return "; ".join(map(str, changes[:4]))


def _labels(selector: Json) -> str:
    """A selector as kubectl writes it."""
    return ",".join(f"{key}={value}" for key, value in selector.items()) or "none"


def _narrowed(value: Json, pattern: Json) -> Json:
    """Only what the pattern speaks of too: defaults that the server filled in are no change."""
    if isinstance(value, dict) and isinstance(pattern, dict):
        return {key: _narrowed(value[key], pattern[key]) for key in pattern if key in value}
    if isinstance(value, list) and isinstance(pattern, list) and len(value) == len(pattern):
        return [_narrowed(one, other) for one, other in zip(value, pattern, strict=True)]
    return value


def _scalings(state: ClusterState) -> Iterator[Change]:
    """Scaling by hand (field ownership of the scale subresource) and by an autoscaler (its events)."""
    for kind in ("Deployment", "StatefulSet"):
        for item in state.of(kind):
            times = [
                (at, str(entry.get("manager", "")))
                for entry in dig(item, "metadata", "managedFields", default=[])
                if entry.get("subresource") == "scale" and (at := moment(entry.get("time")))
            ]
            if times:
                when = max(times)
                yield _written(
                    state,
                    state.ref(kind, item),
                    when,
                    "scaled",
                    f"to {dig(item, 'spec', 'replicas', default=1)} replicas",
                )
    for event in state.of("Event"):
        if event.get("reason") == "SuccessfulRescale" and (at := event_time(event)):
            about = dig(event, "involvedObject", default={})
            ref = ObjectRef(state.cluster, about.get("namespace", ""), about.get("kind", ""), about.get("name", ""))
            yield Change(at, ref, "scaled", safe(str(event.get("message", "")), cap=300), event_seen(state, event, ref))


def _nodes(state: ClusterState) -> Iterator[Change]:
    for node in state.of("Node"):
        ref = state.ref("Node", node)
        for taint in dig(node, "spec", "taints", default=[]):
            if taint.get("key") == "node.kubernetes.io/unschedulable" and (at := moment(taint.get("timeAdded"))):
                yield _written(state, ref, (at, ""), "cordoned", "takes no new pods")
        ready = condition(node, "Ready")
        if ready and ready.get("status") != "True" and (at := moment(ready.get("lastTransitionTime"))):
            yield _written(state, ref, (at, ""), "not ready", str(ready.get("message", "")))


def _written(state: ClusterState, ref: ObjectRef, when: tuple[datetime, str], what: What, detail: str) -> Change:
    at, by = when
    told = f" by {by}" if by and by != "creation" else ""
    told = safe(f"{detail}{told}".strip(), cap=600)
    seen = object_seen(
        state,
        ref,
        f"{what} at {at.isoformat()}",
        f"{ref.name} was {what} {spoken(max(state.now - at, timedelta()))} ago",
        sample=told,
        check=("get", ref.kind.lower(), ref.name, "-o", "yaml", "--show-managed-fields"),
    )
    return Change(at, ref, what, told, seen)
