"""ResourceQuotas: how much a namespace may hold, and how much it holds."""

import asyncio
from collections.abc import Iterable, Iterator
from fractions import Fraction

from practice.api import Json
from practice.api_server.refusals import forbidden
from practice.api_server.resources import Resource
from practice.api_server.schema.quantities import canonical, value_of
from practice.api_server.store import Store

_SHELF = "resourcequotas"
_COUNT_EVERY = 0.5
"""Seconds until a quota's status says what the namespace holds."""
_COUNTED = frozenset(
    "configmaps persistentvolumeclaims pods replicationcontrollers resourcequotas secrets services".split()
)
"""Kinds that a quota counts under their own name, not only as `count/NAME`."""
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_HAS_TO_SAY = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What each container has to ask for once a quota limits it."""


def check(item: Json, resource: Resource, store: Store, namespace: str) -> None:
    """403 for a new object that is more than the namespace may hold; quotas with scopes are let be."""
    for stored in store.list(_SHELF, namespace):
        quota, name = stored.item, stored.name
        hard = quota["spec"].get("hard") or {}
        if _has_scopes(quota):
            continue
        if resource.shelf == "pods" and (missing := _unsaid(item, hard)):
            raise _refused(item, resource, f"failed quota: {name}: must specify {missing}")
        asked = {key: amount for key, amount in _usage(item, resource.shelf) if key in hard}
        used = _used(store, namespace, hard)
        exceeded = sorted(key for key, amount in asked.items() if used[key] + amount > value_of(hard[key]))
        if exceeded:
            told = {
                "requested": {key: _shown(asked[key], hard[key]) for key in exceeded},
                "used": {key: _shown(used[key], hard[key]) for key in exceeded},
                "limited": {key: hard[key] for key in exceeded},
            }
            parts = (f"{what}: {','.join(f'{key}={values[key]}' for key in values)}" for what, values in told.items())
            raise _refused(item, resource, f"exceeded quota: {name}, {', '.join(parts)}")


async def keep_counted(store: Store) -> None:
    """Write into each quota's status what its namespace holds; until cancelled."""
    while True:
        for stored in store.list(_SHELF):
            hard = stored.item["spec"].get("hard") or {}
            used = _used(store, stored.namespace, hard)
            status = {"hard": hard, "used": {key: _shown(used[key], hard[key]) for key in hard}}
            if stored.item.get("status") != status:
                store.put(_SHELF, {**stored.item, "status": status})
        await asyncio.sleep(_COUNT_EVERY)


def _has_scopes(quota: Json) -> bool:
    return bool(quota["spec"].get("scopes") or quota["spec"].get("scopeSelector"))


def _refused(item: Json, resource: Resource, why: str) -> Exception:
    return forbidden(resource.group, resource.plural, item["metadata"].get("name", ""), why)


def _used(store: Store, namespace: str, hard: Iterable[str]) -> dict[str, Fraction]:
    """What the namespace holds of what the quota limits."""
    used = dict.fromkeys(hard, Fraction())
    for shelf in {shelf for key in used for shelf in _shelves_of(key)}:
        for item in store.items(shelf, namespace):
            for key, amount in _usage(item, shelf):
                if key in used:
                    used[key] += amount
    return used


def _shelves_of(key: str) -> tuple[str, ...]:
    if key.startswith("count/"):
        return (key.removeprefix("count/"),)
    if key.partition(".")[0] in _COUNTED:
        return (key.partition(".")[0],)
    return ("persistentvolumeclaims",) if key == "requests.storage" else ("pods",)


def _usage(item: Json, shelf: str) -> Iterator[tuple[str, Fraction]]:
    if shelf == "pods" and item.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        yield f"count/{shelf}", Fraction(1)
        return
    yield f"count/{shelf}", Fraction(1)
    if shelf in _COUNTED:
        yield shelf, Fraction(1)
    if shelf == "pods":
        yield from _compute(item["spec"])
    elif shelf == "persistentvolumeclaims":
        yield "requests.storage", value_of(item["spec"]["resources"].get("requests", {}).get("storage", "0"))
    elif shelf == "services" and item["spec"].get("type") in ("NodePort", "LoadBalancer"):
        yield "services.nodeports", Fraction(len(item["spec"].get("ports", [])))
        if item["spec"]["type"] == "LoadBalancer":
            yield "services.loadbalancers", Fraction(1)


def _compute(spec: Json) -> Iterator[tuple[str, Fraction]]:
    """What the containers ask for together, or an init container alone if that is more."""
    for field in ("requests", "limits"):
        for name in _COMPUTE:
            together = sum((_asked(each, field, name) for each in spec["containers"]), Fraction())
            amount = max([together, *(_asked(each, field, name) for each in spec.get("initContainers", []))])
            yield f"{field}.{name}", amount
            if field == "requests":
                yield name, amount


def _asked(container: Json, field: str, name: str) -> Fraction:
    return value_of(((container.get("resources") or {}).get(field) or {}).get(name, "0"))


def _unsaid(pod: Json, hard: Json) -> str:
    """`limits.cpu for: main,other; requests.cpu for: main`, of what a quota limits and containers do not mention."""
    missing: dict[str, set[str]] = {}
    for key in set(_HAS_TO_SAY).intersection(hard):
        field, _, name = key.rpartition(".")
        for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            if name not in ((container.get("resources") or {}).get(field or "requests") or {}):
                missing.setdefault(key, set()).add(container["name"])
    return "; ".join(f"{key} for: {','.join(sorted(missing[key]))}" for key in sorted(missing))


def _shown(amount: Fraction, like: str) -> str:
    """An amount in the notation of another: `128Mi` beside `1Gi`, `1500m` beside `2`."""
    if like.endswith("i") and amount.denominator == 1 and amount % 1024 == 0 and amount:
        return canonical(f"{amount.numerator // 1024}Ki")
    return canonical(f"{int(amount * 1000)}m")
