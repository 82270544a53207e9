"""What alerts are about: a namespace and a workload that exist, as far as their labels name them."""

from collections.abc import Sequence

from domain.alerts import Alert
from graphs.focus import Focus
from graphs.understanding import Names

_NAMING = (
    "deployment",
    "statefulset",
    "daemonset",
    "exported_service",
    "service",
    "workload",
    "exported_pod",
    "pod",
    "app",
    "app_kubernetes_io_name",
    "container",
    "job",
)
"""Labels that may name a workload, the clearest first; the name of an exporter is none that exists beside it."""


def focus_of(alerts: Sequence[Alert], names: Names) -> Focus:
    """Only what was observed: a label that names nothing here says nothing.

    Several alerts that name different things are about what they have in common.
    """
    namespaces = {alert.namespace for alert in alerts}
    if len(namespaces) != 1:
        return Focus()
    (namespace,) = namespaces
    if namespace not in names.namespaces:
        return Focus()
    services = {_service(alert, namespace, names) for alert in alerts}
    return Focus(namespace=namespace, service=services.pop() if len(services) == 1 else "")


def _service(alert: Alert, namespace: str, names: Names) -> str:
    workloads = {name for space, name in names.workloads if space == namespace}
    for label in _NAMING:
        value = alert.labels.get(label, "")
        if value in workloads:
            return value
        if label in ("pod", "exported_pod") and value:
            owners = [name for name in workloads if value.startswith(f"{name}-")]
            if owners:
                return max(owners, key=len)
    return ""
