"""LimitRanges: what containers get that ask for nothing, and how much they may ask for."""

from collections.abc import Iterator
from fractions import Fraction

from practice.api import Json
from practice.api_server.refusals import forbidden
from practice.api_server.schema.quantities import value_of
from practice.api_server.store import Store

_SHELF = "limitranges"
_NOTE = "kubernetes.io/limit-ranger"


def give_defaults(pod: Json, store: Store, namespace: str) -> None:
    """Requests and limits for containers that name none, and a note of what was given."""
    for item in _ranges(store, namespace):
        limits: dict[str, str] = {}
        requests: dict[str, str] = {}
        for each in item["spec"]["limits"]:
            if each["type"] == "Container":
                requests |= each.get("defaultRequest") or {}
                limits |= each.get("default") or {}
        told = [
            *(note for each in pod["spec"]["containers"] for note in _given(each, requests, limits, "container")),
            *(
                note
                for each in pod["spec"].get("initContainers", [])
                for note in _given(each, requests, limits, "init container")
            ),
        ]
        if told:
            pod["metadata"].setdefault("annotations", {})[_NOTE] = f"LimitRanger plugin set: {'; '.join(told)}"


def check(item: Json, store: Store, namespace: str) -> None:
    """403 for a pod or claim that asks for more, or less, than it may."""
    found = [fault for each in _ranges(store, namespace) for fault in _faults(item, each["spec"]["limits"])]
    if found:
        why = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
        plural = "pods" if item["kind"] == "Pod" else "persistentvolumeclaims"
        raise forbidden("", plural, item["metadata"].get("name", ""), why)


def _ranges(store: Store, namespace: str) -> list[Json]:
    return [stored.item for stored in store.list(_SHELF, namespace)]


def _given(container: Json, requests: dict[str, str], limits: dict[str, str], what: str) -> Iterator[str]:
    resources = container.setdefault("resources", {})
    for field, defaults in (("requests", requests), ("limits", limits)):
        missing = {name: amount for name, amount in defaults.items() if name not in (resources.get(field) or {})}
        if missing:
            resources[field] = {**(resources.get(field) or {}), **missing}
            yield f"{', '.join(sorted(missing))} {field.removesuffix('s')} for {what} {container['name']}"


def _faults(item: Json, limits: list[Json]) -> Iterator[str]:
    for limit in limits:
        match limit["type"], item["kind"]:
            case "Container", "Pod":
                for container in [*item["spec"]["containers"], *item["spec"].get("initContainers", [])]:
                    yield from _outside(limit, container.get("resources") or {})
            case "Pod", "Pod":
                yield from _outside(limit, _sums(item["spec"]["containers"]))
            case "PersistentVolumeClaim", "PersistentVolumeClaim":
                # A claim has no limits; what it requests is held against both ends.
                yield from _outside(limit, {"requests": item["spec"]["resources"].get("requests") or {}}, claims=True)


def _outside(limit: Json, resources: Json, *, claims: bool = False) -> Iterator[str]:
    kind, requests, limits = limit["type"], resources.get("requests") or {}, resources.get("limits") or {}
    for name, bound in (limit.get("min") or {}).items():
        front = f"minimum {name} usage per {kind} is {bound}"
        if name not in requests:
            yield f"{front}.  No request is specified"
        elif value_of(requests[name]) < value_of(bound):
            yield f"{front}, but request is {requests[name]}"
        elif name in limits and value_of(limits[name]) < value_of(bound):
            yield f"{front}, but limit is {limits[name]}"
    for name, bound in (limit.get("max") or {}).items():
        front = f"maximum {name} usage per {kind} is {bound}"
        if name not in (requests if claims else limits):
            yield f"{front}.  No {'request' if claims else 'limit'} is specified"
        elif name in limits and value_of(limits[name]) > value_of(bound):
            yield f"{front}, but limit is {limits[name]}"
        elif name in requests and value_of(requests[name]) > value_of(bound):
            yield f"{front}, but request is {requests[name]}"
    for name, bound in (limit.get("maxLimitRequestRatio") or {}).items():
        front = f"{name} max limit to request ratio per {kind} is {bound}"
        if not value_of(requests.get(name, "0")):
            yield f"{front}, but no request is specified or request is 0"
        elif not value_of(limits.get(name, "0")):
            yield f"{front}, but no limit is specified or limit is 0"
        elif (ratio := value_of(limits[name]) / value_of(requests[name])) > value_of(bound):
            yield f"{front}, but provided ratio is {float(ratio):f}"


def _sums(containers: list[Json]) -> Json:
    """What the containers of a pod ask for together."""
    totals: dict[str, dict[str, Fraction]] = {"requests": {}, "limits": {}}
    for container in containers:
        for field, total in totals.items():
            for name, amount in ((container.get("resources") or {}).get(field) or {}).items():
                total[name] = total.get(name, Fraction()) + value_of(amount)
    return {field: {name: str(float(amount)) for name, amount in total.items()} for field, total in totals.items()}
