"""Lists of Kubernetes objects as tables, with the columns that people look for first."""

from collections.abc import Callable, Sequence
from datetime import datetime

from domain.cards import Table
from domain.plain_json import Json, dig
from graphs.words import times

_Columns = tuple[tuple[str, Callable[[Json], str]], ...]


def of(kind: str, items: Sequence[Json], now: datetime, *, with_namespace: bool) -> Table:
    """One row per object, by namespace and name; kinds without columns of their own have name and age."""
    columns: list[tuple[str, Callable[[Json], str]]] = []
    if with_namespace and any(dig(item, "metadata", "namespace") for item in items):
        columns.append(("Namespace", lambda item: dig(item, "metadata", "namespace", default="")))
    columns.append(("Name", _name(kind)))
    columns += _COLUMNS.get(kind, ())
    columns.append(("Age", lambda item: _age(item, now)))
    ordered = sorted(items, key=lambda item: (dig(item, "metadata", "namespace", default=""), item["metadata"]["name"]))
    if kind == "Event":
        ordered = sorted(items, key=_last_seen, reverse=True)
    rows = tuple(tuple(read(item) for _, read in columns) for item in ordered)
    return Table(tuple(title for title, _ in columns), rows)


def summary(kind: str, item: Json) -> str:
    """One object in a line: "2 of 3 ready, image web:1.2"."""
    match kind:
        case "Deployment" | "StatefulSet":
            return f"{_replicas(item)} ready, image {_images(item)}"
        case "DaemonSet":
            ready, wanted = dig(item, "status", "numberReady", default=0), dig(item, "status", "desiredNumberScheduled")
            return f"{ready} of {wanted or 0} ready, image {_images(item)}"
        case "Service":
            return f"{dig(item, 'spec', 'type', default='ClusterIP')}, ports {_ports(item)}"
        case _:
            return ""


def _name(kind: str) -> Callable[[Json], str]:
    if kind == "Event":
        return lambda item: f"{dig(item, 'involvedObject', 'kind', default='')}/{dig(item, 'involvedObject', 'name')}"
    return lambda item: str(item["metadata"]["name"])


def _age(item: Json, now: datetime) -> str:
    created = dig(item, "metadata", "creationTimestamp")
    return times.length(now - datetime.fromisoformat(created)) if created else ""


def _last_seen(item: Json) -> str:
    return str(dig(item, "lastTimestamp") or dig(item, "eventTime") or dig(item, "metadata", "creationTimestamp") or "")


def _replicas(item: Json) -> str:
    return f"{dig(item, 'status', 'readyReplicas', default=0)} of {dig(item, 'spec', 'replicas', default=1)}"


def _images(item: Json) -> str:
    containers = dig(item, "spec", "template", "spec", "containers", default=[])
    return ", ".join(str(container.get("image", "")) for container in containers)


def _ports(item: Json) -> str:
    return ", ".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in dig(item, "spec", "ports", default=[]))


def _pod_ready(item: Json) -> str:
    statuses = dig(item, "status", "containerStatuses", default=[])
    wanted = len(dig(item, "spec", "containers", default=[]))
    return f"{sum(bool(status.get('ready')) for status in statuses)} of {wanted}"


def _pod_status(item: Json) -> str:
    if dig(item, "metadata", "deletionTimestamp"):
        return "Terminating"
    for status in dig(item, "status", "containerStatuses", default=[]):
        for moment in ("waiting", "terminated"):
            if reason := dig(status, "state", moment, "reason"):
                return str(reason)
    return str(dig(item, "status", "reason") or dig(item, "status", "phase", default=""))


def _pod_restarts(item: Json) -> str:
    return str(sum(int(s.get("restartCount", 0)) for s in dig(item, "status", "containerStatuses", default=[])))


def _node_status(item: Json) -> str:
    conditions = dig(item, "status", "conditions", default=[])
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)
    cordoned = ", cordoned" if dig(item, "spec", "unschedulable") else ""
    return ("Ready" if ready else "NotReady") + cordoned


def _path(*steps: str | int) -> Callable[[Json], str]:
    return lambda item: str(dig(item, *steps, default=""))


_COLUMNS: dict[str, _Columns] = {
    "Pod": (
        ("Ready", _pod_ready),
        ("Status", _pod_status),
        ("Restarts", _pod_restarts),
        ("Node", _path("spec", "nodeName")),
    ),
    "Deployment": (("Ready", _replicas), ("Image", _images)),
    "StatefulSet": (("Ready", _replicas), ("Image", _images)),
    "ReplicaSet": (("Ready", _replicas), ("Image", _images)),
    "DaemonSet": (("Ready", lambda item: summary("DaemonSet", item).split(" ready")[0]), ("Image", _images)),
    "Service": (("Type", _path("spec", "type")), ("Cluster IP", _path("spec", "clusterIP")), ("Ports", _ports)),
    "Node": (("Status", _node_status), ("Version", _path("status", "nodeInfo", "kubeletVersion"))),
    "Namespace": (("Status", _path("status", "phase")),),
    "ConfigMap": (("Keys", lambda item: ", ".join(sorted(dig(item, "data", default={})))),),
    "Event": (("Type", _path("type")), ("Reason", _path("reason")), ("Message", _path("message"))),
    "Job": (("Succeeded", _path("status", "succeeded")), ("Failed", _path("status", "failed"))),
    "CronJob": (("Schedule", _path("spec", "schedule")),),
    "HorizontalPodAutoscaler": (
        ("Target", _path("spec", "scaleTargetRef", "name")),
        ("Replicas", _path("status", "currentReplicas")),
        ("Most", _path("spec", "maxReplicas")),
    ),
    "PersistentVolumeClaim": (("Status", _path("status", "phase")), ("Class", _path("spec", "storageClassName"))),
}  # fmt: skip
