"""What a patch touches, field by field: only fields that are known to be harmless enough may be patched by us.

A list of what is allowed, not of what is forbidden: a field nobody thought of is not run. The body is JSON, in any of
kubectl's three types. A patch that replaces more than the field it means (a whole container list in a merge patch, a
whole pod spec in a JSON patch) does not match the allowed fields, which is what keeps a security context from being
lost in passing.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from domain.risk import Risk
from policy.judged import Judged, worst
from policy.kubectl_call import ObjectTarget
from policy.marks import judge_mark
from policy.resources import HAVE_PODS
from policy.shell import NotUnderstood

_CONTAINER = r"spec\.(?:initC|c)ontainers\[\]"
_PROBE = rf"{_CONTAINER}\.(?:liveness|readiness|startup)Probe"
_POD = (
    (rf"{_CONTAINER}\.name", Risk.read, ""),
    (rf"{_CONTAINER}\.image(?:PullPolicy)?", Risk.medium, "It rolls out pods with another image."),
    (rf"{_CONTAINER}\.resources(?:\.(?:limits|requests)(?:\..+)?)?", Risk.medium, "It changes limits or requests."),
    (rf"{_CONTAINER}\.env(?:\[\])?(?:\.(?:name|value))?", Risk.medium, "It changes environment variables."),
    (rf"{_CONTAINER}\.env\[\]\.valueFrom\.(?:configMapKeyRef|fieldRef|resourceFieldRef)(?:\..+)?", Risk.medium,
     "It changes where environment variables come from."),
    (rf"{_CONTAINER}\.envFrom\[\]\.(?:prefix|configMapRef(?:\..+)?)", Risk.medium, "It changes environment variables."),
    (rf"{_PROBE}\.(?:httpGet|tcpSocket|grpc)(?:\.(?!host).+)?", Risk.medium, "It changes how a container is probed."),
    (rf"{_PROBE}\.(?:\w+Seconds|\w+Threshold)", Risk.medium, "It changes how a container is probed."),
    (rf"{_CONTAINER}\.(?:args|command)(?:\[\])?", Risk.high, "It changes which program a container runs."),
    (rf"{_CONTAINER}\.ports\[\]\.(?:name|containerPort|protocol)", Risk.medium, "It changes a container's ports."),
    (r"spec\.terminationGracePeriodSeconds", Risk.medium, "It changes how pods end."),
    (r"spec\.(?:nodeSelector(?:\..+)?|affinity(?:\..+)?|tolerations(?:\[\].*)?|topologySpreadConstraints(?:\[\].*)?)",
     Risk.medium, "It changes where pods are placed."),
    (r"spec\.imagePullSecrets\[\]\.name", Risk.medium, "It changes which credentials pull images, by name."),
    (r"spec\.volumes\[\]\.(?:name|configMap(?:\..+)?|emptyDir(?:\..+)?)", Risk.medium, "It changes mounted files."),
    (r"metadata\.annotations\.(?:kubectl\.kubernetes\.io/restartedAt|(?:prometheus\.io|checksum)/.+|[^/]+)",
     Risk.medium, "It rolls out new pods."),
    (r"metadata\.labels\.(?:app\.kubernetes\.io/.+|[^/]+)", Risk.medium, "It rolls out new pods."),
)  # fmt: skip

_ROLLOUT = (
    (r"spec\.paused", Risk.medium, "It holds back or lets go a rollout."),
    (r"spec\.(?:strategy|updateStrategy)(?:\..+)?", Risk.medium, "It changes how pods are replaced."),
    (
        r"spec\.(?:minReadySeconds|progressDeadlineSeconds|revisionHistoryLimit)",
        Risk.low,
        "It changes a rollout's patience.",
    ),
)

_FIELDS: dict[str, tuple[tuple[str, Risk, str], ...]] = {
    "deployments": _ROLLOUT,
    "statefulsets": _ROLLOUT,
    "daemonsets": _ROLLOUT,
    "replicasets": (),
    "replicationcontrollers": (),
    "cronjobs": (
        (r"spec\.(?:suspend|schedule|timeZone|concurrencyPolicy|startingDeadlineSeconds)", Risk.medium,
         "It changes when it runs."),
        (r"spec\.(?:successful|failed)JobsHistoryLimit", Risk.low, "It changes how many old Jobs are kept."),
    ),
    "jobs": ((r"spec\.(?:suspend|parallelism|backoffLimit)", Risk.medium, "It changes how the Job runs."),),
    "configmaps": ((r"data\..+", Risk.medium, "It changes configuration that pods read."),),
    "services": (
        (r"spec\.(?:selector(?:\..+)?|sessionAffinity)", Risk.medium, "It changes which pods get the traffic."),
        (r"spec\.ports\[\]\.(?:name|port|targetPort|protocol|appProtocol)", Risk.medium,
         "It changes where traffic goes."),
        (r"spec\.publishNotReadyAddresses", Risk.medium, "It changes which pods get the traffic."),
    ),
    "horizontalpodautoscalers": (
        (r"spec\.(?:minReplicas|maxReplicas)", Risk.medium, "It changes how many pods there may be."),
        (r"spec\.(?:metrics(?:\[\].*)?|behavior(?:\..+)?)", Risk.medium, "It changes when pods are added."),
    ),
    "poddisruptionbudgets": (
        (r"spec\.(?:minAvailable|maxUnavailable)", Risk.medium, "It changes how many pods may be away."),
    ),
    "ingresses": (
        (r"spec\.(?:rules\[\]\.http\.paths\[\]|defaultBackend)\.(?:backend\.)?service(?:\..+)?", Risk.medium,
         "It changes where traffic goes."),
    ),
    "persistentvolumeclaims": (
        (r"spec\.resources\.requests\.storage", Risk.high, "A volume grows and never shrinks again."),
    ),
    "resourcequotas": ((r"spec\.hard\..+", Risk.high, "It changes what a whole namespace may use."),),
    "nodes": ((r"spec\.unschedulable", Risk.medium, "It changes whether new pods are placed on the node."),),
    "pods": ((r"spec\.containers\[\]\.(?:name|image)", Risk.medium, "It restarts a container with another image."),),
}  # fmt: skip


def judge_patch(body: str, kind: str, targets: tuple[ObjectTarget, ...]) -> Judged:
    """What a patch of `kind` (strategic, merge, json) with this body does to these objects."""
    if not body:
        raise NotUnderstood("it has no patch.")
    try:
        patch = json.loads(body, object_pairs_hook=_without_repeats)
    except ValueError as fault:
        raise NotUnderstood(f"its patch is not plain JSON ({fault}).") from fault
    match kind:
        case "json" if isinstance(patch, list) and patch:
            touched = [touch for operation in patch for touch in _of_operation(operation)]
        case "strategic" | "merge" if isinstance(patch, dict) and patch:
            touched = list(_leaves(patch, "", merge=kind == "merge"))
        case "json" | "strategic" | "merge":
            raise NotUnderstood(f"its patch has not the form of a {kind} patch.")
        case _:
            raise NotUnderstood(f"{kind[:20]!r} is no type of patch.")
    return worst(_judge(path, value, one) for path, value in touched for one in targets)


def _judge(path: str, value: Any, one: ObjectTarget) -> Judged:
    if re.fullmatch(r"metadata\.(?:annotations|labels)\..+", path):
        verb = "label" if path.startswith("metadata.labels.") else "annotate"
        return judge_mark(verb, path.split(".", 2)[2], one)
    if path == "spec.replicas" and one.resource in HAVE_PODS:
        if value == 0 or value is None:
            return Judged(Risk.high, ("It scales to zero: nothing answers until somebody scales it up again.",))
        return Judged(Risk.medium, ("It changes the number of replicas.",))
    if path in ("metadata.name", "metadata.namespace") and value in (one.name, one.namespace):
        return Judged(Risk.read, ())
    for pattern, risk, reason in _FIELDS.get(one.resource, ()):
        if re.fullmatch(pattern, path):
            return Judged(risk, (reason,) if reason else ())
    template = re.match(r"spec\.(?:jobTemplate\.spec\.)?template\.", path)
    if template and one.resource in HAVE_PODS:
        for pattern, risk, reason in _POD:
            if re.fullmatch(pattern, path[template.end() :]):
                return Judged(risk, (reason,) if reason else ())
    reason = f"It patches {path or 'everything'} of a {one.kind}, which is not among the fields that may be patched."
    return Judged(Risk.high, (reason,), runnable=False)


def _leaves(value: Any, path: str, *, merge: bool) -> Iterator[tuple[str, Any]]:
    """Every field that a strategic or merge patch sets; a list in a merge patch replaces the whole list."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            if key.startswith("$") and not key.startswith("$setElementOrder/"):
                yield f"{path}.{key}".strip("."), item
            elif not key.startswith("$"):
                yield from _leaves(item, f"{path}.{key}" if path else key, merge=merge)
    elif isinstance(value, list) and value and not merge:
        for item in value:
            yield from _leaves(item, f"{path}[]", merge=merge)
    else:
        yield path, value


def _of_operation(operation: Any) -> Iterator[tuple[str, Any]]:
    """The fields that one operation of a JSON patch touches; `test` touches none."""
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise NotUnderstood("an operation of its JSON patch has no path.")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:]]
    path = "".join("[]" if step.isdigit() or step == "-" else f".{step}" for step in steps).strip(".")
    match operation.get("op"):
        case "test":
            return
        case "remove":
            yield path, None
        case "add" | "replace":
            value = operation.get("value")
            yield from _leaves(value, path, merge=False)
            if isinstance(value, dict | list) and value:
                yield from _whole(path)
        case other:
            raise NotUnderstood(f"{str(other)[:20]!r} is no operation of a JSON patch that is understood here.")


def _whole(path: str) -> Iterator[tuple[str, Any]]:
    """Replacing a map or a list also removes what stood there, so the place itself must be allowed."""
    yield path, ...


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)
