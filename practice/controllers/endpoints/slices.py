"""What the EndpointSlices of a Service should be, with as few changes as possible. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from practice.api import Json
from practice.controllers.endpoints.places import Port, is_headless, port_json
from practice.controllers.kinds import SERVICE
from practice.controllers.owners import reference

_LARGEST = 100
SERVICE_NAME = "kubernetes.io/service-name"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_HEADLESS = "service.kubernetes.io/headless"
_OURS = (SERVICE_NAME, _MANAGED_BY, _HEADLESS)


@dataclass
class Plan:
    create: list[Json] = field(default_factory=list)
    replace: list[Json] = field(default_factory=list)
    delete: list[Json] = field(default_factory=list)


def plan(service: Json, wanted: Mapping[tuple[Port, ...], Sequence[Json]], present: Iterable[Json]) -> Plan:
    """`wanted` holds the endpoints by the ports they answer on."""
    changes = Plan()
    by_ports: defaultdict[tuple[Port, ...], list[Json]] = defaultdict(list)
    uid = service["metadata"]["uid"]
    for each in present:
        owned = any(owner["uid"] == uid for owner in each["metadata"].get("ownerReferences") or ())
        if owned and each["addressType"] == "IPv4":
            by_ports[_ports(each)].append(each)
        else:
            changes.delete.append(each)
    kept = 0
    for ports, endpoints in wanted.items():
        kept += _fill(service, ports, endpoints, by_ports.pop(ports, []), changes)
    spare = [each for slices in by_ports.values() for each in slices]
    if not kept and not changes.create:
        placeholder = [each for each in spare if not each.get("ports") and not each.get("endpoints")]
        if placeholder and labels(service).items() == placeholder[0]["metadata"].get("labels", {}).items():
            spare.remove(placeholder[0])
        else:
            changes.create.append(_new(service, (), []))
    while spare and changes.create:
        draft, old = changes.create.pop(), spare.pop()
        meta = {**old["metadata"], "labels": draft["metadata"]["labels"]}
        changes.replace.append({**old, "metadata": meta, "ports": draft["ports"], "endpoints": draft["endpoints"]})
    changes.delete += spare
    return changes


def labels(service: Json) -> dict[str, str]:
    own = {key: value for key, value in (service["metadata"].get("labels") or {}).items() if key not in _OURS}
    headless = {_HEADLESS: ""} if is_headless(service) else {}
    name = service["metadata"]["name"]
    return {**own, **headless, SERVICE_NAME: name, _MANAGED_BY: "endpointslice-controller.k8s.io"}


def _fill(
    service: Json, ports: tuple[Port, ...], endpoints: Sequence[Json], slices: Sequence[Json], changes: Plan
) -> int:
    """How many slices stay: their endpoints stay where they are, new ones go where there is room."""
    left = {each["targetRef"]["uid"]: each for each in endpoints}
    contents = []
    for each in slices:
        uids = [one.get("targetRef", {}).get("uid") for one in each.get("endpoints") or ()]
        contents.append([left.pop(uid) for uid in uids if uid in left])
    new = list(left.values())
    for content in contents:
        if content:
            room = _LARGEST - len(content)
            content += new[:room]
            new = new[room:]
    kept = 0
    for each, content in zip(slices, contents, strict=True):
        if not content and not new:
            changes.delete.append(each)
            continue
        if not content:
            content, new = new[:_LARGEST], new[_LARGEST:]
        kept += 1
        meta = {**each["metadata"], "labels": labels(service)}
        if content != each.get("endpoints") or meta != each["metadata"]:
            changes.replace.append({**each, "metadata": meta, "endpoints": content})
    for start in range(0, len(new), _LARGEST):
        changes.create.append(_new(service, ports, new[start : start + _LARGEST]))
    return kept


def _new(service: Json, ports: tuple[Port, ...], endpoints: Sequence[Json]) -> Json:
    meta = service["metadata"]
    return {
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": labels(service),
            "ownerReferences": [reference(SERVICE, service)],
        },
        "addressType": "IPv4",
        # Null where there is nothing, as Kubernetes' own controller writes it.
        "ports": [port_json(port) for port in ports] or None,
        "endpoints": list(endpoints) or None,
    }


def _ports(piece: Json) -> tuple[Port, ...]:
    return tuple(
        (each.get("name", ""), each.get("port", 0), each.get("protocol", "TCP"), each.get("appProtocol", ""))
        for each in piece.get("ports") or ()
    )
