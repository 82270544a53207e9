"""The kinds that commands may name, and the many ways in which people name them."""

import re
from dataclasses import dataclass
from functools import cache

from policy.shell import NotUnderstood


@dataclass(frozen=True, slots=True)
class Resource:
    plural: str
    group: str
    kind: str
    namespaced: bool
    short: tuple[str, ...] = ()


def _table(*rows: tuple[str, str, str, bool, str]) -> tuple[Resource, ...]:
    return tuple(
        Resource(plural, group, kind, spaced, tuple(short.split())) for plural, group, kind, spaced, short in rows
    )


RESOURCES = _table(
    ("pods", "", "Pod", True, "po"),
    ("services", "", "Service", True, "svc"),
    ("configmaps", "", "ConfigMap", True, "cm"),
    ("secrets", "", "Secret", True, ""),
    ("endpoints", "", "Endpoints", True, "ep"),
    ("events", "", "Event", True, "ev"),
    ("serviceaccounts", "", "ServiceAccount", True, "sa"),
    ("persistentvolumeclaims", "", "PersistentVolumeClaim", True, "pvc"),
    ("persistentvolumes", "", "PersistentVolume", False, "pv"),
    ("replicationcontrollers", "", "ReplicationController", True, "rc"),
    ("resourcequotas", "", "ResourceQuota", True, "quota"),
    ("limitranges", "", "LimitRange", True, "limits"),
    ("podtemplates", "", "PodTemplate", True, ""),
    ("namespaces", "", "Namespace", False, "ns"),
    ("nodes", "", "Node", False, "no"),
    ("componentstatuses", "", "ComponentStatus", False, "cs"),
    ("deployments", "apps", "Deployment", True, "deploy"),
    ("replicasets", "apps", "ReplicaSet", True, "rs"),
    ("statefulsets", "apps", "StatefulSet", True, "sts"),
    ("daemonsets", "apps", "DaemonSet", True, "ds"),
    ("controllerrevisions", "apps", "ControllerRevision", True, ""),
    ("jobs", "batch", "Job", True, ""),
    ("cronjobs", "batch", "CronJob", True, "cj"),
    ("horizontalpodautoscalers", "autoscaling", "HorizontalPodAutoscaler", True, "hpa"),
    ("poddisruptionbudgets", "policy", "PodDisruptionBudget", True, "pdb"),
    ("ingresses", "networking.k8s.io", "Ingress", True, "ing"),
    ("ingressclasses", "networking.k8s.io", "IngressClass", False, ""),
    ("networkpolicies", "networking.k8s.io", "NetworkPolicy", True, "netpol"),
    ("endpointslices", "discovery.k8s.io", "EndpointSlice", True, ""),
    ("leases", "coordination.k8s.io", "Lease", True, ""),
    ("storageclasses", "storage.k8s.io", "StorageClass", False, "sc"),
    ("volumeattachments", "storage.k8s.io", "VolumeAttachment", False, ""),
    ("csidrivers", "storage.k8s.io", "CSIDriver", False, ""),
    ("csinodes", "storage.k8s.io", "CSINode", False, ""),
    ("priorityclasses", "scheduling.k8s.io", "PriorityClass", False, "pc"),
    ("runtimeclasses", "node.k8s.io", "RuntimeClass", False, ""),
    ("roles", "rbac.authorization.k8s.io", "Role", True, ""),
    ("rolebindings", "rbac.authorization.k8s.io", "RoleBinding", True, ""),
    ("clusterroles", "rbac.authorization.k8s.io", "ClusterRole", False, ""),
    ("clusterrolebindings", "rbac.authorization.k8s.io", "ClusterRoleBinding", False, ""),
    ("customresourcedefinitions", "apiextensions.k8s.io", "CustomResourceDefinition", False, "crd crds"),
    ("apiservices", "apiregistration.k8s.io", "APIService", False, ""),
    ("certificatesigningrequests", "certificates.k8s.io", "CertificateSigningRequest", False, "csr"),
    (
        "mutatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        False,
        "",
    ),
    (
        "validatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        False,
        "",
    ),
    ("flowschemas", "flowcontrol.apiserver.k8s.io", "FlowSchema", False, ""),
    ("prioritylevelconfigurations", "flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", False, ""),
    # What many clusters have besides; read only.
    ("certificates", "cert-manager.io", "Certificate", True, "cert certs"),
    ("certificaterequests", "cert-manager.io", "CertificateRequest", True, "cr crs"),
    ("issuers", "cert-manager.io", "Issuer", True, ""),
    ("clusterissuers", "cert-manager.io", "ClusterIssuer", False, ""),
    ("virtualservices", "networking.istio.io", "VirtualService", True, "vs"),
    ("destinationrules", "networking.istio.io", "DestinationRule", True, "dr"),
    ("serviceentries", "networking.istio.io", "ServiceEntry", True, "se"),
    ("gateways", "gateway.networking.k8s.io", "Gateway", True, "gtw"),
    ("gatewayclasses", "gateway.networking.k8s.io", "GatewayClass", False, "gc"),
    ("httproutes", "gateway.networking.k8s.io", "HTTPRoute", True, ""),
    ("grpcroutes", "gateway.networking.k8s.io", "GRPCRoute", True, ""),
    ("rollouts", "argoproj.io", "Rollout", True, "ro"),
    ("analysisruns", "argoproj.io", "AnalysisRun", True, "ar"),
    ("applications", "argoproj.io", "Application", True, "app apps"),
    ("workflows", "argoproj.io", "Workflow", True, "wf"),
    ("scaledobjects", "keda.sh", "ScaledObject", True, "so"),
    ("servicemonitors", "monitoring.coreos.com", "ServiceMonitor", True, "smon"),
    ("podmonitors", "monitoring.coreos.com", "PodMonitor", True, "pmon"),
    ("prometheusrules", "monitoring.coreos.com", "PrometheusRule", True, "promrule"),
    ("prometheuses", "monitoring.coreos.com", "Prometheus", True, "prom"),
    ("alertmanagers", "monitoring.coreos.com", "Alertmanager", True, "am"),
    ("externalsecrets", "external-secrets.io", "ExternalSecret", True, "es"),
    ("secretstores", "external-secrets.io", "SecretStore", True, "ss"),
    ("kustomizations", "kustomize.toolkit.fluxcd.io", "Kustomization", True, "ks"),
    ("helmreleases", "helm.toolkit.fluxcd.io", "HelmRelease", True, "hr"),
    ("gitrepositories", "source.toolkit.fluxcd.io", "GitRepository", True, "gitrepo"),
    ("verticalpodautoscalers", "autoscaling.k8s.io", "VerticalPodAutoscaler", True, "vpa"),
    ("nodepools", "karpenter.sh", "NodePool", False, ""),
    ("nodeclaims", "karpenter.sh", "NodeClaim", False, ""),
    ("volumesnapshots", "snapshot.storage.k8s.io", "VolumeSnapshot", True, ""),
    ("ciliumnetworkpolicies", "cilium.io", "CiliumNetworkPolicy", True, "cnp ciliumnp"),
    ("podmetrics", "metrics.k8s.io", "PodMetrics", True, ""),
    ("nodemetrics", "metrics.k8s.io", "NodeMetrics", False, ""),
)

WORKLOADS = frozenset({"deployments", "statefulsets", "daemonsets"})
HAVE_PODS = WORKLOADS | {"replicasets", "replicationcontrollers", "jobs", "cronjobs"}

CATEGORIES = {
    "all": (
        "pods",
        "replicationcontrollers",
        "services",
        "daemonsets",
        "deployments",
        "replicasets",
        "statefulsets",
        "horizontalpodautoscalers",
        "jobs",
        "cronjobs",
    )
}


@cache
def _by_name() -> dict[str, Resource]:
    names: dict[str, Resource] = {}
    for resource in reversed(RESOURCES):
        for name in (resource.plural, resource.kind.lower(), *resource.short):
            names[name] = resource
    return names


def resources_named(word: str) -> tuple[Resource, ...]:
    """What `word` means as kubectl reads it: `deploy`, `Deployments`, `deployments.apps`, `deploy.v1.apps`, `all`.

    An unknown kind is understood only in its full form, plural.group, because its short names are the cluster's.
    """
    base, _, rest = word.lower().partition(".")
    if base in CATEGORIES and not rest:
        return tuple(_by_name()[plural] for plural in CATEGORIES[base])
    known = _by_name().get(base)
    if known and (not rest or _group_of(rest) == known.group):
        return (known,)
    if base in ("secret", "secrets"):
        return (_by_name()["secrets"],)
    group = _group_of(rest)
    if "." in group and re.fullmatch(r"[a-z][a-z0-9]*", base) and re.fullmatch(r"[a-z0-9.\-]+", group):
        return (Resource(base, group, base, True),)
    raise NotUnderstood(f"{word[:60]!r} is no kind that is known here; write a custom kind in full, as plural.group.")


def _group_of(rest: str) -> str:
    """The group in what follows the first dot, whether or not a version stands before it."""
    version, _, after = rest.partition(".")
    is_version = version[:1] == "v" and version[1:2].isdigit()
    return after if is_version else rest
