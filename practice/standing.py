"""How the scenario's services stand on the cluster: what is not as it should be, in words. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from practice.api import Json
from practice.manifests import ServiceSpec

KINDS = ("configmaps", "deployments", "endpointslices", "horizontalpodautoscalers", "pods", "services")
"""What has to be read of each namespace."""


def complete(deployment: Json) -> bool:
    """Rolled out in full: all replicas new, all available, no old one left."""
    wanted = deployment["spec"]["replicas"]
    status = deployment.get("status", {})
    return status.get("observedGeneration") == deployment["metadata"]["generation"] and all(
        status.get(field, 0) == wanted for field in ("replicas", "updatedReplicas", "availableReplicas")
    )


def faults(services: Iterable[ServiceSpec], items: Sequence[Json]) -> Iterator[str]:
    """Of the services of one namespace, as everything in it stands."""
    deployments = _by_name(items, "Deployment")
    reached = {_service_of(each) for each in items if each["kind"] == "EndpointSlice" and _has_ready(each)}
    for service in services:
        where = f"{service.namespace}/{service.name}"
        deployment = deployments.get(service.name)
        if deployment is None:
            yield f"deployment {where} is gone"
            continue
        wanted = deployment["spec"]["replicas"]
        if not service.most_replicas and wanted != service.replicas:
            yield f"{where} was scaled to {wanted}"
        elif not complete(deployment):
            yield f"{where} is not rolled out: {_counts(deployment)}"
        if service.name not in reached:
            yield f"service {where} has no ready endpoint"
    for name, autoscaler in _by_name(items, "HorizontalPodAutoscaler").items():
        if at_limit(autoscaler):
            yield f"autoscaler {name} wants more than its {autoscaler['spec']['maxReplicas']} replicas"
    for name, pod in _by_name(items, "Pod").items():
        if not _fine(pod):
            yield f"pod {pod['metadata']['namespace']}/{name} is not ready"


def cordoned(nodes: Iterable[Json]) -> frozenset[str]:
    """Names of the nodes that take no pods."""
    return frozenset(node["metadata"]["name"] for node in nodes if node["spec"].get("unschedulable"))


def at_limit(autoscaler: Json) -> bool:
    """It would start more pods if it were allowed to."""
    conditions = autoscaler.get("status", {}).get("conditions") or ()
    return any(
        (each["type"], each["status"], each["reason"]) == ("ScalingLimited", "True", "TooManyReplicas")
        for each in conditions
    )


def _by_name(items: Iterable[Json], kind: str) -> dict[str, Json]:
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


def _service_of(endpoint_slice: Json) -> str:
    return str(endpoint_slice["metadata"].get("labels", {}).get("kubernetes.io/service-name", ""))


def _has_ready(endpoint_slice: Json) -> bool:
    return any(each.get("conditions", {}).get("ready", True) for each in endpoint_slice.get("endpoints") or ())


def _fine(pod: Json) -> bool:
    """Ready, or on its way out."""
    if pod["metadata"].get("deletionTimestamp"):
        return True
    conditions = pod.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _counts(deployment: Json) -> str:
    status = deployment.get("status", {})
    wanted = deployment["spec"]["replicas"]
    return f"{status.get('updatedReplicas', 0)} new and {status.get('availableReplicas', 0)} available of {wanted}"
