"""What the cluster holds, in memory: objects by kind, one resource version for all, and what changed lately."""

import asyncio
import bisect
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import orjson

from practice.api import Json

_REMEMBERED = 2048
"""Changes of one kind that a watch may still begin from; older ones are Gone."""
_LAGGING = 20_000
"""Changes a watcher may leave unread before it is cut off, to list again."""


class Stored:
    """One object as it is kept. Nobody changes `item`: a change is a new Stored."""

    __slots__ = ("_body", "item", "version")

    def __init__(self, item: Json, version: int) -> None:
        self.item = item
        self.version = version
        self._body: bytes | None = None

    @property
    def body(self) -> bytes:
        """The object as JSON, without its kind and apiVersion, as it stands in a list; made once."""
        if self._body is None:
            rest = {key: value for key, value in self.item.items() if key not in ("kind", "apiVersion")}
            self._body = orjson.dumps(rest)
        return self._body

    @property
    def namespace(self) -> str:
        return str(self.item["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        return str(self.item["metadata"]["name"])

    @property
    def place(self) -> tuple[str, str]:
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Change:
    """ADDED, MODIFIED or DELETED, and how the object was before."""

    type: str
    now: Stored
    before: Stored | None


class TooOld(Exception):
    """What happened since that version is no longer known."""


@dataclass(eq=False)
class Watcher:
    """Changes of one kind for one client, in order, from some version on."""

    pending: deque[Change] = field(default_factory=deque)
    cut_off: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, change: Change) -> None:
        if len(self.pending) >= _LAGGING:
            self.cut_off = True
            self.pending.clear()
        if not self.cut_off:
            self.pending.append(change)
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Until there is something to read, or the time is over."""
        if self.pending or self.cut_off:
            return
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return

    def take(self) -> list[Change]:
        taken = list(self.pending)
        self.pending.clear()
        return taken


class Shelf:
    """The objects of one kind."""

    def __init__(self) -> None:
        self.by_namespace: dict[str, dict[str, Stored]] = {}
        self.changes: deque[Change] = deque()
        self.forgotten = 0
        """The version of the newest change that is no longer remembered."""
        self.watchers: set[Watcher] = set()

    def find(self, namespace: str, name: str) -> Stored | None:
        return self.by_namespace.get(namespace, {}).get(name)

    def all(self, namespace: str = "") -> list[Stored]:
        """In the order of their names; of all namespaces if none is given."""
        spaces = [namespace] if namespace else sorted(self.by_namespace)
        return [
            shelf[name]
            for space in spaces
            if (shelf := self.by_namespace.get(space)) is not None
            for name in sorted(shelf)
        ]

    def publish(self, change: Change) -> None:
        if len(self.changes) >= _REMEMBERED:
            self.forgotten = self.changes.popleft().now.version
        self.changes.append(change)
        for watcher in self.watchers:
            watcher.tell(change)


class Store:
    """All shelves, and the one counter that every change moves."""

    def __init__(self) -> None:
        self.version = 1
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, name: str) -> Shelf:
        """`name` is the kind as in `deployments.apps`."""
        return self._shelves.setdefault(name, Shelf())

    def find(self, shelf: str, namespace: str, name: str) -> Stored | None:
        return self.shelf(shelf).find(namespace, name)

    def list(self, shelf: str, namespace: str = "") -> list[Stored]:
        return self.shelf(shelf).all(namespace)

    def items(self, shelf: str, namespace: str = "") -> Iterator[Json]:
        """The objects themselves, in no order."""
        spaces = self.shelf(shelf).by_namespace
        chosen = [spaces.get(namespace, {})] if namespace else list(spaces.values())
        return (stored.item for stored in chain.from_iterable(space.values() for space in chosen))

    def put(self, shelf: str, item: Json) -> Stored:
        """Keep a new object or a new state of one; it gets its resourceVersion here."""
        kept = self.shelf(shelf)
        self.version += 1
        meta = item["metadata"]
        stored = Stored({**item, "metadata": _versioned(meta, self.version)}, self.version)
        space = kept.by_namespace.setdefault(meta.get("namespace", ""), {})
        before = space.get(meta["name"])
        space[meta["name"]] = stored
        kept.publish(Change("MODIFIED" if before else "ADDED", stored, before))
        return stored

    def remove(self, shelf: str, stored: Stored) -> Stored:
        """Forget an object; what watchers hear of it carries the version of its end."""
        kept = self.shelf(shelf)
        self.version += 1
        item = stored.item
        last = Stored({**item, "metadata": _versioned(item["metadata"], self.version)}, self.version)
        space = kept.by_namespace[stored.namespace]
        del space[stored.name]
        if not space:
            del kept.by_namespace[stored.namespace]
        kept.publish(Change("DELETED", last, stored))
        return last

    def watch(self, shelf: str, since: int | None) -> Watcher:
        """A watcher of what came after `since`, or only of what is yet to come. Close it with `unwatch`."""
        kept = self.shelf(shelf)
        watcher = Watcher()
        if since is not None:
            if since < kept.forgotten:
                raise TooOld
            begin = bisect.bisect_right(kept.changes, since, key=_version_of)
            watcher.pending.extend(kept.changes[index] for index in range(begin, len(kept.changes)))
        kept.watchers.add(watcher)
        return watcher

    def unwatch(self, shelf: str, watcher: Watcher) -> None:
        self.shelf(shelf).watchers.discard(watcher)


def _version_of(change: Change) -> int:
    return change.now.version


def _versioned(meta: Json, version: int) -> Json:
    """The metadata with its resourceVersion where Kubernetes prints it: behind the uid."""
    first: Json = {key: meta[key] for key in ("name", "generateName", "namespace", "uid") if key in meta}
    rest = {key: value for key, value in meta.items() if key not in first and key != "resourceVersion"}
    return {**first, "resourceVersion": str(version), **rest}
