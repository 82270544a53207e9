"""Create, update and patch: how an object comes to be kept, or is refused."""

from collections.abc import Callable
from typing import Any

from practice.api import Json
from practice.api_server import admission, metadata, shaping, strategies
from practice.api_server.call import Answer, Call
from practice.api_server.conversions import from_kept, to_kept
from practice.api_server.refusals import already_exists, bad_request, modified_meanwhile, not_found
from practice.api_server.schema.defaults import defaulted
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
        item = to_kept(defaulted(item), resource)
        shaping.note_manager(item, None, call)
        admission.check_namespace(self._store, call, item["metadata"].get("name", ""))
        admission.admit(self._store, call, item)
        metadata.begin(item, resource, namespace, call.at)
        strategies.begin(item, resource, call.at)
        name = item["metadata"].get("name", "")
        shaping.check(item, None, call)
        admission.check_policy(self._store, call, name)
        if self._store.find(resource.shelf, namespace, name):
            raise already_exists(resource.group, resource.plural, name)
        if resource.shelf == "services":
            give_addresses(item, self._store)
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
        new = change(from_kept(copied(old), resource))
        version = new["metadata"].get("resourceVersion")
        if version and version != old["metadata"]["resourceVersion"]:
            raise modified_meanwhile(resource.group, resource.plural, call.asked.name)
        new = to_kept(defaulted(new), resource)
        shaping.note_manager(new, old, call)
        new = strategies.carry_over(new, old, resource, call.asked.subresource)
        metadata.carry_over(new, old, resource)
        shaping.check(new, old, call)
        admission.check_policy(self._store, call, call.asked.name)
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
        item.setdefault("metadata", {})
        item = shaping.decoded(call, {"kind": item["kind"], "apiVersion": item["apiVersion"], **item})
        if item["metadata"].get("namespace", call.namespace) != call.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        return item


def _is_over(new: Json, old: Json) -> bool:
    """An object that waited only for its finalizers goes with the last of them."""
    meta = old["metadata"]
    waits = new["metadata"].get("finalizers") or (new.get("spec") or {}).get("finalizers")
    return bool(meta.get("deletionTimestamp")) and not meta.get("deletionGracePeriodSeconds") and not waits
