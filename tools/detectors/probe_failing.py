"""A probe says no: the pod gets no traffic (readiness), or is killed for it (liveness, startup)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from domain.cluster_state import ClusterState
from domain.findings import Finding
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.crash_loop import last_words
from tools.detectors.troubled import Group, grouped, present
from tools.kubernetes.moments import ago, moment
from tools.kubernetes.pods import Container, condition
from tools.kubernetes.relations import Relations, Workload, event_count, event_time
from tools.kubernetes.restarts import keeps_restarting, why_restarting
from tools.kubernetes.seen import event_seen, object_seen

CODE = "probe-failing"

Probe = Literal["readiness", "liveness", "startup"]

_SLACK = timedelta(seconds=15)
_FIRST_START = timedelta(minutes=5)
_NOBODY_SERVES = timedelta(seconds=60)
_TURN = timedelta(seconds=5)
_STALE = timedelta(minutes=7)


@dataclass(frozen=True, slots=True)
class _Port:
    """What a probe asks, next to what the container says it listens on."""

    asked: str
    declared: tuple[str, ...]
    is_wrong: bool


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for probe in ("startup", "liveness", "readiness"):
        for group in grouped(relations, lambda w, c, p=probe: _fails(relations, w, c, p)):  # type: ignore[misc]
            yield _finding(relations, group, probe)


def _fails(relations: Relations, workload: Workload, container: Container, probe: Probe) -> bool:
    if container.init or f"{probe}Probe" not in container.spec or workload.ref.kind in {"Job", "CronJob"}:
        return False
    if probe != "readiness":
        return keeps_restarting(container, relations) and why_restarting(relations, container) == probe
    if not container.is_running or container.ready or keeps_restarting(container, relations):
        return False
    return _not_ready_too_long(relations, workload, container)


def _not_ready_too_long(relations: Relations, workload: Workload, container: Container) -> bool:
    """Longer than a start takes; a first start beside pods that serve is a rollout under way, and gets more time."""
    state, settings = relations.state, container.spec["readinessProbe"]
    if "startupProbe" in container.spec and container.status.get("started") is False:
        return False
    needed = _seconds(settings, "initialDelaySeconds", 0) + _patience(settings) + _SLACK
    up = ago(container.running_since, state.now)
    events = unhealthy(relations, container, "readiness")
    refused_often = bool(events) and event_count(events[0]) >= int(settings.get("failureThreshold") or 3)
    if not refused_often and up < (needed if events or not state.can_tell("Event") else _FIRST_START):
        return False
    if _was_ready(container) or _answers_wrongly(container, _message(events)):
        return True
    if facts.ready_pods(workload) == 0:
        return up > max(needed, _NOBODY_SERVES)
    return up > max(_FIRST_START, needed)


def _was_ready(container: Container) -> bool:
    """Ready once and not any more: no start takes that turn."""
    turned = moment(condition(container.pod, "Ready").get("lastTransitionTime"))
    return turned is not None and container.running_since is not None and turned - container.running_since > _TURN


def _answers_wrongly(container: Container, message: str) -> bool:
    """What waiting does not cure: the probe asks a port or a path that is not there."""
    return _port(container, "readiness", message).is_wrong or "statuscode: 404" in message


def unhealthy(relations: Relations, container: Container, probe: Probe) -> list[Json]:
    """Recent Unhealthy events of this probe on exactly this pod and container, newest first."""
    field = "{" + container.name + "}"
    return [
        event
        for event in relations.events("Pod", container.pod)
        if event.get("reason") == "Unhealthy"
        and probe in str(event.get("message", "")).lower()
        and field in dig(event, "involvedObject", "fieldPath", default=field)
        and ago(event_time(event), relations.state.now) < _STALE
    ]


def _finding(relations: Relations, group: Group, probe: Probe) -> Finding:
    state, container = relations.state, group.worst
    ref = state.ref("Pod", container.pod)
    events = unhealthy(relations, container, probe)
    killing = next((e for e in relations.events("Pod", container.pod) if e.get("reason") == "Killing"), None)
    port = _port(container, probe, _message(events))
    effect = "gets no traffic" if probe == "readiness" else "is restarted for it"
    why = f": it asks port {port.asked}, the container listens on {', '.join(port.declared)}" if port.is_wrong else ""
    known = {
        **facts.about(relations, group.workload, container),
        "probe": probe,
        "port": port.asked,
        "pods": str(len(group.containers)),
        "why": "wrong-port" if port.is_wrong else "unhealthy",
        "confidence": "0.93" if port.is_wrong else "0.8",
    }
    if port.declared:
        known["container_ports"] = ", ".join(port.declared)
    if path := dig(container.spec, f"{probe}Probe", "httpGet", "path"):
        known["path"] = str(path)
    if events:
        known["failures"] = str(event_count(events[0]))
    words = last_words(state, container)
    if words:
        known["last_line"] = words.sample.splitlines()[-1].strip()[:300]
    since = facts.began([c.pod for c in group.containers])
    return Finding(
        code=CODE,
        severity=facts.severity(group.workload),
        object=group.workload.ref,
        title=f"{group.workload.ref.name} fails its {probe} probe and {effect}{why}",
        evidence=present(
            object_seen(
                state,
                ref,
                f"status of container {container.name}",
                f"{container.name} is not ready ({group.how_many})"
                if probe == "readiness"
                else f"{container.name} restarted {container.restarts} times by its {probe} probe ({group.how_many})",
                sample=f"{probe}Probe: {_described(container.spec[f'{probe}Probe'])}",
                also=(group.workload.ref, *group.pods(relations)[1:]),
            ),
            event_seen(state, events[0], ref) if events else None,
            event_seen(state, killing, ref) if killing and probe != "readiness" else None,
            words,
            facts.changed(state, group.workload, since),
        ),
        since=since,
        facts=known,
    )


def _port(container: Container, probe: Probe, message: str) -> _Port:
    """A port is wrong when its name does not exist, or when nothing listens there and others are declared."""
    settings = container.spec.get(f"{probe}Probe", {})
    asked = next(
        (str(settings[how]["port"]) for how in ("httpGet", "tcpSocket", "grpc") if "port" in settings.get(how, {})), ""
    )
    ports = container.spec.get("ports") or []
    declared = tuple(str(port.get("containerPort")) for port in ports)
    names = {str(port.get("name")) for port in ports if port.get("name")}
    if not asked or asked in names or asked in declared:
        return _Port(asked, declared, is_wrong=False)
    return _Port(asked, declared, is_wrong=bool(declared) and (not asked.isdigit() or "refused" in message))


def _described(settings: Json) -> str:
    for how in ("httpGet", "tcpSocket", "grpc", "exec"):
        if part := settings.get(how):
            return f"{how} " + " ".join(f"{key}={value}" for key, value in part.items())
    return ""


def _message(events: list[Json]) -> str:
    return " ".join(str(event.get("message", "")).lower() for event in events[:3])


def _patience(settings: Json) -> timedelta:
    period = _seconds(settings, "periodSeconds", 10)
    return period * int(settings.get("failureThreshold") or 3)


def _seconds(settings: Json, name: str, default: int) -> timedelta:
    return timedelta(seconds=int(settings.get(name) or default))
