"""Whether an object may be stored: everything that is wrong with it, in the API server's words."""

from collections.abc import Callable, Iterator

from practice.api_server.schema.faults import Fault
from practice.api_server.schema.rules import cluster, names, pods, services, settings, storage, workloads
from practice.api_server.schema.rules.metadata import NameRule, changed_metadata, new_metadata
from practice.api_server.schema.schemas import Json

KindRule = Callable[[Json, Json | None], Iterator[Fault]]

_CLUSTER_WIDE = frozenset(
    "APIService ClusterRole ClusterRoleBinding IngressClass Namespace Node PersistentVolume PriorityClass StorageClass "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding".split()
)
_NAMES: dict[str, NameRule] = {
    "Event": names.path_segment,
    "Namespace": names.dns_label,
    "Service": names.dns_label,
    "StatefulSet": names.dns_label,
    "ClusterRole": names.path_segment,
    "ClusterRoleBinding": names.path_segment,
    "Role": names.path_segment,
    "RoleBinding": names.path_segment,
}
_RULES: dict[str, KindRule] = {
    "ClusterRole": cluster.cluster_role,
    "ClusterRoleBinding": cluster.cluster_role_binding,
    "ConfigMap": settings.config_map,
    "ControllerRevision": cluster.controller_revision,
    "CronJob": workloads.cron_job,
    "DaemonSet": workloads.daemon_set,
    "Deployment": workloads.deployment,
    "EndpointSlice": services.endpoint_slice,
    "Endpoints": services.endpoints,
    "Event": cluster.event,
    "HorizontalPodAutoscaler": cluster.autoscaler,
    "Ingress": services.ingress,
    "IngressClass": services.ingress_class,
    "Job": workloads.job,
    "Lease": cluster.lease,
    "LimitRange": cluster.limit_range,
    "NetworkPolicy": services.network_policy,
    "Node": cluster.node,
    "PersistentVolume": storage.volume,
    "PersistentVolumeClaim": storage.claim,
    "Pod": pods.pod,
    "PodDisruptionBudget": cluster.disruption_budget,
    "PodTemplate": pods.pod_template,
    "PriorityClass": cluster.priority_class,
    "ReplicaSet": workloads.replica_set,
    "ReplicationController": workloads.replication_controller,
    "ResourceQuota": cluster.resource_quota,
    "Role": cluster.role,
    "RoleBinding": cluster.role_binding,
    "Secret": settings.secret,
    "Service": services.service,
    "StatefulSet": workloads.stateful_set,
    "StorageClass": storage.storage_class,
}


def faults(item: Json, old: Json | None = None, *, subresource: str = "") -> list[Fault]:
    """All that is wrong with a new object, or with the change from `old`; both as stored, defaults filled in.

    Through a subresource only the metadata is looked at.
    """
    kind = item["kind"]
    if old is not None:
        found = list(changed_metadata(item["metadata"], old["metadata"]))
    else:
        name_rule = _NAMES.get(kind, names.dns_subdomain)
        found = list(new_metadata(item["metadata"], kind not in _CLUSTER_WIDE, name_rule))
    if not subresource and kind in _RULES:
        found += _RULES[kind](item, old)
    return found
