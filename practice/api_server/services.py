"""The addresses and ports that a Service gets from the cluster, and what it keeps when it changes."""

import ipaddress
import random
from collections.abc import Iterator

from practice.api import Json
from practice.api_server.refusals import Refused, invalid
from practice.api_server.schema import faults
from practice.api_server.store import Store

_RANGE = ipaddress.ip_network("10.96.0.0/16")
_LEFT_FOR_THOSE_WHO_ASK = 256
"""Addresses at the beginning that nobody gets by chance, as with Kubernetes."""
_NODE_PORTS = range(30000, 32768)
_OUTSIDE_TYPES = ("NodePort", "LoadBalancer")
_OF_CLUSTER_IPS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


def give_addresses(service: Json, store: Store) -> None:
    """A cluster IP, and node ports where its type has some, unless it says which it wants."""
    spec = service["spec"]
    if _type(service) == "ExternalName":
        return
    _give_families(spec)
    _give_cluster_ip(service, store)
    if _type(service) in _OUTSIDE_TYPES:
        _give_node_ports(service, store)


def keep_addresses(new: Json, old: Json, store: Store) -> None:
    """What was given stays, what the new type has no use for goes, what it needs besides is given."""
    mine, before = new["spec"], old["spec"]
    if _type(old) != "ExternalName":
        for field in _OF_CLUSTER_IPS:
            if _type(new) != "ExternalName" and field in before and not mine.get(field):
                mine[field] = before[field]
            elif _type(new) == "ExternalName" and mine.get(field) == before.get(field):
                mine.pop(field, None)
    if _type(old) in _OUTSIDE_TYPES:
        ports = {port.get("name", ""): port.get("nodePort") for port in before.get("ports", [])}
        for port in mine.get("ports", []):
            known = ports.get(port.get("name", ""))
            if _type(new) in _OUTSIDE_TYPES and not port.get("nodePort") and known:
                port["nodePort"] = known
            elif _type(new) not in _OUTSIDE_TYPES and port.get("nodePort") == known:
                port.pop("nodePort", None)
        if _type(new) not in _OUTSIDE_TYPES:
            mine.pop("externalTrafficPolicy", None)
        if _type(new) != "LoadBalancer":
            mine.pop("allocateLoadBalancerNodePorts", None)
    policy = before.get("internalTrafficPolicy")
    if _type(new) == "ExternalName" != _type(old) and mine.get("internalTrafficPolicy") == policy:
        mine.pop("internalTrafficPolicy", None)
    give_addresses(new, store)


def _type(service: Json) -> str:
    return str(service["spec"].get("type", "ClusterIP"))


def _give_families(spec: Json) -> None:
    # Nobody knows which families a headless Service without a selector will have: it may have both.
    both = spec.get("clusterIP") == "None" and not spec.get("selector")
    if not spec.get("ipFamilyPolicy"):
        spec["ipFamilyPolicy"] = "RequireDualStack" if both else "SingleStack"
    if not spec.get("ipFamilies"):
        spec["ipFamilies"] = ["IPv4", "IPv6"] if both else ["IPv4"]


def _give_cluster_ip(service: Json, store: Store) -> None:
    spec, meta = service["spec"], service["metadata"]
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _free_address(_taken_addresses(store, meta))
    elif spec["clusterIP"] != "None" and spec["clusterIP"] in _taken_addresses(store, meta):
        why = f"failed to allocate IP {spec['clusterIP']}: provided IP is already allocated"
        raise _refused(meta, "spec.clusterIPs", [spec["clusterIP"]], why)
    spec["clusterIPs"] = [spec["clusterIP"]]


def _give_node_ports(service: Json, store: Store) -> None:
    taken = set(_taken_ports(store, service["metadata"]))
    for number, port in enumerate(service["spec"].get("ports", [])):
        field, wanted = f"spec.ports[{number}].nodePort", port.get("nodePort")
        if wanted and wanted not in _NODE_PORTS:
            span = f"{_NODE_PORTS.start}-{_NODE_PORTS.stop - 1}"
            why = f"provided port is not in the valid range. The range of valid ports is {span}"
            raise _refused(service["metadata"], field, wanted, why)
        if wanted and wanted in taken:
            raise _refused(service["metadata"], field, wanted, "provided port is already allocated")
        if not wanted:
            port["nodePort"] = random.choice([each for each in _NODE_PORTS if each not in taken])
        taken.add(port["nodePort"])


def _refused(meta: Json, field: str, value: object, why: str) -> Refused:
    return invalid("", "Service", meta["name"], [faults.invalid(field, value, why)])


def _free_address(taken: set[str]) -> str:
    while True:
        address = str(_RANGE[random.randrange(_LEFT_FOR_THOSE_WHO_ASK, _RANGE.num_addresses - 1)])
        if address not in taken:
            return address


def _others(store: Store, meta: Json) -> Iterator[Json]:
    return (each["spec"] for each in store.items("services") if each["metadata"]["uid"] != meta.get("uid"))


def _taken_addresses(store: Store, meta: Json) -> set[str]:
    return {spec["clusterIP"] for spec in _others(store, meta) if spec.get("clusterIP")}


def _taken_ports(store: Store, meta: Json) -> Iterator[int]:
    for spec in _others(store, meta):
        yield from (port["nodePort"] for port in spec.get("ports", []) if port.get("nodePort"))
