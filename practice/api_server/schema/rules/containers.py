"""Rules for containers: ports, variables, probes, mounts, resources."""

from collections.abc import Iterable, Iterator
from typing import Any

from practice.api_server.schema.faults import Fault, duplicate, forbidden, invalid, not_found, required, unsupported
from practice.api_server.schema.quantities import value_of
from practice.api_server.schema.rules import names
from practice.api_server.schema.rules.metadata import not_less_than_nothing, not_negative, one_of
from practice.api_server.schema.schemas import Json

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_STANDARD = frozenset({"cpu", "memory", "ephemeral-storage"})
_DOWNWARD = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_RESTARTS = ("Always", "Never", "OnFailure")
_NO_INIT = "may not be set for init containers without restartPolicy=Always"


def containers(found: list[Json], volumes: set[str], path: str) -> Iterator[Fault]:
    if not found:
        yield required(path)
        return
    seen: set[str] = set()
    for place, container in enumerate(found):
        here = f"{path}[{place}]"
        yield from _container(container, volumes, here)
        name = container.get("name", "")
        if name in seen:
            yield duplicate(f"{here}.name", name)
        seen.add(name)
        yield from _hooks(container, here)
        if "restartPolicy" in container:
            yield from one_of(container, "restartPolicy", _RESTARTS, here)
    yield from host_port_conflicts(found, path)


def init_containers(found: list[Json], others: Iterable[Json], volumes: set[str], path: str) -> Iterator[Fault]:
    seen = {each.get("name", "") for each in others}
    for place, container in enumerate(found):
        here = f"{path}[{place}]"
        yield from _container(container, volumes, here)
        if "restartPolicy" in container:
            yield from one_of(container, "restartPolicy", _RESTARTS, here)
        name = container.get("name", "")
        if name in seen:
            yield duplicate(f"{here}.name", name)
        seen.add(name)
        yield from host_port_conflicts([container], path)
        if container.get("restartPolicy") == "Always":
            yield from _hooks(container, here)
        else:
            for hook in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
                if hook in container:
                    yield forbidden(f"{here}.{hook}", _NO_INIT)


def host_port_conflicts(found: list[Json], path: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, container in enumerate(found):
        for at, port in enumerate(container.get("ports", [])):
            if host := port.get("hostPort"):
                used = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{host}"
                if used in seen:
                    yield duplicate(f"{path}[{place}].ports[{at}].hostPort", used)
                seen.add(used)


def _container(container: Json, volumes: set[str], path: str) -> Iterator[Fault]:
    if name := container.get("name"):
        yield from (invalid(f"{path}.name", name, why) for why in names.dns_label(name))
    else:
        yield required(f"{path}.name")
    if not container.get("image"):
        yield required(f"{path}.image")
    yield from one_of(container, "terminationMessagePolicy", ("File", "FallbackToLogsOnError"), path)
    yield from _ports(container.get("ports", []), f"{path}.ports")
    yield from _variables(container.get("env", []), f"{path}.env")
    yield from _variable_sources(container.get("envFrom", []), f"{path}.envFrom")
    yield from _mounts(container.get("volumeMounts", []), volumes, f"{path}.volumeMounts")
    yield from one_of(container, "imagePullPolicy", ("Always", "IfNotPresent", "Never"), path)
    yield from resources(container.get("resources", {}), f"{path}.resources")


def _ports(ports: list[Json], path: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, port in enumerate(ports):
        here = f"{path}[{place}]"
        if name := port.get("name"):
            wrong = names.port_name(name)
            yield from (invalid(f"{here}.name", name, why) for why in wrong)
            if not wrong and name in seen:
                yield duplicate(f"{here}.name", name)
            seen.add(name)
        if number := port.get("containerPort"):
            yield from (invalid(f"{here}.containerPort", number, why) for why in names.port_number(number))
        else:
            yield required(f"{here}.containerPort")
        if host := port.get("hostPort"):
            yield from (invalid(f"{here}.hostPort", host, why) for why in names.port_number(host))
        yield from one_of(port, "protocol", _PROTOCOLS, here)


def _variables(variables: list[Json], path: str) -> Iterator[Fault]:
    for place, variable in enumerate(variables):
        here = f"{path}[{place}]"
        if name := variable.get("name"):
            yield from (invalid(f"{here}.name", name, why) for why in names.variable_name(name))
        else:
            yield required(f"{here}.name")
        if "valueFrom" in variable:
            yield from _value_from(variable["valueFrom"], bool(variable.get("value")), f"{here}.valueFrom")


def _value_from(source: Json, has_value: bool, path: str) -> Iterator[Fault]:
    if "fieldRef" in source:
        field_path = source["fieldRef"].get("fieldPath", "")
        if not field_path:
            yield required(f"{path}.fieldRef.fieldPath")
        elif not field_path.startswith(("metadata.labels['", "metadata.annotations['")) and field_path not in _DOWNWARD:
            converts = field_path.startswith(("metadata.", "spec.", "status."))
            if converts and field_path in ("metadata.labels", "metadata.annotations"):
                yield unsupported(f"{path}.fieldRef.fieldPath", field_path, _DOWNWARD)
            else:
                why = f"error converting fieldPath: field label not supported: {field_path}"
                yield invalid(f"{path}.fieldRef.fieldPath", field_path, why)
    for name in ("configMapKeyRef", "secretKeyRef"):
        if name in source:
            yield from _key_of(source[name], f"{path}.{name}")
    count = len(source)
    if not count:
        known = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        yield invalid(path, "", f"must specify one of: {known}")
    elif has_value:
        yield invalid(path, "", "may not be specified when `value` is not empty")
    elif count > 1:
        yield invalid(path, "", "may not have more than one field specified at a time")


def _key_of(reference: Json, path: str) -> Iterator[Fault]:
    name, key = reference.get("name", ""), reference.get("key", "")
    yield from (invalid(f"{path}.name", name, why) for why in names.dns_subdomain(name))
    if key:
        yield from (invalid(f"{path}.key", key, why) for why in names.config_key(key))
    else:
        yield required(f"{path}.key")


def _variable_sources(sources: list[Json], path: str) -> Iterator[Fault]:
    for place, source in enumerate(sources):
        here = f"{path}[{place}]"
        if prefix := source.get("prefix"):
            yield from (invalid(f"{here}.prefix", prefix, why) for why in names.variable_name(prefix))
        references = [name for name in ("configMapRef", "secretRef") if name in source]
        for reference in references:
            if name := source[reference].get("name"):
                masked = f"{name[:-2]}a" if len(name) > 1 and name.endswith("-") else name
                yield from (invalid(f"{here}.{reference}.name", name, why) for why in names.dns_subdomain(masked))
            else:
                yield required(f"{here}.{reference}.name")
        if not references:
            yield invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(references) > 1:
            yield invalid(path, "", "may not have more than one field specified at a time")


def _mounts(mounts: list[Json], volumes: set[str], path: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, mount in enumerate(mounts):
        here, name, where = f"{path}[{place}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{here}.name")
        if name not in volumes:
            yield not_found(f"{here}.name", name)
        if not where:
            yield required(f"{here}.mountPath")
        if where in seen:
            yield invalid(f"{here}.mountPath", where, "must be unique")
        seen.add(where)
        if sub := mount.get("subPath"):
            yield from descending_path(sub, f"{path}.subPath")


def descending_path(found: str, path: str) -> Iterator[Fault]:
    if found.startswith("/"):
        yield invalid(path, found, "must be a relative path")
    yield from no_steps_back(found, path)


def no_steps_back(found: str, path: str) -> Iterator[Fault]:
    if ".." in found.split("/"):
        yield invalid(path, found, "must not contain '..'")


def resources(found: Json, path: str) -> Iterator[Fault]:
    limits = found.get("limits", {})
    for name, amount in limits.items():
        yield from _resource_name(name, f"{path}.limits[{name}]")
        yield from _amount(name, amount, f"{path}.limits[{name}]")
    for name, amount in found.get("requests", {}).items():
        yield from _resource_name(name, f"{path}.requests[{name}]")
        yield from _amount(name, amount, f"{path}.requests[{name}]")
        limit = limits.get(name)
        overcommits = "/" not in name and not name.startswith("hugepages-")
        if limit is None:
            if not overcommits:
                yield required(f"{path}.limits", "Limit must be set for non overcommitable resources")
        elif not overcommits and value_of(amount) != value_of(limit):
            yield invalid(f"{path}.requests", amount, f"must be equal to {name} limit of {limit}")
        elif value_of(amount) > value_of(limit):
            yield invalid(f"{path}.requests", amount, f"must be less than or equal to {name} limit of {limit}")


def _resource_name(name: str, path: str) -> Iterator[Fault]:
    wrong = names.label_key(name)
    yield from (invalid(path, name, why) for why in wrong)
    if "/" not in name and name not in _STANDARD and not name.startswith("hugepages-"):
        if not wrong:
            yield invalid(path, name, "must be a standard resource type or fully qualified")
        yield invalid(path, name, "must be a standard resource for containers")
    elif not wrong and "/" in name and name.startswith("requests."):
        yield invalid(path, name, "doesn't follow extended resource name standard")


def _amount(name: str, amount: str, path: str) -> Iterator[Fault]:
    yield from not_less_than_nothing(amount, path)
    if "/" in name and value_of(amount).denominator != 1:
        yield invalid(path, amount, "must be an integer")


def _hooks(container: Json, path: str) -> Iterator[Fault]:
    for name in ("postStart", "preStop"):
        if name in container.get("lifecycle", {}):
            yield from _handler(container["lifecycle"][name], f"{path}.lifecycle.{name}")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name not in container:
            continue
        probe, here = container[name], f"{path}.{name}"
        yield from _probe(probe, here)
        grace = probe.get("terminationGracePeriodSeconds")
        if name == "readinessProbe":
            if grace is not None:
                yield invalid(f"{here}.terminationGracePeriodSeconds", grace, "must not be set for readinessProbes")
        elif probe.get("successThreshold") != 1:
            yield invalid(f"{here}.successThreshold", probe.get("successThreshold", 0), "must be 1")


def _probe(probe: Json, path: str) -> Iterator[Fault]:
    yield from _handler(probe, path)
    counts = "initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold".split()
    yield from not_negative(probe, *counts, path=path)
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        yield invalid(f"{path}.terminationGracePeriodSeconds", grace, "must be greater than 0")


def _handler(handler: Json, path: str) -> Iterator[Fault]:
    given = [name for name in ("exec", "httpGet", "tcpSocket", "grpc", "sleep") if name in handler]
    for name in given[:1]:
        action, here = handler[name], f"{path}.{name}"
        if name == "exec" and not action.get("command"):
            yield required(f"{here}.command")
        if name == "httpGet":
            yield from _http_get(action, here)
        elif name in ("tcpSocket", "grpc"):
            yield from port_number_or_name(action.get("port"), f"{here}.port")
    for name in given[1:]:
        yield forbidden(f"{path}.{name}", "may not specify more than 1 handler type")
    if not given:
        yield required(path, "must specify a handler type")


def _http_get(action: Json, path: str) -> Iterator[Fault]:
    if not action.get("path"):
        yield required(f"{path}.path")
    yield from port_number_or_name(action.get("port"), f"{path}.port")
    if action.get("scheme") not in ("HTTP", "HTTPS"):
        yield unsupported(f"{path}.scheme", action.get("scheme", ""), ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders", []):
        name = header.get("name", "")
        yield from (invalid(f"{path}.httpHeaders", name, why) for why in names.header_name(name))


def port_number_or_name(port: Any, path: str) -> Iterator[Fault]:
    wrong = names.port_name(port) if isinstance(port, str) else names.port_number(port or 0)
    yield from (invalid(path, port or 0 if not isinstance(port, str) else port, why) for why in wrong)
