"""Create, update and patch: how an object comes to be kept, or is refused."""

from collections.abc import Callable
from typing import Any

from practice.api import Json
from practice.api_server import admission, metadata, shaping
from practice.api_server.call import Answer, Call
from practice.api_server.refusals import already_exists, bad_request, modified_meanwhile, not_found
from practice.api_server.resources import Resource
from practice.api_server.services import give_addresses
from practice.api_server.store import Store, Stored

Change = Callable[[Json], Json]


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


class Writing:
    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, call: Call) -> Answer:
        call.asked.check_write_options("CreateOptions")
        return Answer(self.add(call, self._given(call)), 201)

    def add(self, call: Call, item: Json) -> Json:
        """Keep a new object, unless it is only rehearsed; what becomes of it."""
        resource, namespace = call.resource, call.namespace
        admission.check_namespace(self._store, call, item["metadata"].get("name", ""))
        metadata.begin(item, resource, namespace, call.at)
        name = item["metadata"].get("name", "")
        _begin_life(item, resource)
        item = shaping.defaulted(item)
        shaping.check(item, None)
        admission.check_policy(self._store, call, name)
        if self._store.find(resource.shelf, namespace, name):
            raise already_exists(resource.group, resource.plural, name)
        if resource.shelf == "services":
            give_addresses(item, self._store)
        shaping.managed(item, None, call)
        return item if call.dry_run else self._store.put(resource.shelf, item).item

    def update(self, call: Call) -> Answer:
        call.asked.check_write_options("UpdateOptions")
        given = self._given(call)
        name = given["metadata"].setdefault("name", call.asked.name)
        if name != call.asked.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.asked.name})")
        return Answer(self.change(call, lambda _: given))

    def patch(self, call: Call) -> Answer:
        call.asked.check_write_options("PatchOptions")
        return Answer(self.change(call, lambda current: shaping.patched(call, current)))

    def change(self, call: Call, change: Change) -> Json:
        """Keep a new state of an object, unless it is only rehearsed or nothing changed; what becomes of it."""
        resource = call.resource
        stored = self.current(call)
        old = stored.item
        new = change(copied(old))
        version = new["metadata"].get("resourceVersion")
        if version and version != old["metadata"]["resourceVersion"]:
            raise modified_meanwhile(resource.group, resource.plural, call.asked.name)
        new = _allowed(new, old, resource, call.asked.subresource)
        metadata.carry_over(new, old, resource)
        new = shaping.defaulted(new)
        shaping.check(new, old)
        admission.check_policy(self._store, call, call.asked.name)
        shaping.managed(new, old, call)
        if call.dry_run or new == old:
            return new
        if _is_over(new, old):
            self._store.remove(resource.shelf, stored)
            return new
        return self._store.put(resource.shelf, new).item

    def current(self, call: Call) -> Stored:
        resource, asked = call.resource, call.asked
        stored = self._store.find(resource.shelf, call.namespace, asked.name)
        if stored is None:
            raise not_found(resource.group, resource.plural, asked.name)
        return stored

    def _given(self, call: Call) -> Json:
        """The object of the body, with what the path says filled in."""
        item, resource = call.body, call.resource
        if not isinstance(item, dict):
            raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
        item.setdefault("kind", resource.kind)
        item.setdefault("apiVersion", resource.api_version)
        if (item["kind"], item["apiVersion"]) != (resource.kind, resource.api_version):
            raise bad_request(
                f'{item["kind"]} in version "{item["apiVersion"]}" cannot be handled as a {resource.kind}: converting '
                f"({item['apiVersion']}.{item['kind']}) to ({resource.api_version}.{resource.kind}): unknown conversion"
            )
        meta = item.setdefault("metadata", {})
        if meta.get("namespace", call.namespace) != call.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        first = {"kind": item["kind"], "apiVersion": item["apiVersion"], "metadata": meta}
        return shaping.decoded(call, first | item)


def _begin_life(item: Json, resource: Resource) -> None:
    """What a new object starts with, whatever its creator says."""
    if resource.shelf == "namespaces":
        item["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = item["metadata"]["name"]
        item["spec"] = {"finalizers": ["kubernetes"]}
        item["status"] = {"phase": "Active"}
    elif resource.shelf in ("pods", "persistentvolumes", "persistentvolumeclaims"):
        item["status"] = {"phase": "Pending"}
    elif "status" in resource.subresources and resource.shelf != "nodes":
        item["status"] = {}


def _allowed(new: Json, old: Json, resource: Resource, subresource: str) -> Json:
    """A write of the object leaves its status alone, a write of its status leaves the rest alone."""
    if subresource == "status":
        return {**old, "metadata": _told_with_status(new, old), "status": new.get("status", {})}
    if subresource == "finalize":
        return {**old, "metadata": dict(old["metadata"]), "spec": new.get("spec", {})}
    if "status" in resource.subresources and resource.shelf != "nodes" and "status" in old:
        return new | {"status": old["status"]}
    return new


def _told_with_status(new: Json, old: Json) -> Json:
    told = {key: new["metadata"][key] for key in ("annotations", "labels", "uid") if key in new["metadata"]}
    return {key: value for key, value in old["metadata"].items() if key not in ("annotations", "labels")} | told


def _is_over(new: Json, old: Json) -> bool:
    """An object that waited only for its finalizers goes with the last of them."""
    meta = old["metadata"]
    waits = new["metadata"].get("finalizers") or (new.get("spec") or {}).get("finalizers")
    return bool(meta.get("deletionTimestamp")) and not meta.get("deletionGracePeriodSeconds") and not waits
