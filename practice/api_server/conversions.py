"""Kinds that are served in two versions: how the one that is kept becomes the other, and back."""

import json

from practice.api import Json
from practice.api_server.resources import Resource
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import decoded

_KEPT_AS = {"events": "v1", "horizontalpodautoscalers.autoscaling": "autoscaling/v2"}
"""The version that the store has, of kinds with more than one."""

_EVENT_NAMES = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
"""What a field of a v1 Event is called in events.k8s.io/v1."""

_OTHER_METRICS = "autoscaling.alpha.kubernetes.io/metrics"
"""Where an autoscaling/v1 autoscaler keeps the metrics that this version cannot say."""


def to_kept(item: Json, resource: Resource) -> Json:
    """An object as the store keeps it, from one of the version that the client speaks."""
    kept = _KEPT_AS.get(resource.shelf, resource.api_version)
    if item["apiVersion"] == kept:
        return item
    if resource.shelf == "events":
        return _canonical(_renamed(item, {new: old for old, new in _EVENT_NAMES.items()}), kept)
    return _canonical(_autoscaler_v2(item), kept)


def from_kept(item: Json, resource: Resource) -> Json:
    """An object as the client wants it, from what the store has."""
    if item["apiVersion"] == resource.api_version:
        return item
    if resource.shelf == "events":
        return _canonical(_renamed(item, _EVENT_NAMES), resource.api_version)
    return _canonical(_autoscaler_v1(item), resource.api_version)


def _canonical(item: Json, api_version: str) -> Json:
    return decoded(item | {"apiVersion": api_version}, schema_of(api_version, item["kind"])).item


def _renamed(item: Json, names: dict[str, str]) -> Json:
    return {names.get(key, key): value for key, value in item.items()}


def _autoscaler_v1(item: Json) -> Json:
    spec, status, meta = dict(item["spec"]), dict(item.get("status", {})), item["metadata"]
    metrics = spec.pop("metrics", None) or []
    if share := next(filter(None, map(_cpu_share, metrics)), None):
        spec["targetCPUUtilizationPercentage"] = share
    if others := [each for each in metrics if not _cpu_share(each)]:
        meta = {**meta, "annotations": {**meta.get("annotations", {}), _OTHER_METRICS: json.dumps(others)}}
    for each in status.get("currentMetrics") or []:
        if each.get("resource", {}).get("name") == "cpu":
            status["currentCPUUtilizationPercentage"] = each["resource"]["current"].get("averageUtilization")
    return {**item, "metadata": meta, "spec": spec, "status": {"currentReplicas": 0, **status}}


def _autoscaler_v2(item: Json) -> Json:
    spec, meta = dict(item["spec"]), dict(item["metadata"])
    annotations = dict(meta.get("annotations", {}))
    metrics = json.loads(annotations.pop(_OTHER_METRICS, "[]"))
    if share := spec.pop("targetCPUUtilizationPercentage", None):
        target = {"type": "Utilization", "averageUtilization": share}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}, *metrics]
    if "annotations" in meta:
        meta["annotations"] = annotations
    return {**item, "metadata": meta, "spec": {**spec, "metrics": metrics} if metrics else spec}


def _cpu_share(metric: Json) -> int | None:
    resource = metric.get("resource") or {}
    return resource.get("target", {}).get("averageUtilization") if resource.get("name") == "cpu" else None
