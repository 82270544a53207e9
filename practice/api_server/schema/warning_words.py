"""What the API server takes and warns of all the same (pkg/api/pod/warnings.go of Kubernetes and its kin)."""

from collections.abc import Iterator

from practice.api_server.schema.quantities import value_of
from practice.api_server.schema.rules.names import dns_label
from practice.api_server.schema.schemas import Json

_TEMPLATES = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "PodTemplate": ("template",),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}
_NAMES_PODS = frozenset("CronJob Deployment Job ReplicaSet ReplicationController".split())
_LABEL = "which can result in surprising behavior; a DNS label is recommended"


def warnings_about(item: Json, old: Json | None = None) -> list[str]:
    """In the server's words, about a new object or a changed one; both with their generation."""
    kind = item["kind"]
    found: list[str] = []
    if old is None and (kind == "Pod" or kind in _NAMES_PODS) and (wrong := dns_label(item["metadata"]["name"])):
        used = "the Pod's hostname" if kind == "Pod" else "Pod names and hostnames"
        found.append(f"metadata.name: this is used in {used}, {_LABEL}: [{' '.join(wrong)}]")
    if kind == "Pod":
        return found + (list(_of_pods(item["spec"], "spec")) if old is None else [])
    if kind in _TEMPLATES and _changed(item, old):
        template = item
        for name in _TEMPLATES[kind]:
            template = template.get(name, {})
        if template:
            found += _of_pods(template["spec"], ".".join((*_TEMPLATES[kind], "spec")))
    if kind == "PersistentVolumeClaim":
        found += _fractions(item["spec"].get("resources", {}), "spec.resources", ("storage",))
    if kind == "Service":
        found += _of_services(item["spec"])
    return found


def _of_services(spec: Json) -> Iterator[str]:
    outside = spec.get("externalIPs")
    if spec.get("clusterIP") == "None":
        if spec.get("loadBalancerIP"):
            yield "spec.loadBalancerIP is ignored for headless services"
        if outside:
            yield "spec.externalIPs is ignored for headless services"
        if spec.get("sessionAffinity", "None") != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    elif outside and spec.get("type") != "ExternalName":
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"


def _changed(item: Json, old: Json | None) -> bool:
    return old is None or item["metadata"].get("generation") != old["metadata"].get("generation")


def _of_pods(spec: Json, path: str) -> Iterator[str]:
    for place, spread in enumerate(spec.get("topologySpreadConstraints", [])):
        if "labelSelector" not in spread:
            here = f"{path}.topologySpreadConstraints[{place}].labelSelector"
            yield f"{here}: a null labelSelector results in matching no pod"
    yield from _twice(spec.get("hostAliases", []), "ip", f"{path}.hostAliases")
    yield from _twice(spec.get("imagePullSecrets", []), "name", f"{path}.imagePullSecrets")
    containers = [
        (f"{path}.{kind}[{place}]", each)
        for kind in ("initContainers", "containers")
        for place, each in enumerate(spec.get(kind) or [])
    ]
    for here, container in containers:
        yield from _fractions(container.get("resources", {}), f"{here}.resources", ("memory", "ephemeral-storage"))
        yield from _hidden_variables(container.get("env", []), f"{here}.env")
    ports = [
        (f"{here}.ports[{place}]", each)
        for here, container in containers
        for place, each in enumerate(container.get("ports", []))
    ]
    yield from _ports(ports)


def _twice(items: list[Json], key: str, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for place, each in enumerate(items):
        value = each.get(key, "")
        if value in seen:
            yield f'{path}[{place}].{key}: duplicate {key} "{value}"'
        seen.add(value)


def _fractions(resources: Json, path: str, names: tuple[str, ...]) -> Iterator[str]:
    """Parts of bytes; all that is kept is down to thousandths."""
    for name in names:
        for kind in ("limits", "requests"):
            amount = resources.get(kind, {}).get(name)
            if amount is not None and value_of(amount).denominator != 1:
                yield f'{path}.{kind}[{name}]: fractional byte value "{amount}" is invalid, must be an integer'


def _hidden_variables(variables: list[Json], path: str) -> Iterator[str]:
    seen: set[str] = set()
    for place, each in enumerate(variables):
        name, value = each.get("name", ""), each.get("value", "")
        reference = f"$({name})"
        if name in seen and ("valueFrom" in each or value == reference or reference not in value):
            yield f'{path}[{place}]: hides previous definition of "{name}", which may be dropped when using apply'
        seen.add(name)


def _ports(ports: list[tuple[str, Json]]) -> Iterator[str]:
    for place, (here, port) in enumerate(ports):
        for there, other in ports[:place]:
            if any(port.get(key) != other.get(key) for key in ("containerPort", "protocol")):
                continue
            if (port.get("hostIP"), port.get("hostPort")) == (other.get("hostIP"), other.get("hostPort")):
                yield f"{here}: duplicate port definition with {there}"
            elif not port.get("hostPort") or not other.get("hostPort"):
                yield f"{here}: overlapping port definition with {there}"
            elif port["hostPort"] == other["hostPort"] and bool(port.get("hostIP")) != bool(other.get("hostIP")):
                yield f"{here}: dangerously ambiguous port definition with {there}"
    named: dict[str, str] = {}
    for here, port in ports:
        if name := port.get("name"):
            if name in named:
                used = f"services and probes that select ports by name will use {named[name]}"
                yield f'{here}: duplicate port name "{name}" with {named[name]}, {used}'
            named.setdefault(name, here)
