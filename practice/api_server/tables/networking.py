"""Rows of how pods are reached: Services and what stands behind and before them."""

from collections.abc import Iterator
from datetime import datetime

from practice.api import Json
from practice.api_server.tables.ages import age
from practice.api_server.tables.cells import NONE, UNSET, Cell, first_few, labels, selector


def service(item: Json, now: datetime) -> list[Cell]:
    spec = item["spec"]
    return [
        item["metadata"]["name"],
        spec.get("type", ""),
        (spec.get("clusterIPs") or [NONE])[0],
        _external_address(item),
        ",".join(map(_port, spec.get("ports", ()))) or NONE,
        age(item, now),
        labels(spec.get("selector")),
    ]


def endpoints(item: Json, now: datetime) -> list[Cell]:
    subsets = item.get("subsets") or []
    found = [address for subset in subsets for address in _addresses(subset)]
    return [item["metadata"]["name"], first_few(found) if subsets else NONE, age(item, now)]


def endpoint_slice(item: Json, now: datetime) -> list[Cell]:
    ports = [str(each.get("port", each.get("name", "*"))) for each in item.get("ports") or ()]
    addresses = [address for each in item.get("endpoints") or () for address in each["addresses"]]
    return [
        item["metadata"]["name"],
        item["addressType"],
        first_few(ports) or UNSET,
        first_few(addresses) or UNSET,
        age(item, now),
    ]


def ingress(item: Json, now: datetime) -> list[Cell]:
    spec = item["spec"]
    return [
        item["metadata"]["name"],
        spec.get("ingressClassName", NONE),
        _hosts(spec.get("rules") or []),
        ",".join(_load_balancers(item)),
        "80, 443" if spec.get("tls") else "80",
        age(item, now),
    ]


def ingress_class(item: Json, now: datetime) -> list[Cell]:
    spec, notes = item.get("spec", {}), item["metadata"].get("annotations", {})
    is_default = notes.get("ingressclass.kubernetes.io/is-default-class") == "true"
    given = spec.get("parameters")
    group = f".{given['apiGroup']}" if given and "apiGroup" in given else ""
    return [
        item["metadata"]["name"] + (" (default)" if is_default else ""),
        spec.get("controller", ""),
        f"{given['kind']}{group}/{given['name']}" if given else NONE,
        age(item, now),
    ]


def network_policy(item: Json, now: datetime) -> list[Cell]:
    return [item["metadata"]["name"], selector(item["spec"].get("podSelector")) or NONE, age(item, now)]


def _external_address(item: Json) -> str:
    spec = item["spec"]
    given = ",".join(spec.get("externalIPs") or ())
    match spec.get("type"):
        case "ClusterIP" | "NodePort":
            return given or NONE
        case "LoadBalancer":
            return ",".join(filter(None, [*_load_balancers(item), given])) or "<pending>"
        case "ExternalName":
            return str(spec["externalName"])
        case _:
            return "<unknown>"


def _load_balancers(item: Json) -> list[str]:
    listed = item.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    return sorted({each.get("ip") or each.get("hostname", "") for each in listed} - {""})


def _port(port: Json) -> str:
    both = f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else port["port"]
    return f"{both}/{port.get('protocol', 'TCP')}"


def _addresses(subset: Json) -> Iterator[str]:
    addresses = subset.get("addresses") or ()
    ports = subset.get("ports")
    if not ports:
        yield from (each["ip"] for each in addresses)
        return
    for port in ports:
        yield from (_host_port(each["ip"], port["port"]) for each in addresses)


def _host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _hosts(rules: list[Json]) -> str:
    """The first three hosts; how many more counts rules, as the real printer does."""
    shown: list[str] = []
    for rule in rules:
        if len(shown) == 3:
            return f"{','.join(shown)} + {len(rules) - 3} more..."
        if rule.get("host"):
            shown.append(rule["host"])
    return ",".join(shown) or "*"
