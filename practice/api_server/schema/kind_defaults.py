"""Defaults of the kinds that are not pods."""

import base64
from collections.abc import Callable
from typing import Any

from practice.api_server.schema.schemas import Json

_MAX_INT32 = 2**31 - 1
_RBAC = "rbac.authorization.k8s.io"


def _deployment(item: Json) -> None:
    spec = item["spec"]
    spec.setdefault("replicas", 1)
    strategy = spec["strategy"]
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _daemon_set(item: Json) -> None:
    item["metadata"].setdefault("annotations", {}).setdefault("deprecated.daemonset.template.generation", "0")
    spec = item["spec"]
    strategy = spec["updateStrategy"]
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)


def _stateful_set(item: Json) -> None:
    spec = item["spec"]
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec["updateStrategy"]
    if "type" not in strategy:
        strategy["type"] = "RollingUpdate"
        strategy.setdefault("rollingUpdate", {})
    if strategy["type"] == "RollingUpdate" and "rollingUpdate" in strategy:
        strategy["rollingUpdate"].setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    for claim in spec.get("volumeClaimTemplates", []):
        claim.update(apiVersion="v1", kind="PersistentVolumeClaim")


def _replication_controller(item: Json) -> None:
    labels = item["spec"].get("template", {}).get("metadata", {}).get("labels")
    if labels:
        item["spec"].setdefault("selector", dict(labels))
        item["metadata"].setdefault("labels", dict(labels))


def _job(item: Json) -> None:
    _job_spec(item["spec"])
    if labels := item["spec"]["template"]["metadata"].get("labels"):
        item["metadata"].setdefault("labels", dict(labels))


def _job_spec(spec: Json) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", _MAX_INT32 if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    spec.setdefault("manualSelector", False)


def _cron_job(item: Json) -> None:
    spec = item["spec"]
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)


def _autoscaler(item: Json) -> None:
    spec = item["spec"]
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if "behavior" in spec:
        by_percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
        by_pods = {"type": "Pods", "value": 4, "periodSeconds": 15}
        up = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [by_pods, by_percent]}
        down = {"selectPolicy": "Max", "policies": [dict(by_percent)]}
        spec["behavior"]["scaleUp"] = up | spec["behavior"].get("scaleUp", {})
        spec["behavior"]["scaleDown"] = down | spec["behavior"].get("scaleDown", {})


def _service(item: Json) -> None:
    spec = item["spec"]
    affinity = spec.setdefault("sessionAffinity", "None")
    if affinity == "None":
        spec.pop("sessionAffinityConfig", None)
    elif affinity == "ClientIP" and "timeoutSeconds" not in spec.get("sessionAffinityConfig", {}).get("clientIP", {}):
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800}}
    kind = spec.setdefault("type", "ClusterIP")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and spec.get("externalIPs")):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer", "ClusterIP"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
        for ingress in item["status"].get("loadBalancer", {}).get("ingress", []):
            if ingress.get("ip"):
                ingress.setdefault("ipMode", "VIP")


def _secret(item: Json) -> None:
    item.setdefault("type", "Opaque")
    if given := item.pop("stringData", None):
        coded = {key: base64.b64encode(value.encode()).decode() for key, value in given.items()}
        item["data"] = item.get("data", {}) | coded


def _volume(item: Json) -> None:
    item["status"].setdefault("phase", "Pending")
    item["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
    item["spec"].setdefault("volumeMode", "Filesystem")


def _namespace(item: Json) -> None:
    if name := item["metadata"].get("name"):
        item["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name
    item["status"].setdefault("phase", "Active")


def _node(item: Json) -> None:
    spec, status = item["spec"], item["status"]
    if status.get("capacity"):
        status.setdefault("allocatable", dict(status["capacity"]))
    one, several = spec.get("podCIDR"), spec.get("podCIDRs")
    if one and (not several or several[0] != one):
        spec["podCIDRs"] = [one]
    elif several:
        spec["podCIDR"] = several[0]


def _limit_range_item(limit: Json) -> None:
    if limit.get("type") != "Container":
        return
    default = limit.get("max", {}) | limit.get("default", {})
    request = limit.get("min", {}) | default | limit.get("defaultRequest", {})
    limit.update({key: value for key, value in (("default", default), ("defaultRequest", request)) if value})


def _network_policy(item: Json) -> None:
    spec = item["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _role_binding(item: Json) -> None:
    item["roleRef"]["apiGroup"] = item["roleRef"].get("apiGroup") or _RBAC


def _subject(subject: Json) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", _RBAC)


def _ports(subset: Json) -> None:
    for port in subset.get("ports", []):
        port.setdefault("protocol", "TCP")


def _match_resources(match: Json) -> None:
    match.setdefault("matchPolicy", "Equivalent")
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})


def _storage_class(item: Json) -> None:
    item.setdefault("reclaimPolicy", "Delete")
    item.setdefault("volumeBindingMode", "Immediate")


def _endpoint_port(port: Json) -> None:
    port.setdefault("name", "")
    port.setdefault("protocol", "TCP")


def _constant(name: str, value: Any) -> Callable[[Json], None]:
    def rule(item: Json) -> None:
        if item.get(name) is None:
            item[name] = value

    return rule


KIND_RULES: dict[str, Callable[[Json], None]] = {
    "api.apps.v1.Deployment": _deployment,
    "api.apps.v1.DaemonSet": _daemon_set,
    "api.apps.v1.StatefulSet": _stateful_set,
    "api.apps.v1.ReplicaSet": lambda item: item["spec"].setdefault("replicas", 1),
    "api.core.v1.ReplicationController": _replication_controller,
    "api.batch.v1.Job": _job,
    "api.batch.v1.CronJob": _cron_job,
    "api.batch.v1.PodFailurePolicyOnPodConditionsPattern": _constant("status", "True"),
    "api.autoscaling.v1.HorizontalPodAutoscaler": lambda item: item["spec"].setdefault("minReplicas", 1),
    "api.autoscaling.v2.HorizontalPodAutoscaler": _autoscaler,
    "api.core.v1.Service": _service,
    "api.core.v1.Secret": _secret,
    "api.core.v1.PersistentVolume": _volume,
    "api.core.v1.PersistentVolumeClaim": lambda item: item["status"].setdefault("phase", "Pending"),
    "api.core.v1.PersistentVolumeClaimSpec": _constant("volumeMode", "Filesystem"),
    "api.core.v1.Namespace": _namespace,
    "api.core.v1.Node": _node,
    "api.core.v1.LimitRangeItem": _limit_range_item,
    "api.core.v1.EndpointSubset": _ports,
    "api.discovery.v1.EndpointPort": _endpoint_port,
    "api.networking.v1.NetworkPolicy": _network_policy,
    "api.networking.v1.NetworkPolicyPort": _constant("protocol", "TCP"),
    "api.networking.v1.IngressClassParametersReference": _constant("scope", "Cluster"),
    "api.rbac.v1.ClusterRoleBinding": _role_binding,
    "api.rbac.v1.RoleBinding": _role_binding,
    "api.rbac.v1.Subject": _subject,
    "api.storage.v1.StorageClass": _storage_class,
    "api.scheduling.v1.PriorityClass": _constant("preemptionPolicy", "PreemptLowerPriority"),
    "api.admissionregistration.v1.NamedRuleWithOperations": _constant("scope", "*"),
    "api.admissionregistration.v1.ValidatingAdmissionPolicySpec": _constant("failurePolicy", "Fail"),
    "api.admissionregistration.v1.MatchResources": _match_resources,
    "kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference": _constant("port", 443),
}
