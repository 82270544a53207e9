"""What belongs to something that is gone goes too, in the background or the foreground, or is let go."""

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from functools import partial

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.objects import Objects
from practice.controllers.work import Work

_FOREGROUND = "foregroundDeletion"
_ORPHAN = "orphan"
_REMEMBERED = 10_000


class Garbage:
    def __init__(self, cluster: Cluster) -> None:
        self._api = cluster.api
        self._kinds = {(kind.api_version.rpartition("/")[0], kind.name): kind for kind in cluster.kinds}
        self._where: dict[str, Objects] = {}
        """The kind of every object, by uid."""
        self._dependents: defaultdict[str, set[str]] = defaultdict(set)
        """Uids of what names this uid as an owner."""
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._work: Work[str] = Work("garbage", self._sync, hands=16)
        for kind in cluster.kinds:
            objects = cluster.objects(kind)
            objects.listen(partial(self._changed, objects))

    async def run(self) -> None:
        await self._work.run()

    def _changed(self, objects: Objects, before: Json | None, after: Json | None) -> None:
        old, new = _owner_uids(before), _owner_uids(after)
        item = after or before
        assert item
        uid = item["metadata"]["uid"]
        for owner in old - new:
            self._dependents[owner].discard(uid)
            if not self._dependents[owner]:
                del self._dependents[owner]
        for owner in new - old:
            self._dependents[owner].add(uid)
        if after is None:
            self._where.pop(uid, None)
            self._forget(uid)
            for each in [*self._dependents.get(uid, ()), *(owner for owner in old if self._waits(owner))]:
                self._work.add(each)
            return
        self._where[uid] = objects
        if new - old or (_is_waiting(after) and not (before and _is_waiting(before))):
            self._work.add(uid)
        if old - new or (before and _finalizers(before) != _finalizers(after)):
            for owner in old | new:
                if self._waits(owner):
                    self._work.add(owner)

    def _forget(self, uid: str) -> None:
        self._gone[uid] = None
        if len(self._gone) > _REMEMBERED:
            self._gone.popitem(last=False)

    def _find(self, uid: str) -> Json | None:
        objects = self._where.get(uid)
        return objects.by_uid(uid) if objects else None

    def _waits(self, uid: str) -> bool:
        item = self._find(uid)
        return item is not None and _is_waiting(item)

    async def _sync(self, uid: str) -> None:
        item = self._find(uid)
        if item is None:
            return
        objects, meta = self._where[uid], item["metadata"]
        if meta.get("deletionTimestamp"):
            if _ORPHAN in _finalizers(item):
                await self._let_go(objects, item)
            elif _FOREGROUND in _finalizers(item):
                await self._go_after_dependents(objects, item)
            return
        references = meta.get("ownerReferences") or []
        if not references:
            return
        solid, waiting = [], []
        for each in references:
            owner = await self._owner(meta.get("namespace", ""), each)
            if owner == _FOREGROUND:
                waiting.append(each)
            elif owner:
                solid.append(each)
        if len(solid) == len(references):
            return
        if solid:
            await self._leave(objects, item, [each["uid"] for each in references if each not in solid])
            return
        has_dependents = bool(self._dependents.get(uid))
        policy = "Foreground" if waiting and has_dependents else _policy(item)
        await _if_there(objects, item, policy)

    async def _owner(self, namespace: str, reference: Json) -> str:
        """ "" if it is gone, the finalizer if it waits for its dependents, else something else."""
        uid = reference["uid"]
        owner = self._find(uid)
        if owner:
            return _FOREGROUND if _is_waiting(owner) and _FOREGROUND in _finalizers(owner) else "there"
        if uid in self._gone:
            return ""
        kind = self._kinds.get((reference["apiVersion"].rpartition("/")[0], reference["kind"]))
        if kind is None:
            return "unknown"
        found = await self._api.find(kind.path(namespace, reference["name"]))
        if found and found["metadata"]["uid"] == uid:
            return "there"
        self._forget(uid)
        return ""

    async def _go_after_dependents(self, objects: Objects, item: Json) -> None:
        uid = item["metadata"]["uid"]
        blocking = [each for each in self._dependents.get(uid, ()) if _blocks(self._find(each), uid)]
        if not blocking:
            await self._finish(objects, item, _FOREGROUND)
        for each in blocking:
            self._work.add(each)

    async def _let_go(self, objects: Objects, item: Json) -> None:
        uid = item["metadata"]["uid"]
        for each in list(self._dependents.get(uid, ())):
            if dependent := self._find(each):
                await self._leave(self._where[each], dependent, [uid])
        await self._finish(objects, item, _ORPHAN)

    async def _leave(self, objects: Objects, item: Json, owners: Sequence[str]) -> None:
        """Take owners off a dependent."""
        meta = item["metadata"]
        left = [each for each in meta.get("ownerReferences") or () if each["uid"] not in owners]
        change = {"resourceVersion": meta["resourceVersion"], "ownerReferences": left or None}
        try:
            await objects.patch(item, {"metadata": change})
        except ApiError as error:
            if error.status != 404:
                raise

    async def _finish(self, objects: Objects, item: Json, finalizer: str) -> None:
        meta = item["metadata"]
        left = [each for each in _finalizers(item) if each != finalizer]
        change = {"metadata": {"resourceVersion": meta["resourceVersion"], "finalizers": left or None}}
        try:
            await objects.patch(item, change)
        except ApiError as error:
            if error.status != 404:
                raise


async def _if_there(objects: Objects, item: Json, policy: str) -> None:
    try:
        await objects.delete(item, propagationPolicy=policy)
    except ApiError as error:
        if error.status not in (404, 409):
            raise


def _finalizers(item: Json) -> list[str]:
    return item["metadata"].get("finalizers") or []


def _policy(item: Json) -> str:
    if _ORPHAN in _finalizers(item):
        return "Orphan"
    return "Foreground" if _FOREGROUND in _finalizers(item) else "Background"


def _is_waiting(item: Json) -> bool:
    """Being deleted, and it is for us to say when its dependents are dealt with."""
    return bool(item["metadata"].get("deletionTimestamp")) and not {_ORPHAN, _FOREGROUND}.isdisjoint(_finalizers(item))


def _blocks(item: Json | None, owner: str) -> bool:
    references = item["metadata"].get("ownerReferences") or () if item else ()
    return any(each["uid"] == owner and each.get("blockOwnerDeletion") for each in references)


def _owner_uids(item: Json | None) -> set[str]:
    return {each["uid"] for each in item["metadata"].get("ownerReferences") or ()} if item else set()
