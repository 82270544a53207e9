"""Delete: at once, after a grace period, or when the last finalizer lets go."""

from datetime import datetime, timedelta
from typing import Any

from practice.api import Json
from practice.api_server import admission, metadata, options
from practice.api_server.call import Answer, Call
from practice.api_server.refusals import conflict, details_of, not_found, success
from practice.api_server.store import Store, Stored
from practice.api_server.times import parsed, stamp

_RETURNED = frozenset(
    "namespaces persistentvolumeclaims persistentvolumes pods podtemplates resourcequotas serviceaccounts services "
    "storageclasses.storage.k8s.io".split()
)
"""Kinds whose deletion answers with the object; others answer with a Status."""
_WAITING = "orphan", "foregroundDeletion"
"""Finalizers with which the garbage collector is asked to see to the dependents first."""
_ORPHANING = ("jobs.batch", "replicationcontrollers")
"""Kinds whose dependents stay unless the client says otherwise."""
_ORPHANED_PODS = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_PURGING = (
    "The system is ensuring all content is removed from this namespace.  Upon completion, this namespace will "
    "automatically be purged by the system."
)


class Deleting:
    def __init__(self, store: Store) -> None:
        self._store = store

    def delete(self, call: Call) -> Answer:
        options.check_delete(call.asked, call.options)
        resource, asked = call.resource, call.asked
        stored = self._store.find(resource.shelf, call.namespace, asked.name)
        if stored is None:
            raise not_found(resource.group, resource.plural, asked.name)
        item, gone = self.end(call, stored)
        if gone and resource.shelf not in _RETURNED:
            return Answer(
                success(details_of(resource.group, resource.plural, stored.name, uid=item["metadata"]["uid"]))
            )
        return Answer(item)

    def delete_all(self, call: Call, chosen: list[Stored]) -> Answer:
        """A list of what was there."""
        options.check_delete(call.asked, call.options)
        ended = [self.end(call, stored)[0] for stored in chosen]
        resource = call.resource
        return Answer(
            {
                "kind": f"{resource.kind}List",
                "apiVersion": resource.api_version,
                "metadata": {"resourceVersion": str(self._store.version)},
                "items": ended,
            }
        )

    def end(self, call: Call, stored: Stored) -> tuple[Json, bool]:
        """The object's last state, and whether it is gone."""
        _check_preconditions(call, stored)
        admission.check_policy(self._store, call, stored.name)
        admission.check_may_go(call, stored.name)
        if stored.item["kind"] == "Namespace":
            return self._terminate_namespace(call, stored)
        meta, grace = stored.item["metadata"], _grace(call, stored.item)
        finalizers = _with_wishes(meta.get("finalizers", []), call)
        if not grace and not finalizers:
            return (stored.item if call.dry_run else self._store.remove(call.resource.shelf, stored).item), True
        if not meta.get("deletionTimestamp"):
            return self._keep(call, stored, _marked(stored.item, call.at, grace, finalizers)), False
        if grace:
            return self._keep(call, stored, _shortened(stored.item, grace)), False
        return self._keep(call, stored, _with(stored.item, finalizers=finalizers, deletionGracePeriodSeconds=0)), False

    def _terminate_namespace(self, call: Call, stored: Stored) -> tuple[Json, bool]:
        item = stored.item
        if item["metadata"].get("deletionTimestamp"):
            if not item["spec"].get("finalizers") and not item["metadata"].get("finalizers"):
                return (item if call.dry_run else self._store.remove("namespaces", stored).item), True
            raise conflict("", "namespaces", stored.name, _PURGING)
        ending = _with(item, deletionTimestamp=stamp(call.at))
        return self._keep(call, stored, ending | {"status": {**item.get("status", {}), "phase": "Terminating"}}), False

    def _keep(self, call: Call, stored: Stored, item: Json) -> Json:
        if call.dry_run or item == stored.item:
            return item
        return self._store.put(call.resource.shelf, item).item


def _check_preconditions(call: Call, stored: Stored) -> None:
    wanted = call.options.get("preconditions") or {}
    meta, kind = stored.item["metadata"], stored.item["kind"]
    if (uid := wanted.get("uid")) and uid != meta["uid"]:
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({meta['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise conflict(call.resource.group, kind, stored.name, why)
    if (version := wanted.get("resourceVersion")) and version != meta["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({meta['resourceVersion']}). The object might have been modified"
        )
        raise conflict(call.resource.group, kind, stored.name, why)


def _with_wishes(finalizers: list[str], call: Call) -> list[str]:
    """The finalizers, with the one that says what becomes of the object's dependents."""
    policy = call.options.get("propagationPolicy") or call.asked.query.get("propagationPolicy", "")
    orphans = call.options.get("orphanDependents")
    if not policy and orphans is None:
        if call.resource.shelf not in _ORPHANING:
            return finalizers
        orphans = True
        if call.resource.shelf == "jobs.batch":
            call.warnings.append(_ORPHANED_PODS)
    kept = [each for each in finalizers if each not in _WAITING]
    if policy == "Orphan" or orphans:
        return [*kept, "orphan"]
    return [*kept, "foregroundDeletion"] if policy == "Foreground" else kept


def _grace(call: Call, item: Json) -> int:
    """Seconds that the object still has; only pods that somebody runs get any."""
    if item["kind"] != "Pod":
        return 0
    spec, status = item["spec"], item.get("status", {})
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    wanted = call.options.get("gracePeriodSeconds")
    if wanted is None:
        wanted = call.asked.number("gracePeriodSeconds")
    if wanted is None:
        wanted = item["metadata"].get("deletionGracePeriodSeconds", spec.get("terminationGracePeriodSeconds", 30))
    return 1 if wanted < 0 else int(wanted)


def _shortened(item: Json, grace: int) -> Json:
    """A grace period that runs can only get shorter."""
    meta = item["metadata"]
    before = meta.get("deletionGracePeriodSeconds", 0)
    if grace >= before:
        return item
    until = parsed(meta["deletionTimestamp"]) - timedelta(seconds=before - grace)
    return _with(item, deletionTimestamp=stamp(until), deletionGracePeriodSeconds=grace)


def _marked(item: Json, at: datetime, grace: int, finalizers: list[str]) -> Json:
    meta = item["metadata"]
    generation = {"generation": meta["generation"] + 1} if "generation" in meta else {}
    until = stamp(at + timedelta(seconds=grace))
    return _with(item, deletionTimestamp=until, deletionGracePeriodSeconds=grace, finalizers=finalizers, **generation)


def _with(item: Json, **fields: Any) -> Json:
    """The object with these fields in its metadata; lists without anything in them are left out."""
    meta = {key: value for key, value in {**item["metadata"], **fields}.items() if value != []}
    return {**item, "metadata": metadata.ordered(meta)}
