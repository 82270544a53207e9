"""The kinds of objects that the controllers read and write, and where the API keeps them."""

from dataclasses import dataclass
from typing import TypeAlias

from practice.api import Json

Key: TypeAlias = tuple[str, str]
"""Namespace ("" for what has none) and name."""


@dataclass(frozen=True)
class Kind:
    api_version: str
    name: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "", part: str = "") -> str:
        """Of one object (or its `part`, such as status), or of the list.

        >>> POD.path("shop", "cart-1", "status")
        '/api/v1/namespaces/shop/pods/cart-1/status'
        """
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        words = [root, *(["namespaces", namespace] if namespace and self.namespaced else []), self.plural, name, part]
        return "/".join(word for word in words if word)

    def path_of(self, item: Json, part: str = "") -> str:
        return self.path(*key_of(item), part)


def key_of(item: Json) -> Key:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


NAMESPACE = Kind("v1", "Namespace", "namespaces", namespaced=False)
NODE = Kind("v1", "Node", "nodes", namespaced=False)
POD = Kind("v1", "Pod", "pods")
SERVICE = Kind("v1", "Service", "services")
ENDPOINTS = Kind("v1", "Endpoints", "endpoints")
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")
SERVICE_ACCOUNT = Kind("v1", "ServiceAccount", "serviceaccounts")
EVENT = Kind("v1", "Event", "events")
VOLUME = Kind("v1", "PersistentVolume", "persistentvolumes", namespaced=False)
CLAIM = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
REPLICA_SET = Kind("apps/v1", "ReplicaSet", "replicasets")
STATEFUL_SET = Kind("apps/v1", "StatefulSet", "statefulsets")
DAEMON_SET = Kind("apps/v1", "DaemonSet", "daemonsets")
CONTROLLER_REVISION = Kind("apps/v1", "ControllerRevision", "controllerrevisions")
JOB = Kind("batch/v1", "Job", "jobs")
CRON_JOB = Kind("batch/v1", "CronJob", "cronjobs")
AUTOSCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")
STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass", "storageclasses", namespaced=False)
BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
