"""Pods that find no node: not enough room, taints, cordoned nodes, affinity, or a volume that does not exist."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.troubled import present
from tools.kubernetes.moments import ago, moment, spoken
from tools.kubernetes.placement import Room, is_cordoned, would_take
from tools.kubernetes.pods import condition
from tools.kubernetes.quantities import in_words, requested
from tools.kubernetes.relations import Relations, Workload, event_time
from tools.kubernetes.seen import event_seen, list_seen, object_seen

CODE = "unschedulable"

_GRACE = timedelta(seconds=10)
_AUTOSCALER_GRACE = timedelta(minutes=10)

_WHY = (
    (
        "volume",
        r"persistentvolumeclaim|volume node affinity|no available volume zone|available persistent volumes",
        "a volume it needs",
    ),
    ("resources", r"insufficient ([\w./-]+)|too many pods", "not enough room"),
    ("cordoned", r"node\(s\) were unschedulable", "cordoned nodes"),
    ("taint", r"untolerated taint|had taint", "taints that it does not tolerate"),
    (
        "affinity",
        r"node affinity|node selector|anti-affinity|pod affinity|topology spread",
        "rules about where it may run",
    ),
    ("ports", r"free ports", "a host port that is taken everywhere"),
    ("no-nodes", r"no nodes available", "there are no nodes"),
)


@dataclass(frozen=True, slots=True)
class _Reasons:
    why: str
    """The reason that rules out most nodes."""
    told: str
    lacking: tuple[str, ...]
    """Resources of which there is not enough: `cpu`, `memory`, `nvidia.com/gpu`."""


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    room = Room(state)
    alone: dict[tuple[str, _Reasons], tuple[Workload, list[Json]]] = {}
    for workload in relations.workloads():
        waiting = [pod for pod in relations.live_pods(workload) if _waits(relations, pod)]
        if not waiting:
            continue
        if workload.ref.kind == "Pod":
            # Pods without an owner that wait for the same reason are one thing to say.
            key = (workload.ref.namespace, _reasons(_message(waiting[0])))
            alone.setdefault(key, (workload, []))[1].extend(waiting)
        else:
            yield _finding(relations, room, workload, waiting)
    for workload, waiting in alone.values():
        yield _finding(relations, room, workload, waiting)


def _message(pod: Json) -> str:
    return str(condition(pod, "PodScheduled").get("message", ""))


def _waits(relations: Relations, pod: Json) -> bool:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") != "False" or scheduled.get("reason") != "Unschedulable":
        return False
    now = relations.state.now
    grows = any(
        event.get("reason") == "TriggeredScaleUp" and ago(event_time(event), now) < _AUTOSCALER_GRACE
        for event in relations.events("Pod", pod)
    )
    return ago(moment(scheduled.get("lastTransitionTime")), now) > (_AUTOSCALER_GRACE if grows else _GRACE)


def _finding(relations: Relations, room_left: Room, workload: Workload, waiting: list[Json]) -> Finding:
    state, pod = relations.state, waiting[0]
    message = _message(pod)
    reasons = _reasons(message)
    ref = state.ref("Pod", pod)
    wanted = requested(dig(pod, "spec", default={}))
    known = {
        **facts.about(relations, workload),
        "pod": ref.name,
        "pods": str(len(waiting)),
        "why": reasons.why,
        **{f"requested_{name}": in_words(name, wanted[name]) for name in ("cpu", "memory") if name in wanted},
    }
    held_back = _held_back(relations, room_left, pod, wanted)
    cordon = None
    if held_back and (held_back[1] or not _asks_for_more(known)):
        cordon = held_back[0]
        known["node"] = str(cordon["metadata"]["name"])
        if held_back[1]:
            known["why"] = "cordoned"
            only = "the only node that may take them" if _is_only(state, pod) else "every node that may take them"
            told = f"{only} is cordoned ({known['node']})"
            reasons = _Reasons("cordoned", told, ())
    room = room_left.largest(reasons.lacking, wanted)
    for name, (largest, _) in room.items():
        known[f"largest_free_{name}"] = in_words(name, largest)
    nodes = _nodes_seen(relations, cordon, known)
    volume = _volume_seen(relations, pod, reasons, known)
    amounts = ", ".join(
        f"it asks for {in_words(name, wanted[name])} of {name}, the emptiest node has {in_words(name, largest)}"
        for name, (largest, _) in room.items()
        if name in wanted
    )
    count = "1 pod" if len(waiting) == 1 else f"{len(waiting)} pods"
    who = f"{workload.ref.name} has {count}"
    if workload.ref.kind == "Pod":
        who = f"{workload.ref.name} is" if len(waiting) == 1 else f"{workload.ref.name} and {len(waiting) - 1} more are"
    pending = next((e for e in relations.events("Pod", pod) if e.get("reason") == "FailedScheduling"), None)
    since = min(
        (at for p in waiting if (at := moment(condition(p, "PodScheduled").get("lastTransitionTime")))),
        default=None,
    )
    return Finding(
        code=CODE,
        severity=facts.severity(workload),
        object=workload.ref,
        title=f"{who} without a node: {reasons.told}" + (f" ({amounts})" if amounts else ""),
        evidence=present(
            object_seen(
                state,
                ref,
                "status.conditions[PodScheduled]",
                f"{count} of {workload.ref.name} cannot be scheduled" + (f": {amounts}" if amounts else ""),
                sample=message,
                also=(workload.ref, *(state.ref("Pod", other) for other in waiting[1:10])),
            ),
            event_seen(state, pending, ref) if pending else None,
            nodes,
            volume,
            facts.changed(state, workload, since),
        ),
        since=since,
        facts=known,
    )


def _reasons(message: str) -> _Reasons:
    """The scheduler's message counts nodes per reason: `0/5 nodes are available: 3 Insufficient cpu, ...`."""
    main = message.split("preemption:")[0].partition("available:")[2] or message
    votes: dict[str, int] = defaultdict(int)
    for part in re.split(r",\s(?=\d)|\.\s", main):
        counted = re.match(r"\s*(\d+)\s", part)
        for why, pattern, _ in _WHY:
            if re.search(pattern, part, re.IGNORECASE):
                votes[why] += int(counted[1]) if counted else 1
                break
    lacking = tuple(dict.fromkeys(re.findall(r"Insufficient ([\w./-]*\w)", main)))
    if re.search("too many pods", main, re.IGNORECASE):
        lacking = (*lacking, "pods")
    order = [why for why, _, _ in _WHY]
    told = {why: words for why, _, words in _WHY}
    if not votes:
        return _Reasons("unknown", "the scheduler finds none that fits", ())
    # Control-plane taints rule out nodes in every cluster and explain nothing where another reason is named.
    usual = len(votes) > 1 and "control-plane" in main
    ranked = sorted(
        votes,
        key=lambda why: (usual and why == "taint", -votes[why], order.index(why)),
    )
    why = ranked[0]
    words = (
        f"not enough {' and '.join('room for pods' if name == 'pods' else name for name in lacking)}"
        if why == "resources" and lacking
        else told[why]
    )
    others = [told[other] for other in ranked[1:]]
    return _Reasons(why, words + (f", also {', '.join(others)}" if others else ""), lacking)


def _held_back(relations: Relations, room: Room, pod: Json, wanted: dict[str, float]) -> tuple[Json, bool] | None:
    """A cordoned node that would take the pod, and whether every node that its rules allow is cordoned."""
    nodes = [node for node in relations.state.of("Node") if would_take(node, pod)]
    waiting = [node for node in nodes if is_cordoned(node) and room.has(node, wanted)]
    if not waiting:
        return None
    return waiting[0], all(map(is_cordoned, nodes))


def _is_only(state: ClusterState, pod: Json) -> bool:
    return sum(would_take(node, pod) for node in state.of("Node")) == 1


def _asks_for_more(known: Mapping[str, str]) -> bool:
    """Whether the latest rollout changed what the pods ask of a node: then that is what to look at first."""
    changed = known.get("changed_fields", "")
    return any(word in changed for word in (".resources.requests", "nodeSelector", "affinity", "tolerations"))


def _cordon_seen(state: ClusterState, node: Json) -> Evidence:
    name = str(node["metadata"]["name"])
    taints = dig(node, "spec", "taints", default=[])
    at = next((moment(t.get("timeAdded")) for t in taints if t.get("key") == "node.kubernetes.io/unschedulable"), None)
    when = f" {spoken(ago(at, state.now))} ago" if at else ""
    return object_seen(
        state,
        state.ref("Node", node),
        "spec.unschedulable",
        f"Node {name} was cordoned{when}, and would take these pods",
        sample="spec.unschedulable: true",
    )


def _nodes_seen(relations: Relations, cordon: Json | None, known: dict[str, str]) -> Evidence | None:
    """Which nodes are cordoned or not ready, when that is what keeps pods out."""
    state = relations.state
    if cordon is not None:
        return _cordon_seen(state, cordon)
    nodes = list(state.of("Node"))
    cordoned = sorted(n["metadata"]["name"] for n in nodes if dig(n, "spec", "unschedulable"))
    lost = sorted(n["metadata"]["name"] for n in nodes if condition(n, "Ready").get("status") != "True")
    if not (cordoned or lost):
        return None
    if cordoned:
        known["cordoned_nodes"] = ", ".join(cordoned[:10])
    if lost:
        known["nodes_not_ready"] = ", ".join(lost[:10])
    told = [f"{len(names)} {what}" for names, what in ((cordoned, "cordoned"), (lost, "not ready")) if names]
    return list_seen(
        state,
        "Node",
        "",
        "availability",
        f"Of {len(nodes)} nodes {' and '.join(told)}",
        sample=f"cordoned: {', '.join(cordoned[:10]) or 'none'}\nnot ready: {', '.join(lost[:10]) or 'none'}",
        objects=tuple(state.ref("Node", n) for n in nodes if n["metadata"]["name"] in {*cordoned[:10], *lost[:10]}),
    )


def _volume_seen(relations: Relations, pod: Json, reasons: _Reasons, known: dict[str, str]) -> Evidence | None:
    """The claim that is missing or has no volume."""
    if reasons.why != "volume":
        return None
    state, namespace = relations.state, pod["metadata"].get("namespace", "")
    for volume in dig(pod, "spec", "volumes", default=[]):
        name = dig(volume, "persistentVolumeClaim", "claimName")
        if not name:
            continue
        claim = relations.get("PersistentVolumeClaim", namespace, name)
        if claim is None and state.can_tell("PersistentVolumeClaim"):
            known["claim"] = name
            return list_seen(
                state, "PersistentVolumeClaim", namespace, f"named {name}", f"There is no PersistentVolumeClaim {name}"
            )
        if claim is not None and dig(claim, "status", "phase") != "Bound":
            known["claim"] = name
            storage = dig(claim, "spec", "storageClassName", default="the default class")
            event = next(iter(relations.events("PersistentVolumeClaim", claim)), {})
            return object_seen(
                state,
                state.ref("PersistentVolumeClaim", claim),
                "status.phase",
                f"PersistentVolumeClaim {name} is {dig(claim, 'status', 'phase', default='Pending')} ({storage})",
                sample=str(event.get("message", "")),
            )
    return None
