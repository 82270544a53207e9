"""Create, update and patch: how an object comes to be kept, or is refused."""

from collections.abc import Callable
from typing import Any

from practice.api import Json
from practice.api_server import admission, metadata, options, shaping, strategies
from practice.api_server.call import Answer, Call
from practice.api_server.conversions import from_kept, to_kept
from practice.api_server.refusals import (
    Refused,
    already_exists,
    bad_request,
    conflict,
    invalid,
    modified_meanwhile,
    not_found,
)
from practice.api_server.schema import faults
from practice.api_server.schema.defaults import defaulted
from practice.api_server.services import give_addresses, keep_addresses
from practice.api_server.store import Store, Stored

Change = Callable[[Json], Json]

_RBAC = "rbac.authorization.k8s.io"
_MADE_BY_UPDATE = frozenset(
    f"clusterrolebindings.{_RBAC} clusterroles.{_RBAC} endpoints events leases.coordination.k8s.io limitranges "
    f"rolebindings.{_RBAC} roles.{_RBAC} services".split()
)
"""Kinds of which a PUT makes the object that is not there."""
_NEVER_BLIND = frozenset(
    "leases.coordination.k8s.io poddisruptionbudgets.policy validatingadmissionpolicies.admissionregistration.k8s.io "
    "validatingadmissionpolicybindings.admissionregistration.k8s.io".split()
)
"""Kinds that nobody replaces without saying which version they saw."""


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


class Writing:
    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, call: Call) -> Answer:
        options.check_write(call.asked, "CreateOptions")
        item = shaping.given(call)
        _check_place(item, call)
        return Answer(self.add(call, item), 201)

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
        admission.check_amounts(self._store, call, item)
        if self._store.find(resource.shelf, namespace, name):
            raise already_exists(resource.group, resource.plural, name)
        if resource.shelf == "services":
            give_addresses(item, self._store)
        return item if call.dry_run else self._store.put(resource.shelf, item).item

    def update(self, call: Call) -> Answer:
        options.check_write(call.asked, "UpdateOptions")
        given = shaping.given(call)
        meta = given["metadata"]
        check_named(meta, call)
        stored = self._store.find(call.resource.shelf, call.namespace, call.asked.name)
        if stored is None and call.resource.shelf in _MADE_BY_UPDATE and not meta.get("uid"):
            _check_place(given, call)
            return Answer(self.add(call, given), 201)
        if stored:
            _check_replaces(meta, stored, call)
        return Answer(self.change(call, lambda _: given))

    def patch(self, call: Call) -> Answer:
        options.check_write(call.asked, "PatchOptions")
        return Answer(self.change(call, lambda current: shaping.patched(call, current)))

    def change(self, call: Call, change: Change) -> Json:
        """Keep a new state of an object, unless it is only rehearsed or nothing changed; what becomes of it."""
        resource = call.resource
        stored = self.current(call)
        old = stored.item
        new = change(from_kept(copied(old), resource))
        check_named(new["metadata"], call)
        _check_place(new, call)
        version = _version(new)
        if version and version != old["metadata"]["resourceVersion"]:
            raise modified_meanwhile(resource.group, resource.plural, call.asked.name)
        new = to_kept(defaulted(new), resource)
        shaping.note_manager(new, old, call)
        admission.readmit(call, new, old)
        new = strategies.carry_over(new, old, resource, call.asked.subresource)
        metadata.carry_over(new, old, resource, call.asked.subresource)
        if resource.shelf == "services" and not call.asked.subresource:
            keep_addresses(new, old, self._store)
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


def _version(item: Json) -> str:
    """The version that a writer saw, or nothing; it has to be a number."""
    version = str(item["metadata"].get("resourceVersion", ""))
    if version and not version.isdecimal():
        raise Refused(500, "", f'strconv.ParseUint: parsing "{version}": invalid syntax')
    return "" if version == "0" else version


def check_named(meta: Json, call: Call) -> None:
    """What replaces an object says which."""
    if not meta.get("name"):
        name = f"{call.asked.name} based on URL"
        raise bad_request(f"the name of the object ({name}) was undeterminable: name must be provided")


def _check_replaces(meta: Json, stored: Stored, call: Call) -> None:
    """Whoever replaces an object means that one, and for some kinds has to have seen it."""
    resource, before = call.resource, stored.item["metadata"]
    if meta.get("uid") and meta["uid"] != before["uid"]:
        place = "/".join(filter(None, ["/registry", resource.plural, stored.namespace, stored.name]))
        why = (
            f"StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: "
            f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {before['uid']}"
        )
        raise conflict(resource.group, resource.plural, stored.name, why)
    if resource.shelf in _NEVER_BLIND and not meta.get("resourceVersion"):
        fault = faults.invalid("metadata.resourceVersion", 0, "must be specified for an update")
        raise invalid(resource.group, resource.plural, stored.name, [fault])


def _check_place(item: Json, call: Call) -> None:
    """An object says the same name and namespace as its path, or none."""
    meta, name = item["metadata"], call.asked.name
    if name and meta.get("name", name) != name:
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({name})")
    if meta.get("namespace", call.namespace) != call.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def _is_over(new: Json, old: Json) -> bool:
    """An object that waited only for its finalizers goes with the last of them."""
    meta = old["metadata"]
    waits = new["metadata"].get("finalizers") or (new.get("spec") or {}).get("finalizers")
    return bool(meta.get("deletionTimestamp")) and not meta.get("deletionGracePeriodSeconds") and not waits
