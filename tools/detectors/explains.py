"""When one finding is a consequence of another: each rule is one sentence about how trouble spreads."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import chain

from domain.findings import Finding
from domain.objects import ObjectRef
from domain.plain_json import dig
from tools.detectors.autoscaler_at_limit import target_of
from tools.kubernetes.dependencies import Dependencies
from tools.kubernetes.history import revisions
from tools.kubernetes.relations import Relations, selects

_DEPTH = (
    "config-missing",
    "claim-pending",
    "unschedulable",
    "image-pull",
    "out-of-memory",
    "crash-loop",
    "probe-failing",
    "pool-exhausted",
    "autoscaler-at-limit",
    "cpu-saturated",
    "memory-near-limit",
    "rollout-stuck",
    "latency-high",
    "errors-high",
)
"""Within one workload: earlier ones explain later ones."""

_OF_PODS = frozenset(_DEPTH[: _DEPTH.index("probe-failing") + 1])
_OF_LOAD = frozenset(
    {"pool-exhausted", "autoscaler-at-limit", "cpu-saturated", "memory-near-limit", "latency-high", "errors-high"}
)
_DIES = frozenset({"crash-loop", "out-of-memory"})
_FELT = frozenset({"latency-high", "errors-high"})
_ABOUT_ANSWERS = re.compile(r"err(?:or)?s?\b|5xx|latency|slow|fail|availab|budget", re.IGNORECASE)
_ONE_AFTER_THE_OTHER = timedelta(minutes=5)
"""Metrics are coarse: of two that began within this time, nobody can tell which was first."""
_ONE_REGISTRY = frozenset({"unreachable", "rate-limited", "no-access", "pull-secret-missing"})


def explanation(cause: Finding, other: Finding, relations: Relations) -> str:
    """Why `other` follows from `cause`, as a sentence; "" when it does not."""
    for rule in _RULES:
        if sentence := rule(cause, other, relations):
            return sentence
    return ""


def _same_workload(cause: Finding, other: Finding, relations: Relations) -> str:
    if cause.code not in _DEPTH or other.code not in _DEPTH or _DEPTH.index(cause.code) >= _DEPTH.index(other.code):
        return ""
    if not _workloads(cause, relations) & _workloads(other, relations):
        return ""
    if {cause.code, other.code} <= _OF_PODS and not _share_pods(cause, other):
        return ""
    if cause.code == "memory-near-limit" and other.code in {"latency-high", "rollout-stuck"}:
        return ""
    return f"{other.object.name} {_DOES[other.code]} because of it"


def _service_behind(cause: Finding, other: Finding, relations: Relations) -> str:
    """Pods that are not ready leave their Service without endpoints."""
    if other.code != "service-without-endpoints" or cause.code not in _OF_PODS | {"rollout-stuck"}:
        return ""
    service = relations.get("Service", other.object.namespace, other.object.name)
    if service is None or cause.object.namespace != other.object.namespace or other.facts.get("why") == "selector":
        return ""
    selector = dig(service, "spec", "selector", default={})
    if any(selects(selector, relations.workload(ref).labels) for ref in _workloads(cause, relations)):
        return f"Service {other.object.name} has no endpoints because its pods belong to {cause.object.name}"
    return ""


def _caller_of_service(cause: Finding, other: Finding, relations: Relations) -> str:
    """Who calls a Service that has nobody behind it fails too: its log or its settings name the Service."""
    if cause.code != "service-without-endpoints" or not _may_be_felt(other, {"crash-loop", "probe-failing"}):
        return ""
    dependencies = Dependencies.over(relations.state)
    for ref in _workloads(other, relations) - set(dependencies.behind(cause.object)):
        if other.code not in _FELT and names_service(_said(other), cause.object, ref.namespace):
            return f"the log of {other.object.name} names Service {cause.object.name}"
        way = dependencies.path(ref, cause.object)
        if way and not _began_before(other, cause):
            return _calls(other, way, f"Service {cause.object.name}")
    return ""


def _callee_fails(cause: Finding, other: Finding, relations: Relations) -> str:
    """A service that is slow, fails or keeps dying makes its callers slow or failing."""
    if not _may_be_felt(other, set()) or _began_before(other, cause):
        return ""
    if cause.code not in _OF_LOAD and not (cause.code in _DIES and not _others_serve(cause, relations)):
        return ""
    dependencies = Dependencies.over(relations.state)
    mine = _workloads(cause, relations)
    for caller in _workloads(other, relations) - mine:
        for callee in mine:
            if way := dependencies.path(caller, callee):
                return _calls(other, way, callee.name)
    return ""


def _may_be_felt(finding: Finding, also: set[str]) -> bool:
    """Whether it is what callers of something broken show."""
    if finding.code == "alert-firing":
        return bool(_ABOUT_ANSWERS.search(f"{finding.facts.get('alert', '')} {finding.title}"))
    return finding.code in _FELT | also


def _others_serve(finding: Finding, relations: Relations) -> bool:
    """Whether pods of an older revision carry the traffic meanwhile, so that callers notice nothing."""
    return any(
        revision.ready for ref in _workloads(finding, relations) for revision in revisions(relations.state, ref)[1:]
    )


def _calls(caller: Finding, way: tuple[ObjectRef, ...], callee: str) -> str:
    through = ", which calls ".join([*(service.name for service in way[:-1]), callee])
    return f"{caller.facts.get('workload', caller.object.name)} calls {through}"


def _same_thing_missing(cause: Finding, other: Finding, _: Relations) -> str:
    """One thing that several workloads need: a ConfigMap, a registry, room on the nodes, a quota."""
    if cause.code != other.code or cause.object == other.object or not _leads(cause, other):
        return ""
    ours, theirs = cause.facts, other.facts
    match cause.code:
        case "config-missing":
            same = ("namespace", "config_kind", "config_name", "config_key")
            if all(ours.get(key) == theirs.get(key) for key in same):
                return f"{other.object.name} needs the same {ours.get('config_kind')} {ours.get('config_name')}"
        case "image-pull":
            if (
                ours.get("why") == theirs.get("why")
                and ours.get("why") in _ONE_REGISTRY
                and _registry(ours) == _registry(theirs)
            ):
                return f"{other.object.name} pulls from the same registry {_registry(ours)}"
        case "unschedulable":
            if ours.get("why") == theirs.get("why") and ours.get("why") not in {"volume", "", None}:
                return f"{other.object.name} finds no node for the same reason"
        case "rollout-stuck":
            quota = ours.get("quota")
            if quota and quota == theirs.get("quota") and ours.get("namespace") == theirs.get("namespace"):
                return f"{other.object.name} is held by the same quota {quota}"
    return ""


def _alert_about_it(cause: Finding, other: Finding, relations: Relations) -> str:
    """An alert says that something is wrong; what is found wrong with the same workload is why."""
    if other.code != "alert-firing" or cause.code == "alert-firing":
        return ""
    if _workloads(cause, relations) & _workloads(other, relations) or _service_of(cause, other, relations):
        return f"the alert {other.facts.get('alert', '')} is about it".replace("  ", " ")
    return ""


def _service_of(cause: Finding, other: Finding, relations: Relations) -> bool:
    """Whether one is about a Service and the other about what stands behind it by its template."""
    for one, two in ((cause.object, other.object), (other.object, cause.object)):
        service = relations.get("Service", one.namespace, one.name) if one.kind == "Service" else None
        selector = dig(service, "spec", "selector", default={})
        if one.namespace == two.namespace and selects(selector, relations.workload(two).labels):
            return True
    return False


_RULES: tuple[Callable[[Finding, Finding, Relations], str], ...] = (
    _same_workload,
    _service_behind,
    _caller_of_service,
    _callee_fails,
    _same_thing_missing,
    _alert_about_it,
)

_DOES = {
    "claim-pending": "waits for a volume",
    "unschedulable": "has pods without a node",
    "image-pull": "cannot pull its image",
    "out-of-memory": "runs out of memory",
    "crash-loop": "crashes",
    "probe-failing": "fails its probe",
    "pool-exhausted": "exhausts its pool",
    "autoscaler-at-limit": "may not have more pods",
    "cpu-saturated": "is short of CPU",
    "memory-near-limit": "is near its memory limit",
    "rollout-stuck": "does not finish its rollout",
    "latency-high": "is slow",
    "errors-high": "answers with errors",
}


def names_service(text: str, service: ObjectRef, from_namespace: str) -> bool:
    """Whether a log means this Service as a host: `db`, `db.shop`, `db.shop.svc...`, `http://db:80`.

    A bare name counts only within the namespace, and only where it stands like a host.
    """
    name, namespace = re.escape(service.name), re.escape(service.namespace)
    if re.search(rf"(?<![\w.-]){name}\.{namespace}(?![\w-])", text):
        return True
    return from_namespace == service.namespace and bool(re.search(rf"(?<![\w.-]){name}(?=:\d|/|\"|'|\s|$)", text))


def _workloads(finding: Finding, relations: Relations) -> set[ObjectRef]:
    """The workloads a finding is about: its object, its pods' owner, or what stands behind its Service."""
    ref = finding.object
    if ref.kind == "Service":
        selector = dig(relations.get("Service", ref.namespace, ref.name), "spec", "selector", default={})
        return {relations.owner(pod) for pod in relations.selected(ref.namespace, selector)}
    if ref.kind == "HorizontalPodAutoscaler":
        return {target_of(ref, relations.get(ref.kind, ref.namespace, ref.name) or {})}
    if ref.kind == "PersistentVolumeClaim":
        return {relations.owner(pod) for pod in relations.mounting(ref.namespace, ref.name)}
    if ref.kind == "Pod" and (pod := relations.get("Pod", ref.namespace, ref.name)):
        return {relations.owner(pod)}
    return {ref}


def _share_pods(cause: Finding, other: Finding) -> bool:
    return bool(_pods(cause) & _pods(other)) or not _pods(cause) or not _pods(other)


def _pods(finding: Finding) -> set[ObjectRef]:
    return {ref for ref in chain.from_iterable(e.objects for e in finding.evidence) if ref.kind == "Pod"}


def _said(finding: Finding) -> str:
    return " ".join(
        [finding.facts.get("last_line", ""), *(e.sample for e in finding.evidence if e.source in {"logs", "events"})]
    )


def _began_before(first: Finding, second: Finding) -> bool:
    """Whether that is sure; two that began almost together may be either way round."""
    return first.since is not None and second.since is not None and first.since < second.since - _ONE_AFTER_THE_OTHER


def _leads(cause: Finding, other: Finding) -> bool:
    """Of equals, one leads: the one that concerns most pods, then the earlier, then by name."""
    return _order(cause) < _order(other)


def _order(finding: Finding) -> tuple[int, float, str]:
    since = finding.since.timestamp() if finding.since else float("inf")
    return -int(finding.facts.get("pods", "1")), since, str(finding.object)


def _registry(known: Mapping[str, str]) -> str:
    image = known.get("image", "")
    first = image.split("/")[0]
    return first if "/" in image and ("." in first or ":" in first or first == "localhost") else "docker.io"
