"""`POST /practice/backdate`: practice's own request, to move what was just played into the past."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from practice.api import Json
from practice.api_server.refusals import bad_request
from practice.api_server.store import Store, Stored
from practice.backdate import CLUSTER_KINDS, KINDS, Move, is_forgotten, moved

PATH = "/practice/backdate"
_SHELVES = {
    "deployments": "deployments.apps",
    "endpointslices": "endpointslices.discovery.k8s.io",
    "horizontalpodautoscalers": "horizontalpodautoscalers.autoscaling",
    "replicasets": "replicasets.apps",
    "services/endpoints": "endpoints",
    "services/specs": "services",
    "storageclasses": "storageclasses.storage.k8s.io",
}
"""Where the store keeps what etcd keeps under that name, when the names differ."""


def backdate(store: Store, body: Any) -> Json:
    """Move the times of the namespaces that the body names, and of the nodes if it asks; how many objects moved."""
    try:
        moves = [_move(each) for each in body["moves"]]
        namespaces, nodes = list(body["namespaces"]), bool(body.get("nodes"))
    except (KeyError, TypeError, ValueError) as error:
        raise bad_request(f"not a backdate request: {error}") from None
    return {"moved": sum(_moved(store, shelf, stored, moves) for shelf, stored in _touched(store, namespaces, nodes))}


def _move(told: Json) -> Move:
    start, end = (datetime.fromisoformat(told[key]) for key in ("start", "end"))
    return Move(start, end, timedelta(seconds=told["by"]))


def _touched(store: Store, namespaces: list[str], nodes: bool) -> Iterator[tuple[str, Stored]]:
    for namespace in namespaces:
        if found := store.find("namespaces", "", namespace):
            yield "namespaces", found
        for kind in KINDS:
            shelf = _SHELVES.get(kind, kind)
            yield from ((shelf, stored) for stored in store.list(shelf, namespace))
    for kind in (*CLUSTER_KINDS, *(["nodes"] if nodes else [])):
        shelf = _SHELVES.get(kind, kind)
        yield from ((shelf, stored) for stored in store.list(shelf))


def _moved(store: Store, shelf: str, stored: Stored, moves: Sequence[Move]) -> bool:
    after = moved(stored.item, moves)
    if after == stored.item:
        return False
    if is_forgotten(after):
        store.remove(shelf, stored)
    else:
        store.put(shelf, after)
    return True
