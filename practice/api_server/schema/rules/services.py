"""Rules for Services, Endpoints, Ingresses and NetworkPolicies."""

import ipaddress
from collections.abc import Iterator

from practice.api_server.schema.faults import Fault, duplicate, forbidden, invalid, required, unsupported
from practice.api_server.schema.rules import names
from practice.api_server.schema.rules.containers import port_number_or_name
from practice.api_server.schema.rules.metadata import labels, one_of, selector
from practice.api_server.schema.schemas import Json

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_NOT_AN_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def service(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    kind, addresses, ports = spec.get("type", ""), spec.get("clusterIPs", []), spec.get("ports", [])
    headless = addresses[:1] == ["None"] or (not addresses and spec.get("clusterIP") == "None")
    if old is not None:
        yield from _changed_addresses(spec, old["spec"])
    if not ports and not headless and kind != "ExternalName":
        yield required("spec.ports")
    if headless and kind in ("LoadBalancer", "NodePort"):
        yield invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        yield from _external_name(spec)
    seen: set[str] = set()
    for place, port in enumerate(ports):
        yield from _service_port(port, len(ports) > 1, seen, f"spec.ports[{place}]")
    yield from labels(spec.get("selector"), "spec.selector")
    yield from one_of(spec, "sessionAffinity", ("ClientIP", "None"), "spec")
    if kind != "ExternalName":
        for place, address in enumerate(addresses):
            if not (place == 0 and address == "None") and not is_address(address):
                yield invalid(f"spec.clusterIPs[{place}]", address, _NOT_AN_ADDRESS)
    for place, address in enumerate(spec.get("externalIPs", [])):
        if not is_address(address):
            yield invalid(f"spec.externalIPs[{place}]", address, _NOT_AN_ADDRESS)
    yield from one_of(spec, "type", _TYPES, "spec")
    if kind == "ClusterIP":
        for place, port in enumerate(ports):
            if port.get("nodePort"):
                yield forbidden(f"spec.ports[{place}].nodePort", "may not be used when `type` is 'ClusterIP'")
    yield from _port_duplicates(ports)
    if spec.get("loadBalancerSourceRanges") and kind != "LoadBalancer":
        # Written so by the real server, unlike the field itself.
        yield forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'")
    if "allocateLoadBalancerNodePorts" in spec and kind != "LoadBalancer":
        yield forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'")
    reachable = kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and spec.get("externalIPs"))
    policy = spec.get("externalTrafficPolicy")
    if policy and not reachable:
        yield invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services")
    elif reachable:
        yield from one_of(spec, "externalTrafficPolicy", ("Cluster", "Local"), "spec")
    if spec.get("internalTrafficPolicy") not in (None, "Cluster", "Local"):
        yield unsupported("spec.internalTrafficPolicy", spec["internalTrafficPolicy"], ("Cluster", "Local"))


def _external_name(spec: Json) -> Iterator[Fault]:
    for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(name):
            yield forbidden(f"spec.{name}", "may not be set for ExternalName services")
    if name := spec.get("externalName", "").removesuffix("."):
        yield from (invalid("spec.externalName", name, why) for why in names.dns_subdomain(name))
    else:
        yield required("spec.externalName")


def _service_port(port: Json, named: bool, seen: set[str], path: str) -> Iterator[Fault]:
    name, number = port.get("name", ""), port.get("port", 0)
    if named and not name:
        yield required(f"{path}.name")
    elif name:
        yield from (invalid(f"{path}.name", name, why) for why in names.dns_label(name))
        if name in seen:
            yield duplicate(f"{path}.name", name)
        seen.add(name)
    yield from (invalid(f"{path}.port", number, why) for why in names.port_number(number))
    yield from one_of(port, "protocol", _PROTOCOLS, path)
    yield from port_number_or_name(port.get("targetPort"), f"{path}.targetPort")


def _port_duplicates(ports: list[Json]) -> Iterator[Fault]:
    nodes, seen = set(), set()
    for place, port in enumerate(ports):
        if node := port.get("nodePort"):
            if (port.get("protocol"), node) in nodes:
                yield duplicate(f"spec.ports[{place}].nodePort", node)
            nodes.add((port.get("protocol"), node))
    for place, port in enumerate(ports):
        key = (port.get("protocol", ""), port.get("port", 0))
        if key in seen:
            protocol, number = key
            shown = {
                "Name": "",
                "Protocol": protocol,
                "AppProtocol": None,
                "Port": number,
                "TargetPort": 0,
                "NodePort": 0,
            }
            yield duplicate(f"spec.ports[{place}]", shown)
        seen.add(key)


def _changed_addresses(spec: Json, old: Json) -> Iterator[Fault]:
    now, before = spec.get("clusterIPs", []), old.get("clusterIPs", [])
    if "ExternalName" in (spec.get("type"), old.get("type")) or (now[:1] == ["None"] == before[:1]):
        return
    if len(now) == len(before):
        for place, address in enumerate(before):
            if address != now[place]:
                yield invalid(f"spec.clusterIPs[{place}]", now, "may not change once set")
    elif not now:
        yield invalid("spec.clusterIPs[0]", None, "primary clusterIP can not be unset")
    elif before and now[0] != before[0]:
        yield invalid("spec.clusterIPs[0]", now, "may not change once set")


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def endpoints(item: Json, _: Json | None) -> Iterator[Fault]:
    for place, subset in enumerate(item.get("subsets", [])):
        here = f"subsets[{place}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield required(here, "must specify `addresses` or `notReadyAddresses`")
        for kind in ("addresses", "notReadyAddresses"):
            for at, address in enumerate(subset.get(kind, [])):
                if not is_address(address.get("ip", "")):
                    yield invalid(f"{here}.{kind}[{at}].ip", address.get("ip", ""), _NOT_AN_ADDRESS)
                    yield invalid(f"{here}.{kind}[{at}].ip", address.get("ip", ""), "must be a valid IP address")
        ports = subset.get("ports", [])
        for at, port in enumerate(ports):
            if len(ports) > 1 and not port.get("name"):
                yield required(f"{here}.ports[{at}].name")
            number = port.get("port", 0)
            yield from (invalid(f"{here}.ports[{at}].port", number, why) for why in names.port_number(number))
            yield from one_of(port, "protocol", _PROTOCOLS, f"{here}.ports[{at}]")


def endpoint_slice(item: Json, old: Json | None) -> Iterator[Fault]:
    yield from one_of(item, "addressType", ("FQDN", "IPv4", "IPv6"), "")
    for place, endpoint in enumerate(item.get("endpoints") or []):
        if not endpoint.get("addresses"):
            yield required(f"endpoints[{place}].addresses", "must contain at least 1 address")
        for at, address in enumerate(endpoint.get("addresses") or []):
            if item.get("addressType") in ("IPv4", "IPv6") and not is_address(address):
                yield invalid(f"endpoints[{place}].addresses[{at}]", address, _NOT_AN_ADDRESS)
    seen: set[str] = set()
    for place, port in enumerate(item.get("ports") or []):
        if port["name"] in seen:
            yield duplicate(f"ports[{place}].name", port["name"])
        seen.add(port["name"])
    if old is not None and item.get("addressType") != old.get("addressType"):
        yield invalid("addressType", item.get("addressType"), "field is immutable")


def ingress(item: Json, _: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    rules = spec.get("rules", [])
    if not rules and "defaultBackend" not in spec:
        yield invalid("spec", None, "either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _backend(spec["defaultBackend"], "spec.defaultBackend")
    for place, rule in enumerate(rules):
        here, host = f"spec.rules[{place}]", rule.get("host", "")
        if host:
            if is_address(host):
                yield invalid(f"{here}.host", host, "must be a DNS name, not an IP address")
            form = names.wildcard_subdomain if "*" in host else names.dns_subdomain
            yield from (invalid(f"{here}.host", host, why) for why in form(host))
        if "http" in rule and not rule["http"].get("paths"):
            yield required(f"{here}.http.paths")
        for at, path in enumerate(rule.get("http", {}).get("paths") or []):
            yield from _ingress_path(path, f"{here}.http.paths[{at}]")


def _ingress_path(found: Json, path: str) -> Iterator[Fault]:
    kind, where = found.get("pathType"), found.get("path", "")
    if kind is None:
        yield required(f"{path}.pathType", "pathType must be specified")
        return
    if kind not in ("Exact", "ImplementationSpecific", "Prefix"):
        yield unsupported(f"{path}.pathType", kind, ("Exact", "ImplementationSpecific", "Prefix"))
    elif not where.startswith("/") and (where or kind != "ImplementationSpecific"):
        yield invalid(f"{path}.path", where, "must be an absolute path")
    yield from _backend(found["backend"], f"{path}.backend")


def _backend(backend: Json, path: str) -> Iterator[Fault]:
    if "service" not in backend:
        if "resource" not in backend:
            yield invalid(path, "", "resource or service backend is required")
        return
    found = backend["service"]
    name, port = found.get("name", ""), found.get("port", {})
    if name:
        yield from (invalid(f"{path}.service.name", name, why) for why in names.dns_label(name))
    else:
        yield required(f"{path}.service.name")
    if port.get("name") and port.get("number"):
        yield invalid(path, "", "cannot set both port name & port number")
    elif not port.get("name") and not port.get("number"):
        yield required(path, "port name or number is required")


def ingress_class(item: Json, _: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    if not spec.get("controller"):
        yield required("spec.controller")
    for name in ("kind", "name") if "parameters" in spec else ():
        if not spec["parameters"].get(name):
            yield required(f"spec.parameters.{name}")


def network_policy(item: Json, _: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    yield from selector(spec.get("podSelector"), "spec.podSelector")
    for way, peers in (("ingress", "from"), ("egress", "to")):
        for place, rule in enumerate(spec.get(way, [])):
            here = f"spec.{way}[{place}]"
            for at, port in enumerate(rule.get("ports", [])):
                yield from _policy_port(port, f"{here}.ports[{at}]")
            for at, peer in enumerate(rule.get(peers, [])):
                yield from selector(peer.get("podSelector"), f"{here}.{peers}[{at}].podSelector")
                yield from selector(peer.get("namespaceSelector"), f"{here}.{peers}[{at}].namespaceSelector")


def _policy_port(port: Json, path: str) -> Iterator[Fault]:
    if port.get("protocol") not in (None, *_PROTOCOLS):
        yield unsupported(f"{path}.protocol", port["protocol"], ("TCP", "UDP", "SCTP"))
    if "port" in port:
        yield from port_number_or_name(port["port"], f"{path}.port")
