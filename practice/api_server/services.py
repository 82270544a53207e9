"""The addresses and ports that a Service gets from the cluster."""

import ipaddress
import random
from collections.abc import Iterator

from practice.api import Json
from practice.api_server.store import Store

_RANGE = ipaddress.ip_network("10.96.0.0/16")
_NODE_PORTS = range(30000, 32768)


def give_addresses(service: Json, store: Store) -> None:
    """A cluster IP, and node ports where its type has some, unless it says which it wants."""
    spec = service.setdefault("spec", {})
    if spec.get("type") == "ExternalName":
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _free_address(store)
    spec["clusterIPs"] = [spec["clusterIP"]]
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        taken = set(_taken_ports(store))
        for port in spec.get("ports", []):
            if not port.get("nodePort"):
                port["nodePort"] = random.choice([each for each in _NODE_PORTS if each not in taken])
            taken.add(port["nodePort"])


def _free_address(store: Store) -> str:
    taken = {service["spec"].get("clusterIP") for service in store.items("services")}
    while True:
        # The first addresses are left for those who ask for one, as Kubernetes does.
        address = str(_RANGE[random.randrange(256, _RANGE.num_addresses - 1)])
        if address not in taken:
            return address


def _taken_ports(store: Store) -> Iterator[int]:
    for service in store.items("services"):
        yield from (port["nodePort"] for port in service["spec"].get("ports", []) if port.get("nodePort"))
