"""Defaults of pods and of what pods are made of."""

import re
from collections.abc import Callable

from practice.api_server.schema.schemas import Json

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_DIGEST = r"@[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}"
_IMAGE = re.compile(
    rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::(?P<tag>\w[\w.-]{{0,127}}))?(?P<digest>{_DIGEST})?"
)


def pull_policy(image: str) -> str:
    """`Always` for the tag latest, said or meant.

    >>> pull_policy("shop/cart"), pull_policy("shop/cart:1.2"), pull_policy("localhost:5000/cart")
    ('Always', 'IfNotPresent', 'Always')
    """
    named = _IMAGE.fullmatch(image)
    latest = named and (named["tag"] == "latest" or (not named["tag"] and not named["digest"]))
    return "Always" if latest else "IfNotPresent"


def _container(container: Json) -> None:
    container.setdefault("imagePullPolicy", pull_policy(container.get("image", "")))
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")


def _pod(pod: Json) -> None:
    spec = pod["spec"]
    for container in [*(spec.get("containers") or []), *spec.get("initContainers", [])]:
        resources = container.get("resources", {})
        if limits := resources.get("limits"):
            resources["requests"] = {**limits, **resources.get("requests", {})}
    spec.setdefault("enableServiceLinks", True)
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    if spec.get("hostNetwork"):
        for container in [*(spec.get("containers") or []), *spec.get("initContainers", [])]:
            for port in container.get("ports", []):
                port.setdefault("hostPort", port.get("containerPort", 0))
    _pod_addresses(pod["status"])


def _pod_addresses(status: Json) -> None:
    """`podIP` and `podIPs` say the same; where they differ the first is right."""
    address, addresses = status.get("podIP"), status.get("podIPs")
    if address and (not addresses or addresses[0].get("ip") != address):
        status["podIPs"] = [{"ip": address}]
    elif addresses:
        status["podIP"] = addresses[0]["ip"]


def _pod_spec(spec: Json) -> None:
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("schedulerName", "default-scheduler")
    if account := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account


def _probe(probe: Json) -> None:
    probe.setdefault("timeoutSeconds", 1)
    probe.setdefault("periodSeconds", 10)
    probe.setdefault("successThreshold", 1)
    probe.setdefault("failureThreshold", 3)


def _http_get(action: Json) -> None:
    action.setdefault("path", "/")
    action.setdefault("scheme", "HTTP")


def _volume(volume: Json) -> None:
    if volume.keys() <= {"name"}:
        volume["emptyDir"] = {}
    if image := volume.get("image"):
        image.setdefault("pullPolicy", pull_policy(image.get("reference", "")))


def _mode(source: Json) -> None:
    source.setdefault("defaultMode", 0o644)


POD_RULES: dict[str, Callable[[Json], None]] = {
    "api.core.v1.Pod": _pod,
    "api.core.v1.PodSpec": _pod_spec,
    "api.core.v1.Container": _container,
    "api.core.v1.EphemeralContainer": _container,
    "api.core.v1.Probe": _probe,
    "api.core.v1.HTTPGetAction": _http_get,
    "api.core.v1.Volume": _volume,
    "api.core.v1.SecretVolumeSource": _mode,
    "api.core.v1.ConfigMapVolumeSource": _mode,
    "api.core.v1.DownwardAPIVolumeSource": _mode,
    "api.core.v1.ProjectedVolumeSource": _mode,
    "api.core.v1.ServiceAccountTokenProjection": lambda source: source.setdefault("expirationSeconds", 3600),
    "api.core.v1.HostPathVolumeSource": lambda source: source.setdefault("type", ""),
    "api.core.v1.ObjectFieldSelector": lambda selector: selector.setdefault("apiVersion", "v1"),
}
