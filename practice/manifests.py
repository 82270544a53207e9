"""A service as its team would write it down: Deployment, Service and, with settings, a ConfigMap."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from practice.api import Json

TARGET_UTILIZATION = 70
"""Percent of the requested CPU that an autoscaler aims at."""


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim that every pod of a service mounts."""

    name: str
    storage_class: str


@dataclass(frozen=True)
class ServiceSpec:
    """What a team decided about one service."""

    name: str
    namespace: str
    image: str
    """Without a tag."""
    replicas: int
    port: int
    probe_path: str
    container: str
    config_name: str
    cpu: str = "50m"
    """The request."""
    memory: str = "256Mi"
    """The limit."""
    readiness_port: int | None = None
    """Where readiness is asked; None is the port that it serves on."""
    most_replicas: int = 0
    """Where an autoscaler decides on replicas, from `replicas` to so many; 0 is no autoscaler."""
    node_labels: Mapping[str, str] = field(default_factory=dict)
    """What a node has to carry for its pods."""
    claim: Claim | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    """Keys of its ConfigMap, all of which become variables."""


def manifests(spec: ServiceSpec, tag: str) -> list[Json]:
    """Everything that a release of the service applies."""
    settings = [_config_map(spec)] if spec.config else []
    claims = [_claim(spec, spec.claim)] if spec.claim else []
    autoscalers = [_autoscaler(spec)] if spec.most_replicas else []
    return [*settings, *claims, _deployment(spec, tag), _service(spec), *autoscalers]


def volume(claim: Claim, namespace: str) -> list[Json]:
    """A volume that waits for the claim, and its class; what an administrator sets up."""
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": claim.storage_class, "labels": _part_of(namespace)},
            "provisioner": "kubernetes.io/no-provisioner",
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"{namespace}-{claim.name}", "labels": _part_of(namespace)},
            "spec": {
                "capacity": {"storage": "20Gi"},
                "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": claim.storage_class,
                "claimRef": {"namespace": namespace, "name": claim.name},
                "hostPath": {"path": f"/srv/{namespace}/{claim.name}"},
            },
        },
    ]


def namespace(name: str, team: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": team}}}


def _part_of(namespace: str) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": namespace}


def _meta(spec: ServiceSpec, name: str) -> Json:
    labels = {"app.kubernetes.io/name": spec.name, **_part_of(spec.namespace)}
    return {"name": name, "namespace": spec.namespace, "labels": labels}


def _config_map(spec: ServiceSpec) -> Json:
    meta = _meta(spec, spec.config_name)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(spec.config)}


def _service(spec: ServiceSpec) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(spec, spec.name),
        "spec": {
            "selector": {"app.kubernetes.io/name": spec.name},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }


def _claim(spec: ServiceSpec, claim: Claim) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _meta(spec, claim.name),
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": claim.storage_class,
            "resources": {"requests": {"storage": "20Gi"}},
        },
    }


def _autoscaler(spec: ServiceSpec) -> Json:
    utilization = {"type": "Utilization", "averageUtilization": TARGET_UTILIZATION}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _meta(spec, spec.name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": spec.name},
            "minReplicas": spec.replicas,
            "maxReplicas": spec.most_replicas,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
        },
    }


def _deployment(spec: ServiceSpec, tag: str) -> Json:
    meta = _meta(spec, spec.name)
    container: Json = {
        "name": spec.container,
        "image": f"{spec.image}:{tag}",
        "ports": [{"name": "http", "containerPort": spec.port}],
        "env": [{"name": name, "value": value} for name, value in spec.env.items()],
        "envFrom": [{"configMapRef": {"name": spec.config_name}}] if spec.config else [],
        "resources": {"requests": {"cpu": spec.cpu, "memory": "64Mi"}, "limits": {"memory": spec.memory}},
        "readinessProbe": {**_probe(spec, spec.readiness_port or "http"), "periodSeconds": 5},
        "livenessProbe": {**_probe(spec, "http"), "periodSeconds": 10, "failureThreshold": 3},
    }
    pod: Json = {"containers": [container]}
    if spec.node_labels:
        pod["nodeSelector"] = dict(spec.node_labels)
    if spec.claim:
        container["volumeMounts"] = [{"name": "data", "mountPath": f"/var/lib/{spec.name}"}]
        pod["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": spec.claim.name}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            # Whoever has an autoscaler leaves the number to it, or each release would undo its work.
            **({} if spec.most_replicas else {"replicas": spec.replicas}),
            "selector": {"matchLabels": {"app.kubernetes.io/name": spec.name}},
            "template": {"metadata": {"labels": meta["labels"]}, "spec": pod},
        },
    }


def _probe(spec: ServiceSpec, port: int | str) -> Json:
    return {"httpGet": {"path": spec.probe_path, "port": port}}
