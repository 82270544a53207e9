"""A Service has nobody behind it: its selector matches nothing, its pods are not ready, or its port is wrong."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Finding, Severity
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.detectors.facts import began
from tools.detectors.near_miss import Candidates, missed_by, way_back
from tools.detectors.troubled import present
from tools.kubernetes.config_edits import edited, last_applied
from tools.kubernetes.dependencies import Dependencies
from tools.kubernetes.moments import ago, created
from tools.kubernetes.pods import containers_of, is_leaving, is_ready
from tools.kubernetes.relations import Relations, Workload, labels_of
from tools.kubernetes.seen import list_seen, object_seen

CODE = "service-without-endpoints"

_NEW_SERVICE = timedelta(seconds=15)
_STARTING = timedelta(seconds=60)
_LIVELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Why:
    code: str
    """`selector`, `pods-not-ready`, `no-pods`, `port`, `not-selected`."""
    told: str
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    since: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def find(state: ClusterState) -> Iterator[Finding]:
    if not state.can_tell("Pod") or not state.can_tell("EndpointSlice"):
        return
    relations = Relations.over(state)
    view = _View(relations)
    for service in state.of("Service"):
        selector = dig(service, "spec", "selector", default={})
        if (
            not selector
            or dig(service, "spec", "type") == "ExternalName"
            or ago(created(service), state.now) < _NEW_SERVICE
        ):
            continue
        why = (
            view.nobody(service, selector) if not view.ready_addresses(service) else view.wrong_port(service, selector)
        )
        if why is not None:
            yield _finding(relations, service, selector, why)


def _finding(relations: Relations, service: Json, selector: Mapping[str, str], why: _Why) -> Finding:
    state, ref = relations.state, relations.state.ref("Service", service)
    ports = ", ".join(
        f"{p.get('port')}->{p.get('targetPort', p.get('port'))}" for p in dig(service, "spec", "ports", default=[])
    )
    return Finding(
        code=CODE,
        severity=why.severity,
        object=ref,
        title=f"Service {ref.name} {why.told}",
        evidence=present(
            object_seen(
                state,
                ref,
                "endpoints",
                f"Service {ref.name} {why.told}",
                sample=f"selector: {_text(selector)}\nports: {ports}",
                check=("get", "endpointslices", "-l", f"kubernetes.io/service-name={ref.name}"),
            ),
            *why.evidence,
        ),
        since=why.since,
        facts={
            "namespace": ref.namespace,
            "service": ref.name,
            "selector": _text(selector),
            "port": ports,
            "why": why.code,
            **why.facts,
        },
    )


class _View:
    """What stands behind Services: addresses, pods and the workloads that could provide some."""

    def __init__(self, relations: Relations) -> None:
        self.relations = relations
        self.state = relations.state
        self._candidates = Candidates(relations)
        self._callers: dict[ObjectRef, list[ObjectRef]] | None = None
        self._ready: dict[tuple[str, str], int] = {}
        for piece in self.state.of("EndpointSlice"):
            key = (piece["metadata"].get("namespace", ""), labels_of(piece).get("kubernetes.io/service-name", ""))
            if dig(piece, "ports") or not dig(piece, "endpoints"):
                count = sum(
                    1 for e in dig(piece, "endpoints", default=[]) if dig(e, "conditions", "ready", default=True)
                )
                self._ready[key] = self._ready.get(key, 0) + count

    def ready_addresses(self, service: Json) -> int:
        return self._ready.get((service["metadata"].get("namespace", ""), service["metadata"]["name"]), 0)

    def nobody(self, service: Json, selector: Mapping[str, str]) -> _Why | None:
        """Why no address is ready, or None where that is meant to be so or only a matter of moments."""
        namespace = service["metadata"].get("namespace", "")
        pods = [p for p in self.relations.selected(namespace, selector) if not is_leaving(p)]
        ready = [p for p in pods if is_ready(p)]
        if ready:
            return self._named_port_missing(service, ready)
        providers = self._candidates.matching(namespace, selector)
        if pods:
            return self._not_ready(pods, providers)
        wanting = [w for w in providers if w.wanted > 0 and w.ref.kind not in {"Job", "CronJob"}]
        if wanting:
            names = tuple(w.ref for w in wanting)
            if all(ago(_lately(w), self.state.now) < _STARTING for w in wanting):
                return None
            return _Why(
                "no-pods",
                f"has no endpoints: {wanting[0].ref.name} has no pods",
                Severity.critical,
                facts={"workload": names[0].name, "workload_kind": names[0].kind},
            )
        if providers:
            return None  # Scaled to nothing on purpose, or a batch job that is not running now.
        return self._nothing_matches(service, selector)

    def _not_ready(self, pods: list[Json], providers: list[Workload]) -> _Why | None:
        if all(ago(created(p), self.state.now) < _STARTING and not _in_trouble(p) for p in pods):
            return None
        owners = dict.fromkeys(self.relations.owner(p) for p in pods)
        if all(owner.kind in {"Job", "CronJob"} for owner in owners):
            return None
        first = next(iter(owners))
        since = began(pods)
        return _Why(
            "pods-not-ready",
            f"has no endpoints: none of its {len(pods)} pods is ready"
            if len(pods) > 1
            else "has no endpoints: its only pod is not ready",
            Severity.critical,
            (
                list_seen(
                    self.state,
                    "Pod",
                    first.namespace,
                    f"of {first.name}",
                    f"{len(pods)} pods match, 0 are ready",
                    sample="\n".join(str(p["metadata"]["name"]) for p in pods[:10]),
                    objects=tuple(self.state.ref("Pod", p) for p in pods[:10]),
                ),
            ),
            since,
            {"workload": first.name, "workload_kind": first.kind},
        )

    def _nothing_matches(self, service: Json, selector: Mapping[str, str]) -> _Why | None:
        """No workload carries these labels: a typo where some nearly do, otherwise perhaps a leftover."""
        namespace = service["metadata"].get("namespace", "")
        ref = self.state.ref("Service", service)
        before = dig(last_applied(service) or {}, "spec", "selector", default={})
        nearest = self._candidates.nearest(ref, selector, before)
        changed = edited(service, "spec")
        callers = self._called_by(ref)
        facts = {"callers": ", ".join(sorted(str(c) for c in callers)[:5])} if callers else {}
        if before and before != selector:
            facts["previous_selector"] = _text(before)
        told = f"has no endpoints: no pod has the labels {_text(selector)}"
        seen: list[Evidence] = []
        if nearest is not None:
            labels = {key: value for key, value in nearest.labels.items() if key != "pod-template-hash"}
            facts |= {"workload": nearest.ref.name, "workload_kind": nearest.ref.kind, "nearest_labels": _text(labels)}
            wrong = [f"{key}={selector[key]}" for key in missed_by(selector, labels)]
            facts["wrong_labels"] = ",".join(wrong)
            facts |= way_back(selector, labels)
            right = {facts["selector_key"]: facts["selector_value"]} if "selector_key" in facts else labels
            picks = f"has no endpoints: it selects {','.join(wrong)}"
            told = f"{picks}, and the pods of {nearest.ref.name} have {_text(right)}"
            seen.append(
                list_seen(
                    self.state,
                    "Pod",
                    namespace,
                    "labels",
                    f"The nearest pods, of {nearest.ref.name}, have {_text(labels)}",
                    sample=_text(labels),
                    objects=(nearest.ref, *(self.state.ref("Pod", p) for p in nearest.pods[:5])),
                )
            )
        lively = changed is not None and ago(changed[0], self.state.now) < timedelta(days=1)
        lively = lively or ago(created(service), self.state.now) < _LIVELY
        if seen or callers or before not in ({}, selector):
            severity = Severity.critical
        else:
            severity = Severity.warning if lively else Severity.info
        since = changed[0] if changed else created(service)
        return _Why("selector", told, severity, tuple(seen), since, facts)

    def _named_port_missing(self, service: Json, ready: list[Json]) -> _Why | None:
        """Pods are ready and yet no address is: the target port goes by a name that they do not have."""
        names = [
            p.get("targetPort")
            for p in dig(service, "spec", "ports", default=[])
            if isinstance(p.get("targetPort"), str)
        ]
        declared = _ports(ready)
        absent = [name for name in names if name not in {port_name for port_name, _ in declared}]
        if not absent:
            return None
        return self._port(service, ready, f"has no endpoints: no container has a port named {absent[0]}", absent[0])

    def wrong_port(self, service: Json, selector: Mapping[str, str]) -> _Why | None:
        """Addresses are ready, but none of the target ports is one that any container behind it declares."""
        namespace = service["metadata"].get("namespace", "")
        pods = [p for p in self.relations.selected(namespace, selector) if not is_leaving(p) and is_ready(p)]
        declared = _ports(pods)
        numbers = {number for _, number in declared}
        targets = [p.get("targetPort", p.get("port")) for p in dig(service, "spec", "ports", default=[])]
        if not pods or not numbers or not targets or any(not isinstance(t, int) or t in numbers for t in targets):
            return None
        if any(not dig(c, "ports") for p in pods for c in dig(p, "spec", "containers", default=[])):
            return None  # A container that declares nothing may well listen there.
        listening = ", ".join(map(str, sorted(numbers)))
        return self._port(
            service, pods, f"sends to port {targets[0]}, but its pods listen on {listening}", str(targets[0])
        )

    def _port(self, service: Json, pods: list[Json], told: str, wanted: str) -> _Why:
        owner = self.relations.owner(pods[0])
        declared = ", ".join(f"{name}={number}" if name else str(number) for name, number in _ports(pods))
        changed = edited(service, "spec")
        return _Why(
            "port",
            told,
            Severity.critical,
            (
                object_seen(
                    self.state,
                    self.state.ref("Pod", pods[0]),
                    "spec.containers[*].ports",
                    f"The pods declare ports {declared or 'none'}",
                    also=(owner,),
                ),
            ),
            changed[0] if changed else created(service),
            {
                "workload": owner.name,
                "workload_kind": owner.kind,
                "target_port": wanted,
                "container_ports": declared,
                "confidence": "0.8",
            },
        )

    def _called_by(self, service: ObjectRef) -> list[ObjectRef]:
        """Workloads that call the Service."""
        if self._callers is None:
            self._callers = defaultdict(list)
            dependencies = Dependencies.over(self.state)
            for workload in self.relations.workloads():
                for called in dependencies.called_by(workload.ref) if workload.wanted else ():
                    self._callers[called].append(workload.ref)
        return self._callers.get(service, [])


def _in_trouble(pod: Json) -> bool:
    """Whether it is more than starting: something failed already."""
    usual = {"", "ContainerCreating", "PodInitializing"}
    return any(c.restarts or c.waiting_reason not in usual for c in containers_of(pod))


def _lately(workload: Workload) -> datetime | None:
    changed = edited(workload.item)
    return changed[0] if changed else created(workload.item)


def _ports(pods: list[Json]) -> list[tuple[str, int]]:
    found = {
        (str(port.get("name") or ""), int(port.get("containerPort") or 0)): None
        for pod in pods
        for section in ("containers", "initContainers")
        for container in dig(pod, "spec", section, default=[])
        for port in container.get("ports") or ()
    }
    return list(found)


def _text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
