"""Kubernetes objects as an API server would show them, for states that a test draws up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from domain.cluster_state import ClusterState, Coverage, LogKey

Json = dict[str, Any]
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
KINDS = (
    "Pod,Event,Deployment,ReplicaSet,StatefulSet,DaemonSet,Job,CronJob,Service,EndpointSlice,ConfigMap,"
    "HorizontalPodAutoscaler,PersistentVolumeClaim,PersistentVolume,StorageClass,Node,Namespace"
).split(",")
_uids = count(1)


def at(ago: float) -> str:
    """A moment so many seconds before NOW, as Kubernetes writes it."""
    return (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def thing(kind: str, name: str, namespace: str = "shop", *, age: float = 86_400, **parts: Any) -> Json:
    metadata = {"name": name, "uid": f"uid-{next(_uids)}", "creationTimestamp": at(age), **parts.pop("metadata", {})}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}


def owned_by(owner: Json) -> Json:
    metadata = owner["metadata"]
    return {
        "ownerReferences": [
            {"kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"], "controller": True}
        ]
    }


def container(name: str = "app", image: str = "registry.example/app:1", **more: Any) -> Json:
    return {"name": name, "image": image, **more}


def status(
    name: str = "app", *, ready: bool = False, restarts: int = 0, last: Json | None = None, **state: Any
) -> Json:
    return {
        "name": name,
        "ready": ready,
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


def ended(code: int, *, ago: float = 30, ran: float = 1, reason: str = "Error") -> Json:
    return {"exitCode": code, "reason": reason, "startedAt": at(ago + ran), "finishedAt": at(ago)}


def running(ago: float = 3600) -> Json:
    return {"running": {"startedAt": at(ago)}}


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message}}


def pod(
    name: str,
    *statuses: Json,
    owner: Json | None = None,
    namespace: str = "shop",
    containers: Sequence[Json] = (),
    labels: Mapping[str, str] | None = None,
    phase: str = "Running",
    ready_since: float | None = None,
    age: float = 3600,
    node: str = "node-1",
    spec: Json | None = None,
    conditions: Sequence[Json] = (),
    **more: Any,
) -> Json:
    """A pod; ready when all its containers are."""
    statuses = statuses or (status(ready=True, **running()),)
    ready = phase == "Running" and all(s["ready"] for s in statuses)
    turned = at(ready_since if ready_since is not None else age - 5)
    metadata: Json = {"labels": dict(labels or {}), **(owned_by(owner) if owner else {}), **more.pop("metadata", {})}
    return thing(
        "Pod",
        name,
        namespace,
        age=age,
        metadata=metadata,
        spec={"containers": list(containers) or [container()], **({"nodeName": node} if node else {}), **(spec or {})},
        status={
            "phase": phase,
            "conditions": [
                {"type": "PodScheduled", "status": "True" if node else "False", "lastTransitionTime": at(age)},
                {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": turned},
                *conditions,
            ],
            "containerStatuses": list(statuses),
            **more.pop("status", {}),
        },
    )


def deployment(
    name: str,
    *,
    namespace: str = "shop",
    replicas: int = 1,
    ready: int | None = None,
    containers: Sequence[Json] = (),
    labels: Mapping[str, str] | None = None,
    conditions: Sequence[Json] = (),
    age: float = 86_400,
    **more: Any,
) -> Json:
    labels = dict(labels or {"app": name})
    return thing(
        "Deployment",
        name,
        namespace,
        age=age,
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": list(containers) or [container()]}},
            **more.pop("spec", {}),
        },
        status={
            "replicas": replicas,
            "readyReplicas": replicas if ready is None else ready,
            "updatedReplicas": replicas,
            "conditions": list(conditions),
        },
        **more,
    )


def replica_set(
    owner: Json,
    revision: int,
    *,
    replicas: int,
    ready: int | None = None,
    age: float = 3600,
    containers: Sequence[Json] = (),
) -> Json:
    template = owner["spec"]["template"]
    if containers:
        template = {"metadata": template["metadata"], "spec": {"containers": list(containers)}}
    return thing(
        "ReplicaSet",
        f"{owner['metadata']['name']}-{revision:x}7d9f",
        owner["metadata"]["namespace"],
        age=age,
        metadata={"annotations": {"deployment.kubernetes.io/revision": str(revision)}, **owned_by(owner)},
        spec={"replicas": replicas, "template": template},
        status={"replicas": replicas, "readyReplicas": replicas if ready is None else ready},
    )


def service(
    name: str,
    selector: Mapping[str, str] | None = None,
    *,
    namespace: str = "shop",
    ports: Sequence[Json] = (),
    **more: Any,
) -> Json:
    spec = {
        "selector": dict({"app": name} if selector is None else selector),
        "ports": list(ports) or [{"port": 80, "targetPort": 8080}],
    }
    return thing("Service", name, namespace, spec={**spec, **more.pop("spec", {})}, **more)


def endpoints(of: Json, *, ready: int = 0, not_ready: int = 0, ports: bool = True) -> Json:
    return thing(
        "EndpointSlice",
        f"{of['metadata']['name']}-abcde",
        of["metadata"]["namespace"],
        metadata={"labels": {"kubernetes.io/service-name": of["metadata"]["name"]}},
        ports=[{"port": 8080}] if ports else [],
        endpoints=[
            {"addresses": [f"10.0.0.{n}"], "conditions": {"ready": n < ready}} for n in range(ready + not_ready)
        ],
    )


def event(
    about: Json,
    reason: str,
    message: str = "",
    *,
    ago: float = 20,
    times: int = 3,
    field: str = "",
    kind: str = "Warning",
) -> Json:
    metadata = about["metadata"]
    return thing(
        "Event",
        f"{metadata['name']}.{next(_uids):x}",
        metadata.get("namespace", ""),
        involvedObject={
            "kind": about["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace", ""),
            "uid": metadata["uid"],
            **({"fieldPath": field} if field else {}),
        },
        reason=reason,
        message=message,
        type=kind,
        count=times,
        firstTimestamp=at(ago + 60),
        lastTimestamp=at(ago),
    )


def node(
    name: str = "node-1", *, cordoned: bool = False, cpu: str = "4", memory: str = "16Gi", ready: bool = True
) -> Json:
    return thing(
        "Node",
        name,
        "",
        spec={"unschedulable": True} if cordoned else {},
        status={
            "allocatable": {"cpu": cpu, "memory": memory, "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown", "lastTransitionTime": at(600)}],
        },
    )


def config_map(name: str, data: Mapping[str, str], *, namespace: str = "shop", **metadata: Any) -> Json:
    return thing("ConfigMap", name, namespace, metadata=metadata, data=dict(data))


def state(
    *items: Json,
    logs: Mapping[LogKey, str] | None = None,
    coverage: Mapping[str, Coverage] | None = None,
    now: datetime = NOW,
) -> ClusterState:
    objects: dict[str, list[Json]] = {kind: [] for kind in KINDS}
    for item in items:
        objects.setdefault(item["kind"], []).append(item)
    everything: dict[str, Coverage] = dict.fromkeys(objects, "read")
    return ClusterState(
        cluster="cluster-uid",
        context="test",
        now=now,
        objects={kind: tuple(found) for kind, found in objects.items()},
        coverage={**everything, **(coverage or {})},
        logs=dict(logs or {}),
    )
