"""The subsets of an Endpoints object: addresses, ready and not, by the ports that they have in common. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from practice.api import Json
from practice.controllers import pods as facts
from practice.controllers.endpoints.places import Port, hostname, port_json, ports_of, target

_Address: TypeAlias = tuple[str, str, bool]
"""Address, uid of the pod, whether it is ready."""


def subsets(service: Json, pods: Iterable[Json]) -> list[Json]:
    early = bool(service["spec"].get("publishNotReadyAddresses"))
    by_port: defaultdict[Port | None, set[_Address]] = defaultdict(set)
    addresses: dict[_Address, Json] = {}
    for pod in pods:
        if facts.is_leaving(pod) and not early:
            continue
        address = (pod["status"]["podIP"], pod["metadata"]["uid"], early or facts.is_ready(pod))
        node = {"nodeName": pod["spec"]["nodeName"]} if pod["spec"].get("nodeName") else {}
        addresses[address] = {"ip": address[0], **hostname(service, pod), **node, "targetRef": target(pod)}
        for port in ports_of(service, pod) if service["spec"].get("ports") else (None,):
            by_port[port].add(address)
    alike: defaultdict[frozenset[_Address], list[Port]] = defaultdict(list)
    for port, found in by_port.items():
        alike[frozenset(found)] += [port] if port else []
    return [_subset(found, ports, addresses) for found, ports in sorted(alike.items(), key=lambda pair: pair[1])]


def _subset(found: frozenset[_Address], ports: list[Port], addresses: dict[_Address, Json]) -> Json:
    ready = [addresses[each] for each in sorted(found) if each[2]]
    unready = [addresses[each] for each in sorted(found) if not each[2]]
    return {
        **({"addresses": ready} if ready else {}),
        **({"notReadyAddresses": unready} if unready else {}),
        **({"ports": [_port(each) for each in sorted(ports)]} if ports else {}),
    }


def _port(port: Port) -> Json:
    """One without a name has no name here."""
    return {key: value for key, value in port_json(port).items() if value}
