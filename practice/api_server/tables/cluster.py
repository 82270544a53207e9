"""Rows of what a cluster is made of: nodes, namespaces, settings, limits, events."""

from datetime import datetime

from practice.api import Json
from practice.api_server.tables.ages import UNKNOWN, age, since
from practice.api_server.tables.cells import NONE, Cell, condition

_ROLE = "node-role.kubernetes.io/"


def node(item: Json, now: datetime) -> list[Cell]:
    status = item.get("status", {})
    info = status.get("nodeInfo", {})
    kernel = info.get("kernelVersion") or UNKNOWN
    return [
        item["metadata"]["name"],
        _node_state(item),
        ",".join(_roles(item["metadata"].get("labels", {}))) or NONE,
        age(item, now),
        info.get("kubeletVersion", ""),
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        f"{kernel} ({info['architecture']})" if info.get("architecture") else kernel,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def namespace(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], item.get("status", {}).get("phase", ""), age(item, now)]


def config_map(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], len(item.get("data") or {}) + len(item.get("binaryData") or {}), age(item, now)]


def secret(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], item.get("type", ""), len(item.get("data") or {}), age(item, now)]


def service_account(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], age(item, now)]


def lease(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], item["spec"].get("holderIdentity", ""), age(item, now)]


def resource_quota(item: Json, now: datetime) -> list[Cell]:
    status = item.get("status", {})
    used = status.get("used", {})
    requests: list[str] = []
    limits: list[str] = []
    for name, hard in sorted(status.get("hard", {}).items()):
        (limits if name.startswith("limits.") else requests).append(f"{name}: {used.get(name, '0')}/{hard}")
    return [item["metadata"]["name"], ", ".join(requests), ", ".join(limits), age(item, now)]


def pod_disruption_budget(item: Json, now: datetime) -> list[Cell]:
    spec = item["spec"]
    return [
        item["metadata"]["name"],
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        item.get("status", {}).get("disruptionsAllowed", 0),
        age(item, now),
    ]


def priority_class(item: Json, now: datetime) -> list[Cell]:
    return [
        item["metadata"]["name"],
        item.get("value", 0),
        item.get("globalDefault", False),
        age(item, now),
        item.get("preemptionPolicy", ""),
    ]


def event(item: Json, now: datetime) -> list[Cell]:
    """Of either group: events.k8s.io has other names for the same fields."""
    about = item.get("involvedObject") or item.get("regarding") or {}
    source = item.get("source") or item.get("deprecatedSource") or {}
    first = item.get("firstTimestamp") or item.get("deprecatedFirstTimestamp") or item.get("eventTime")
    last = item.get("lastTimestamp") or item.get("deprecatedLastTimestamp") or first
    count = item.get("count") or item.get("deprecatedCount") or 1
    if series := item.get("series"):
        last, count = series.get("lastObservedTime"), series.get("count", 0)
    kind = about.get("kind", "").lower()
    by = source.get("component") or item.get("reportingComponent") or item.get("reportingController") or ""
    host = source.get("host") or item.get("reportingInstance")
    return [
        since(last, now),
        item.get("type", ""),
        item.get("reason", ""),
        f"{kind}/{about['name']}" if about.get("name") else kind,
        about.get("fieldPath", ""),
        f"{by}, {host}" if host else by,
        (item.get("message") or item.get("note") or "").strip(),
        since(first, now),
        count,
        item["metadata"]["name"],
    ]


def _node_state(item: Json) -> str:
    ready = condition(item, "Ready")
    state = ("Ready" if ready["status"] == "True" else "NotReady") if ready else "Unknown"
    return f"{state},SchedulingDisabled" if item["spec"].get("unschedulable") else state


def _roles(labels: Json) -> list[str]:
    named = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    return sorted((named | {labels.get("kubernetes.io/role", "")}) - {""})


def _address(status: Json, kind: str) -> str:
    return next((each["address"] for each in status.get("addresses", ()) if each["type"] == kind), NONE)
