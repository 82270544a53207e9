"""Watch: the changes of a kind as they happen, one JSON line each."""

import random
import time
from collections.abc import AsyncGenerator, Iterator

import orjson

from practice.api import Json
from practice.api_server import options
from practice.api_server.call import Call
from practice.api_server.listing import Choice, check_version, choice
from practice.api_server.refusals import expired
from practice.api_server.shapes import Shape
from practice.api_server.store import Change, Store, Stored, TooOld

_BOOKMARK_EVERY = 60.0
_LONGEST = 1800


class Watching:
    def __init__(self, store: Store) -> None:
        self._store = store

    def lines(self, call: Call, shape: Shape) -> AsyncGenerator[bytes, None]:
        """Until the client's time is over; whoever stops reading leaves nothing behind. Refused before it begins."""
        options.check_list(call.asked)
        seconds = call.asked.number("timeoutSeconds") or random.randint(_LONGEST, 2 * _LONGEST)
        return self._follow(call, shape, choice(call), check_version(self._store, call), seconds)

    async def _follow(
        self, call: Call, shape: Shape, choose: Choice | None, version: int | None, seconds: int
    ) -> AsyncGenerator[bytes, None]:
        asked, shelf = call.asked, call.resource.shelf
        bookmarks = asked.flag("allowWatchBookmarks")
        initial, since = self._beginning(call, version)
        deadline = time.monotonic() + seconds
        try:
            watcher, version = self._store.watch(shelf, since), self._store.version
        except TooOld:
            yield _line("ERROR", orjson.dumps(_too_old(since or 0)))
            return
        try:
            if initial is not None:
                chosen = (each for each in initial if not choose or choose(each.item))
                yield b"".join(_line("ADDED", shape.of_stored(each)) for each in chosen)
                if bookmarks and asked.flag("sendInitialEvents"):
                    yield _bookmark(shape, version, {"annotations": {"k8s.io/initial-events-end": "true"}})
            next_bookmark = time.monotonic() + _BOOKMARK_EVERY
            while (left := deadline - time.monotonic()) > 0:
                await watcher.wait(min(left, next_bookmark - time.monotonic()))
                if watcher.cut_off:
                    return
                if told := b"".join(_told(call, shape, choose, watcher.take())):
                    yield told
                # A bookmark may not promise what is still to be told.
                if time.monotonic() >= next_bookmark and not watcher.pending:
                    next_bookmark = time.monotonic() + _BOOKMARK_EVERY
                    if bookmarks:
                        yield _bookmark(shape, self._store.version, {})
        finally:
            self._store.unwatch(shelf, watcher)

    def _beginning(self, call: Call, version: int | None) -> tuple[list[Stored] | None, int | None]:
        """What is there to tell first, and the version after which changes are told."""
        asked = call.asked
        if asked.flag("sendInitialEvents") or not version:
            wants_initial = "sendInitialEvents" not in asked.query or asked.flag("sendInitialEvents")
            found = self._store.list(call.resource.shelf, call.namespace) if wants_initial else None
            return found, None
        return None, version


def _bookmark(shape: Shape, version: int, more: Json) -> bytes:
    return _line("BOOKMARK", shape.of_bookmark({"resourceVersion": str(version), **more}))


def _told(call: Call, shape: Shape, choose: Choice | None, changes: list[Change]) -> Iterator[bytes]:
    """The changes as this client sees them: what comes to match is ADDED, what no longer matches is DELETED."""
    namespace = call.namespace
    for change in changes:
        if namespace and change.now.namespace != namespace:
            continue
        type_ = change.type
        if choose:
            before = change.before is not None and choose(change.before.item)
            after = type_ != "DELETED" and choose(change.now.item)
            if not before and not after:
                continue
            type_ = "MODIFIED" if before and after else "ADDED" if after else "DELETED"
        yield _line(type_, shape.of_stored(change.now))


def _line(type_: str, body: bytes) -> bytes:
    return b'{"type":"' + type_.encode() + b'","object":' + body + b"}\n"


def _too_old(since: int) -> Json:
    return expired(f"too old resource version: {since}").status
