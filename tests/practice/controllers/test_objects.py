"""The picture that controllers have of one kind: true after lost watches, and never behind their own writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from practice.api import Api, ApiError, Json
from practice.controllers.kinds import POD
from practice.controllers.objects import Objects


class FakeServer:
    """Lists what it was told to hold, streams what it is told to tell, answers writes as it is told to."""

    def __init__(self, *pods: Json) -> None:
        self.pods = list(pods)
        self.version = 10
        self.lists = 0
        self.answers: dict[str, Json] = {}
        self.told: asyncio.Queue[tuple[str, Json] | None] = asyncio.Queue()

    async def get(self, path: str, **params: str) -> Json:
        self.lists += 1
        return {"metadata": {"resourceVersion": str(self.version)}, "items": self.pods}

    async def stream(self, path: str, version: str) -> AsyncIterator[tuple[str, Json]]:
        while (event := await self.told.get()) is not None:
            yield event

    async def request(self, method: str, path: str, body: Any = None, **_: Any) -> Json:
        return self.answers[method]

    async def patch(self, path: str, body: Any, **_: Any) -> Json:
        return self.answers["PATCH"]


def pod(name: str, version: int, uid: str = "", **meta: Any) -> Json:
    place = {"namespace": "shop", "name": name, "uid": uid or name, "resourceVersion": str(version)}
    return {"metadata": {**place, **meta}, "spec": {}}


@asynccontextmanager
async def following(server: FakeServer) -> AsyncIterator[Objects]:
    objects = Objects(cast("Api", server), POD)
    task = asyncio.create_task(objects.follow())
    await objects.synced.wait()
    yield objects
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _heard(server: FakeServer) -> None:
    while not server.told.empty():
        await asyncio.sleep(0)
    for _ in range(3):
        await asyncio.sleep(0)


def names(objects: Objects) -> list[str]:
    return sorted(each["metadata"]["name"] for each in objects)


async def test_what_the_watch_tells_is_in_the_picture() -> None:
    """New ones, changed ones, and those that are gone."""
    server = FakeServer(pod("a", 1), pod("b", 2))

    async with following(server) as objects:
        server.told.put_nowait(("ADDED", pod("c", 11)))
        server.told.put_nowait(("MODIFIED", pod("b", 12, labels={"app": "web"})))
        server.told.put_nowait(("DELETED", pod("a", 13)))
        await _heard(server)

        assert names(objects) == ["b", "c"]
        changed = objects.get("shop", "b")
        assert changed
        assert changed["metadata"]["labels"] == {"app": "web"}


async def test_our_own_writes_are_in_the_picture_at_once() -> None:
    """Three pods created are three pods found, before the watch has told of any."""
    server = FakeServer()
    server.answers["POST"] = pod("new", 11)

    async with following(server) as objects:
        await objects.create({"metadata": {"namespace": "shop", "generateName": "ne"}})

        assert names(objects) == ["new"]


async def test_the_answer_to_a_write_does_not_bring_back_what_is_gone() -> None:
    """The watch told of the end before the answer to the deletion came."""
    server = FakeServer(pod("a", 1))

    async with following(server) as objects:
        server.told.put_nowait(("DELETED", pod("a", 13)))
        await _heard(server)
        server.answers["DELETE"] = pod("a", 12, deletionTimestamp="2026-01-01T00:00:00Z", deletionGracePeriodSeconds=30)
        await objects.delete(pod("a", 1))

        assert names(objects) == []


async def test_old_news_changes_nothing() -> None:
    """The watch tells of a version that our own write has left behind."""
    server = FakeServer(pod("a", 1))

    async with following(server) as objects:
        server.answers["PATCH"] = pod("a", 15, labels={"mine": "yes"})
        await objects.patch(pod("a", 1), {})
        server.told.put_nowait(("MODIFIED", pod("a", 14)))
        await _heard(server)
        found = objects.get("shop", "a")

        assert found
        assert found["metadata"]["resourceVersion"] == "15"


async def test_a_successor_of_the_same_name_is_another_object() -> None:
    """Listeners hear that the one is gone before they hear of the other."""
    server = FakeServer(pod("a", 1, uid="first"))
    heard: list[tuple[str, str]] = []

    async with following(server) as objects:
        objects.listen(lambda before, after: heard.append((_uid(before), _uid(after))))
        server.told.put_nowait(("ADDED", pod("a", 12, uid="second")))
        server.told.put_nowait(("DELETED", pod("a", 11, uid="first")))
        await _heard(server)

        assert heard == [("first", ""), ("", "second")]
        assert objects.by_uid("first") is None
        assert names(objects) == ["a"]


async def test_too_old_a_watch_is_made_good_by_a_list() -> None:
    """What went meanwhile is gone, what came is there, and our newer writes stay."""
    server = FakeServer(pod("gone", 1), pod("stays", 2))

    async with following(server) as objects:
        server.answers["POST"] = pod("ours", 99)
        await objects.create({"metadata": {"namespace": "shop"}})
        server.pods, server.version = [pod("stays", 2), pod("came", 20)], 20
        server.told.put_nowait(("ERROR", {"code": 410}))
        while server.lists < 2:
            await asyncio.sleep(0.01)
        await _heard(server)

        assert names(objects) == ["came", "ours", "stays"]


async def test_an_index_follows_changes() -> None:
    """By whatever words there are about an object."""
    server = FakeServer(pod("a", 1, labels={"app": "web"}))
    objects = Objects(cast("Api", server), POD)
    by_app = objects.index(lambda item: [item["metadata"].get("labels", {}).get("app", "")])
    task = asyncio.create_task(objects.follow())
    await objects.synced.wait()
    before = [each["metadata"]["name"] for each in by_app["web"]]
    server.told.put_nowait(("MODIFIED", pod("a", 11, labels={"app": "api"})))
    await _heard(server)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert before == ["a"]
    assert by_app["web"] == []
    assert [each["metadata"]["name"] for each in by_app["api"]] == ["a"]


async def test_a_listener_that_fails_does_not_hide_the_object_from_the_others() -> None:
    """One controller's mistake stays its own."""
    server = FakeServer()
    heard: list[str] = []

    async with following(server) as objects:
        objects.listen(_fails)
        objects.listen(lambda _, after: heard.append(_uid(after)))
        server.told.put_nowait(("ADDED", pod("a", 11)))
        await _heard(server)

    assert heard == ["a"]


async def test_a_server_without_the_kind_is_no_reason_to_wait() -> None:
    """Whoever waits for everything to be seen need not wait for what does not exist."""

    class Lacking(FakeServer):
        async def get(self, path: str, **params: str) -> Json:
            raise ApiError(404, "the server could not find the requested resource")

    async with asyncio.timeout(2):
        async with following(Lacking()) as objects:
            assert names(objects) == []


def _uid(item: Json | None) -> str:
    return str(item["metadata"]["uid"]) if item else ""


def _fails(_: Json | None, __: Json | None) -> None:
    raise ValueError("a controller's mistake")
