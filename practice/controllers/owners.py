"""Who an object belongs to, and taking in what matches and belongs to nobody."""

from collections.abc import Iterable

from practice.api import ApiError, Json
from practice.controllers.kinds import Key, Kind, key_of
from practice.controllers.labels import labels_of, selects
from practice.controllers.objects import Objects
from practice.controllers.work import Work


def controller_of(item: Json) -> Json | None:
    """Its ownerReference with `controller: true`."""
    return next((each for each in item["metadata"].get("ownerReferences") or () if each.get("controller")), None)


def controller_uid(item: Json) -> Iterable[str]:
    """For an index: the uid of its controller, or "orphan/<namespace>"."""
    owner = controller_of(item)
    return [owner["uid"] if owner else orphans_of(item["metadata"].get("namespace", ""))]


def orphans_of(namespace: str) -> str:
    return f"orphan/{namespace}"


def wake_owners(work: Work[Key], owners: Objects, owned: Objects) -> None:
    """Have an owner looked at when it changes, and when something of its does."""

    def owner_changed(_: Json | None, after: Json | None) -> None:
        if after:
            work.add(key_of(after))

    def owned_changed(before: Json | None, after: Json | None) -> None:
        for item in (before, after):
            if item and (of := controller_of(item)) and (owner := owners.by_uid(of["uid"])):
                work.add(key_of(owner))

    owners.listen(owner_changed)
    owned.listen(owned_changed)


def reference(kind: Kind, owner: Json) -> Json:
    """The ownerReference that makes `owner` the controller."""
    meta = owner["metadata"]
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


async def claim(kind: Kind, owner: Json, candidates: Iterable[Json], objects: Objects) -> list[Json]:
    """Of the candidates, what is the owner's: orphans that match are adopted, what no longer matches is released."""
    meta = owner["metadata"]
    leaving = bool(meta.get("deletionTimestamp"))
    claimed = []
    for item in candidates:
        of = controller_of(item)
        matches = selects(owner["spec"]["selector"], labels_of(item))
        if of and of["uid"] != meta["uid"]:
            continue
        if of and matches:
            claimed.append(item)
        elif of and not leaving:
            await _release(item, meta["uid"], objects)
        elif not of and matches and not leaving and not item["metadata"].get("deletionTimestamp"):
            adopted = await _adopt(item, reference(kind, owner), objects)
            claimed.extend([adopted] if adopted else [])
    return claimed


async def _adopt(item: Json, owner: Json, objects: Objects) -> Json | None:
    change = {"metadata": {"uid": item["metadata"]["uid"], "ownerReferences": [owner]}}
    try:
        return await objects.patch(item, change, how="strategic-merge")
    except ApiError as error:
        if error.status != 404:
            raise
        return None


async def _release(item: Json, uid: str, objects: Objects) -> None:
    change = {"metadata": {"uid": item["metadata"]["uid"], "ownerReferences": [{"$patch": "delete", "uid": uid}]}}
    try:
        await objects.patch(item, change, how="strategic-merge")
    except ApiError as error:
        if error.status not in (404, 422):
            raise
