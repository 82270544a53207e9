"""The kinds that Hilda reads, and where the API serves them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True

    def path(self, namespace: str | None = None, name: str = "") -> str:
        """The API path of the list, in one namespace or in all, or of one object."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        where = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{where}/{self.plural}" + (f"/{name}" if name else "")

    @property
    def resource(self) -> str:
        """As kubectl takes it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_ALL = (
    Kind("Pod", "pods"),
    Kind("Event", "events"),
    Kind("Deployment", "deployments", "apps"),
    Kind("ReplicaSet", "replicasets", "apps"),
    Kind("StatefulSet", "statefulsets", "apps"),
    Kind("DaemonSet", "daemonsets", "apps"),
    Kind("ControllerRevision", "controllerrevisions", "apps"),
    Kind("Job", "jobs", "batch"),
    Kind("CronJob", "cronjobs", "batch"),
    Kind("Service", "services"),
    Kind("EndpointSlice", "endpointslices", "discovery.k8s.io"),
    Kind("Ingress", "ingresses", "networking.k8s.io"),
    Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io"),
    Kind("ConfigMap", "configmaps"),
    Kind("Secret", "secrets"),
    Kind("ServiceAccount", "serviceaccounts"),
    Kind("ResourceQuota", "resourcequotas"),
    Kind("LimitRange", "limitranges"),
    Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2"),
    Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy"),
    Kind("PersistentVolumeClaim", "persistentvolumeclaims"),
    Kind("PersistentVolume", "persistentvolumes", namespaced=False),
    Kind("StorageClass", "storageclasses", "storage.k8s.io", namespaced=False),
    Kind("Node", "nodes", namespaced=False),
    Kind("Namespace", "namespaces", namespaced=False),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}

DEFAULT_KINDS: tuple[str, ...] = (
    "Pod",
    "Event",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "EndpointSlice",
    "ConfigMap",
    "HorizontalPodAutoscaler",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "Node",
    "Namespace",
)
"""What one look reads. Secrets are not among them: nothing here needs one, and what is not read cannot leak."""

ESSENTIAL_KINDS: tuple[str, ...] = ("Pod", "Deployment")
"""Without these nobody can say that a cluster is healthy."""
