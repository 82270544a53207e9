"""When one finding is a consequence of another: each rule is one sentence about how trouble spreads."""

import re
from collections.abc import Callable, Mapping
from itertools import chain

from domain.findings import Finding
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.kubernetes.relations import Relations, selects

_DEPTH = (
    "config-missing",
    "unschedulable",
    "image-pull",
    "out-of-memory",
    "crash-loop",
    "probe-failing",
    "pool-exhausted",
    "cpu-saturated",
    "memory-near-limit",
    "rollout-stuck",
    "latency-high",
    "errors-high",
)
"""Within one workload: earlier ones explain later ones."""

_OF_PODS = frozenset(_DEPTH[:6])
_OF_METRICS = frozenset({"pool-exhausted", "cpu-saturated", "memory-near-limit", "latency-high", "errors-high"})
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
    if cause.code != "service-without-endpoints" or other.code not in {
        "crash-loop",
        "probe-failing",
        "errors-high",
        "latency-high",
    }:
        return ""
    for ref in _workloads(other, relations):
        workload = relations.workload(ref)
        selector = dig(
            relations.get("Service", cause.object.namespace, cause.object.name), "spec", "selector", default={}
        )
        if ref.namespace == cause.object.namespace and selects(selector, workload.labels):
            return ""
        if names_service(_said(other), cause.object, ref.namespace, in_log=True):
            return f"the log of {other.object.name} names Service {cause.object.name}"
        if names_service(" ".join(settings(workload.template)), cause.object, ref.namespace) and not _began_before(
            other, cause
        ):
            return f"{other.object.name} is set to call Service {cause.object.name}"
    return ""


def _callee_is_slow(cause: Finding, other: Finding, relations: Relations) -> str:
    """A service that is slow or failing makes its callers slow or failing."""
    if (
        cause.code not in _OF_METRICS
        or other.code not in {"latency-high", "errors-high"}
        or _began_before(other, cause)
    ):
        return ""
    mine = _workloads(cause, relations)
    for caller in _workloads(other, relations) - mine:
        told = " ".join(settings(relations.workload(caller).template))
        for service in relations.of("Service", cause.object.namespace):
            selector = dig(service, "spec", "selector", default={})
            behind = any(selects(selector, relations.workload(ref).labels) for ref in mine)
            if behind and names_service(told, relations.state.ref("Service", service), caller.namespace):
                return f"{other.object.name} calls {cause.object.name}"
    return ""


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
    _callee_is_slow,
    _same_thing_missing,
    _alert_about_it,
)

_DOES = {
    "unschedulable": "has pods without a node",
    "image-pull": "cannot pull its image",
    "out-of-memory": "runs out of memory",
    "crash-loop": "crashes",
    "probe-failing": "fails its probe",
    "pool-exhausted": "exhausts its pool",
    "cpu-saturated": "is short of CPU",
    "memory-near-limit": "is near its memory limit",
    "rollout-stuck": "does not finish its rollout",
    "latency-high": "is slow",
    "errors-high": "answers with errors",
}


def names_service(text: str, service: ObjectRef, from_namespace: str, *, in_log: bool = False) -> bool:
    """Whether a text means this Service as a host: `db`, `db.shop`, `db.shop.svc...`, `http://db:80`.

    A bare name counts only within the namespace, and in a log only where it stands like a host.
    """
    name, namespace = re.escape(service.name), re.escape(service.namespace)
    if re.search(rf"(?<![\w.-]){name}\.{namespace}(?![\w-])", text):
        return True
    if from_namespace != service.namespace:
        return False
    if in_log:
        return bool(re.search(rf"(?<![\w.-]){name}(?=:\d|/|\"|'|\s|$)", text))
    return bool(re.search(rf"(?:^|://|@|[\s,=]){name}(?=:\d|/|$|[\s,])", text))


def _workloads(finding: Finding, relations: Relations) -> set[ObjectRef]:
    """The workloads a finding is about: its object, its pods' owner, or what stands behind its Service."""
    ref = finding.object
    if ref.kind == "Service":
        selector = dig(relations.get("Service", ref.namespace, ref.name), "spec", "selector", default={})
        return {relations.owner(pod) for pod in relations.selected(ref.namespace, selector)}
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


def settings(template: Json) -> list[str]:
    """What a pod template tells its containers: values of env, arguments."""
    found: list[str] = []
    for container in chain(
        dig(template, "spec", "initContainers", default=[]), dig(template, "spec", "containers", default=[])
    ):
        found += [str(entry.get("value", "")) for entry in container.get("env") or ()]
        found += [str(word) for word in [*(container.get("command") or ()), *(container.get("args") or ())]]
    return found


def _began_before(first: Finding, second: Finding) -> bool:
    return first.since is not None and second.since is not None and first.since < second.since


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
