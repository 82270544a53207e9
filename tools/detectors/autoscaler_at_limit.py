"""An autoscaler wants more pods than it may have, and the load stays above its target."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from domain.cluster_state import ClusterState
from domain.findings import Finding, Severity
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.detectors import facts
from tools.detectors.troubled import present
from tools.kubernetes.moments import ago, moment
from tools.kubernetes.pods import condition
from tools.kubernetes.quantities import quantity
from tools.kubernetes.relations import Relations
from tools.kubernetes.seen import object_seen

CODE = "autoscaler-at-limit"

_LASTS = timedelta(seconds=30)
_TOLERATED = 1.1
"""As much above its target as an autoscaler itself leaves alone."""
_TO_SPARE = 1.2


@dataclass(frozen=True, slots=True)
class _Load:
    """One metric of an autoscaler: how far above its target it is."""

    name: str
    ratio: float
    told: str
    """`cpu at 140 % (target 60 %)`"""


def find(state: ClusterState) -> Iterator[Finding]:
    relations = Relations.over(state)
    for item in state.of("HorizontalPodAutoscaler"):
        limited = condition(item, "ScalingLimited")
        if limited.get("status") != "True" or limited.get("reason") != "TooManyReplicas":
            continue
        if ago(moment(limited.get("lastTransitionTime")), state.now) < _LASTS:
            continue
        most, present_pods = _number(item, "spec", "maxReplicas"), _number(item, "status", "currentReplicas")
        hottest = max(_loads(item), key=lambda load: load.ratio, default=None)
        if hottest is None or hottest.ratio <= _TOLERATED or present_pods < most:
            continue
        yield _finding(relations, item, most, hottest)


def _finding(relations: Relations, item: Json, most: int, load: _Load) -> Finding:
    state, ref = relations.state, relations.state.ref("HorizontalPodAutoscaler", item)
    target = target_of(ref, item)
    workload = relations.workload(target)
    limited = condition(item, "ScalingLimited")
    since = moment(limited.get("lastTransitionTime"))
    needed = max(math.ceil(most * load.ratio * _TO_SPARE), most + 1)
    return Finding(
        code=CODE,
        severity=Severity.warning,
        object=ref,
        title=f"{target.name} needs more than the {most} pods that its autoscaler may give it: {load.told}",
        evidence=present(
            object_seen(
                state,
                ref,
                "status.conditions[ScalingLimited]",
                f"Autoscaler {ref.name} is at its limit of {most} pods with {load.told}",
                sample=f"{limited.get('reason')}: {limited.get('message', '')}",
                also=(target,),
                check=("describe", "hpa", ref.name),
            ),
            facts.changed(state, workload, since) if workload.item else None,
        ),
        since=since,
        facts={
            **(facts.about(relations, workload) if workload.item else {}),
            "namespace": ref.namespace,
            "autoscaler": ref.name,
            "workload": target.name,
            "workload_kind": target.kind,
            "max_replicas": str(most),
            "needed_replicas": str(needed),
            "metric": load.name,
            "load": load.told,
            "pods": str(most),
        },
    )


def target_of(ref: ObjectRef, item: Json) -> ObjectRef:
    """The workload that an autoscaler scales."""
    kind, name = (str(dig(item, "spec", "scaleTargetRef", part, default="")) for part in ("kind", "name"))
    return ObjectRef(ref.cluster, ref.namespace, kind, name)


def _loads(item: Json) -> Iterator[_Load]:
    """Every metric whose target and present value are known, as the autoscaler itself compares them."""
    measured = {_name(metric): metric for metric in dig(item, "status", "currentMetrics", default=[])}
    for metric in dig(item, "spec", "metrics", default=[]):
        kind, name = _name(metric)
        wanted, found = _part(metric).get("target") or {}, _part(measured.get((kind, name), {})).get("current") or {}
        if (share := wanted.get("averageUtilization")) and (used := found.get("averageUtilization")):
            yield _Load(name, used / share, f"{name} at {used} % (target {share} %)")
        for way in ("averageValue", "value"):
            target, value = quantity(wanted.get(way)), quantity(found.get(way))
            if target and value and "averageUtilization" not in wanted:
                yield _Load(name, value / target, f"{name} at {found[way]} (target {wanted[way]})")


def _name(metric: Json) -> tuple[str, str]:
    part = _part(metric)
    return str(metric.get("type", "")), str(part.get("name") or dig(part, "metric", "name", default=""))


def _part(metric: Json) -> Json:
    """What the metric's type says it is about: `resource`, `pods`, `external`, ..."""
    kind = str(metric.get("type", ""))
    part: Json = metric.get(kind[:1].lower() + kind[1:]) or {}
    return part


def _number(item: Json, *path: str) -> int:
    return int(dig(item, *path, default=0))
