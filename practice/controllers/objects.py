"""All objects of one kind as the API server last told them, kept fresh by a watch, and the writes to them.

What we write is in the picture at once: a controller that has just created three pods finds three pods.
"""

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator

import aiohttp

from practice.api import Api, ApiError, Json
from practice.controllers.kinds import Key, Kind, key_of

log = logging.getLogger(__name__)

_ABSENT_KIND_REST = 30.0
_REMEMBERED = 10_000

Listener = Callable[[Json | None, Json | None], None]
"""Hears (before, after); None before for a new object, None after for one that is gone."""


class Objects:
    def __init__(self, api: Api, kind: Kind) -> None:
        self.kind = kind
        self.synced = asyncio.Event()
        self._api = api
        self._items: dict[Key, Json] = {}
        self._by_namespace: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        self._by_uid: dict[str, Json] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        """Uids of what is gone, the latest of them: the answer to a write may come after the watch told of the end."""
        self._indexes: list[Index] = []
        self._listeners: list[Listener] = []

    def __iter__(self) -> Iterator[Json]:
        return iter(list(self._items.values()))

    def get(self, namespace: str, name: str) -> Json | None:
        return self._items.get((namespace, name))

    def by_uid(self, uid: str) -> Json | None:
        return self._by_uid.get(uid)

    def within(self, namespace: str) -> list[Json]:
        return list(self._by_namespace[namespace].values())

    def index(self, words: Callable[[Json], Iterable[str]]) -> "Index":
        """Objects by words about them; ask for it before the first list."""
        index = Index(words)
        self._indexes.append(index)
        return index

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    # Writing. Each gives the object as it came to be.

    async def create(self, item: Json) -> Json:
        namespace = item["metadata"].get("namespace", "")
        body = {"apiVersion": self.kind.api_version, "kind": self.kind.name, **item}
        return self._take(await self._api.request("POST", self.kind.path(namespace), body))

    async def replace(self, item: Json, part: str = "") -> Json:
        """A conflict (ApiError 409) if somebody wrote it after `item` was read."""
        body = {"apiVersion": self.kind.api_version, "kind": self.kind.name, **item}
        return self._take(await self._api.request("PUT", self.kind.path_of(item, part), body))

    async def patch(self, item: Json, change: Json | list[Json], part: str = "", *, how: str = "merge") -> Json:
        return self._take(await self._api.patch(self.kind.path_of(item, part), change, kind=how))

    async def delete(self, item: Json, **options: object) -> None:
        """Only if it still is the same object (uid); ApiError 404 or 409 if not. `options` are DeleteOptions."""
        uid = item["metadata"]["uid"]
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}, **options}
        told = await self._api.request("DELETE", self.kind.path_of(item), body)
        meta = told.get("metadata", {})
        if meta.get("uid") == uid and (meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")):
            self._take(told)
        else:
            self._drop(item)

    async def fresh(self, item: Json) -> Json | None:
        """As it is on the server right now; None if it is gone or another one has its name."""
        found = await self._api.find(self.kind.path_of(item))
        return found if found and found["metadata"]["uid"] == item["metadata"]["uid"] else None

    # Reading.

    async def follow(self) -> None:
        """Keep the picture true until cancelled."""
        path = self.kind.path()
        while True:
            try:
                version = await self._list(path)
                self.synced.set()
                while version:
                    version = await self._watch(path, version)
            except ApiError as error:
                log.warning("%s: %s", self.kind.plural, error)
                if error.status == 404:
                    # A server without that kind: nothing is there, and nothing will be for a while.
                    self.synced.set()
                    await asyncio.sleep(_ABSENT_KIND_REST)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                log.warning("%s: %s; listing again", self.kind.plural, error)
            await asyncio.sleep(0.5)

    async def _list(self, path: str) -> str:
        listed = await self._api.get(path)
        version = str(listed["metadata"]["resourceVersion"])
        items = listed["items"]
        there = {item["metadata"]["uid"] for item in items}
        for item in list(self._items.values()):
            if item["metadata"]["uid"] not in there and _version(item) <= int(version):
                self._drop(item)
        for item in items:
            self._take(item)
        return version

    async def _watch(self, path: str, version: str) -> str:
        """The version to watch on from; "" if everything must be listed again."""
        async for kind, item in self._api.stream(path, version):
            if kind == "ERROR":
                return ""
            version = item["metadata"]["resourceVersion"]
            if kind == "DELETED":
                self._drop(item)
            elif kind != "BOOKMARK":
                self._take(item)
        return version

    def _take(self, item: Json) -> Json:
        meta = item["metadata"]
        key, uid = key_of(item), meta["uid"]
        before = self._items.get(key)
        if uid in self._ended:
            return item
        if before and before["metadata"]["uid"] == uid and _version(before) >= _version(item):
            return before
        if before and before["metadata"]["uid"] != uid:
            if _version(before) > _version(item):
                return item
            self._drop(before)
            before = None
        self._items[key] = self._by_namespace[key[0]][key[1]] = self._by_uid[uid] = item
        self._tell(before, item)
        return item

    def _drop(self, item: Json) -> None:
        uid = item["metadata"]["uid"]
        self._ended[uid] = None
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        before = self._by_uid.pop(uid, None)
        if before is None:
            return
        key = key_of(before)
        if self._items.get(key) is before:
            del self._items[key]
            del self._by_namespace[key[0]][key[1]]
        self._tell(before, None)

    def _tell(self, before: Json | None, after: Json | None) -> None:
        for index in self._indexes:
            index.change(before, after)
        for listener in self._listeners:
            try:
                listener(before, after)
            except Exception:
                # One object that one controller does not understand must not hide it from the others.
                log.exception("%s %s", self.kind.plural, key_of(after or before or {}))


class Index:
    """Objects of one kind by words about them, such as the uid of the owner."""

    def __init__(self, words: Callable[[Json], Iterable[str]]) -> None:
        self._words = words
        self._found: defaultdict[str, dict[str, Json]] = defaultdict(dict)

    def __getitem__(self, word: str) -> list[Json]:
        return list(self._found[word].values()) if word in self._found else []

    def change(self, before: Json | None, after: Json | None) -> None:
        for word in self._words(before) if before else ():
            assert before
            self._found[word].pop(before["metadata"]["uid"], None)
            if not self._found[word]:
                del self._found[word]
        for word in self._words(after) if after else ():
            assert after
            self._found[word][after["metadata"]["uid"]] = after


def _version(item: Json) -> int:
    return int(item["metadata"]["resourceVersion"])
