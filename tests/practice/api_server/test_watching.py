"""Lists and watches: what a client sees of a kind, from when on, and that it leaves nothing behind."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from practice.api import Api, Json, path_of
from tests.practice.api_server.streams import watched

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

Make: TypeAlias = Callable[[Json], Awaitable[Json]]
Refused: TypeAlias = Callable[[Awaitable[Any]], Awaitable[tuple[int, str]]]


def config(name: str, **labels: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}


async def names(api: Api, namespace: str, **query: str) -> list[str]:
    """Of the ConfigMaps, without the one that the controllers make."""
    found = await api.items(path_of("v1", "ConfigMap", namespace), **query)
    return [each["metadata"]["name"] for each in found if each["metadata"]["name"] != "kube-root-ca.crt"]


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("app=web", ["a", "b"]),
        ("app==web,tier=front", ["a"]),
        ("app!=web", ["c", "d"]),
        ("app in (api, web)", ["a", "b", "c"]),
        ("app notin (web)", ["c", "d"]),
        ("tier", ["a", "b"]),
        ("!tier", ["c", "d"]),
        ("app in (web),!tier", []),
        ("size>3", ["c"]),
        ("size<3", ["d"]),
    ],
)
async def test_labels_choose(api: Api, namespace: str, make: Make, selector: str, chosen: list[str]) -> None:
    """With all the operators."""
    await make(config("a", app="web", tier="front"))
    await make(config("b", app="web", tier="back"))
    await make(config("c", app="api", size="7"))
    await make(config("d", size="1"))

    assert await names(api, namespace, labelSelector=selector) == chosen


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"labelSelector": "a in"}, "unable to parse requirement: found '' expected: '('"),
        ({"labelSelector": "a in (b"}, "unable to parse requirement: found '', expected: ',' or ')'"),
        ({"labelSelector": "a b"}, "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ({"labelSelector": "a,=b"}, "found '=', expected: identifier after ','"),
        ({"labelSelector": "=b"}, "found '=', expected: !, identifier, or 'end of string'"),
        ({"labelSelector": "a=b=c"}, "found '=', expected: ',' or 'end of string'"),
        ({"labelSelector": "!a in (b)"}, "found 'in', expected: ',' or 'end of string'"),
        ({"labelSelector": "-a"}, '<nil>: Invalid value: "-a": name part must consist of alphanumeric characters'),
        ({"labelSelector": "a=-b"}, 'Invalid value: "-b": a valid label must be an empty string or consist of'),
        ({"labelSelector": "a>x"}, "for 'Gt', 'Lt' operators, the value must be an integer"),
        ({"fieldSelector": "spec.color=red"}, '"spec.color" is not a known field selector: only "metadata.name"'),
        ({"fieldSelector": "color"}, "invalid selector: 'color'; can't understand 'color'"),
        ({"resourceVersion": "abc"}, 'strconv.ParseUint: parsing "abc": invalid syntax'),
        ({"limit": "many"}, 'strconv.ParseInt: parsing "many": invalid syntax'),
        ({"limit": "1", "continue": "nonsense"}, "continue key is not valid"),
    ],
)
async def test_what_cannot_be_understood_is_a_bad_request(
    api: Api, refused: Refused, query: dict[str, str], message: str
) -> None:
    """In the words of the real server."""
    status, said = await refused(api.get(path_of("v1", "ConfigMap", "default"), **query))

    assert status == 400
    assert message in said


async def test_fields_choose(api: Api, namespace: str, make: Make) -> None:
    """The few that Kubernetes lets one ask for."""
    for name, node in (("a", "x"), ("b", "y"), ("c", "")):
        pod = {"containers": [{"name": "main", "image": "x.example/y:1"}], "schedulerName": "nobody"}
        await make(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": {"a": "b"}},
                "spec": pod | ({"nodeName": node} if node else {}),
            }
        )
    path = path_of("v1", "Pod", namespace)

    async def chosen(fields: str, labels: str = "") -> list[str]:
        return [each["metadata"]["name"] for each in await api.items(path, fieldSelector=fields, labelSelector=labels)]

    assert await chosen("spec.nodeName=x") == ["a"]
    assert await chosen("spec.nodeName!=x,metadata.name!=c") == ["b"]
    assert await chosen("spec.nodeName=,status.phase=Pending") == ["c"]
    assert await chosen(f"metadata.namespace={namespace},metadata.name=b", "a=b") == ["b"]


async def test_pages_are_of_one_moment(api: Api, namespace: str, make: Make) -> None:
    """What comes between two pages is not on the second one."""
    for name in "abcd":
        await make(config(name, of="pages"))
    path, query = path_of("v1", "ConfigMap", namespace), {"labelSelector": "of=pages", "limit": "3"}

    first = await api.get(path, **query)
    await make(config("e", of="pages"))
    second = await api.get(path, **query, **{"continue": first["metadata"]["continue"]})

    assert [each["metadata"]["name"] for each in first["items"]] == ["a", "b", "c"]
    assert [each["metadata"]["name"] for each in second["items"]] == ["d"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in second["metadata"]


async def test_a_watch_goes_on_where_a_list_ended(api: Api, namespace: str, make: Make) -> None:
    """Nothing is missed and nothing is told twice."""
    path = path_of("v1", "ConfigMap", namespace)
    version = (await api.get(path))["metadata"]["resourceVersion"]
    await make(config("a", of="watch"))
    await api.patch(f"{path}/a", {"data": {"a": "2"}})
    await api.delete(f"{path}/a")

    seen = []
    async for event in watched(api, path, resourceVersion=version, labelSelector="of=watch"):
        seen.append((event["type"], event["object"]["data"]["a"]))
        if len(seen) == 3:
            break

    assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]


async def test_what_begins_to_match_is_added_and_what_no_longer_does_is_deleted(
    api: Api, namespace: str, make: Make
) -> None:
    """A watcher with a selector lives in a smaller world."""
    path = path_of("v1", "ConfigMap", namespace)
    await make(config("a", color="red"))
    version = (await api.get(path))["metadata"]["resourceVersion"]
    await api.patch(f"{path}/a", {"metadata": {"labels": {"color": "blue"}}})
    await api.patch(f"{path}/a", {"data": {"a": "2"}})
    await api.patch(f"{path}/a", {"metadata": {"labels": {"color": "red"}}})

    types = []
    async for event in watched(api, path, resourceVersion=version, labelSelector="color=blue"):
        types.append(event["type"])
        if len(types) == 3:
            break

    assert types == ["ADDED", "MODIFIED", "DELETED"]


async def test_a_watch_list_says_when_the_beginning_is_over(api: Api, namespace: str, make: Make) -> None:
    """With a bookmark, as kubectl wait and rollout status need it."""
    path = path_of("v1", "ConfigMap", namespace)
    await make(config("a"))

    seen = []
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async for event in watched(api, path, fieldSelector="metadata.name=a", **query):
        seen.append(event)
        if event["type"] == "BOOKMARK":
            break

    assert [each["type"] for each in seen] == ["ADDED", "BOOKMARK"]
    assert seen[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(seen[1]["object"]["metadata"]["resourceVersion"]) >= int(
        seen[0]["object"]["metadata"]["resourceVersion"]
    )


async def test_a_watch_ends_when_its_time_is_over(api: Api, namespace: str) -> None:
    """Politely: the client may begin again."""
    events = [each async for each in watched(api, path_of("v1", "Secret", namespace), timeoutSeconds="1")]

    assert events == []


async def test_a_version_that_is_yet_to_come_is_waited_for_or_refused(api: Api, refused: Refused) -> None:
    """A list cannot be of the future."""
    status, message = await refused(api.get(path_of("v1", "ConfigMap", "default"), resourceVersion="99999999"))

    assert status == 504
    assert "Too large resource version: 99999999, current: " in message


async def test_watchers_that_vanish_leave_the_server_serving(api: Api, namespace: str, make: Make) -> None:
    """A hundred of them, in the middle of their streams."""
    path = path_of("v1", "ConfigMap", namespace)

    async def vanish() -> None:
        async with contextlib.aclosing(watched(api, path, timeoutSeconds="60")) as events:
            await anext(events)

    await make(config("a"))
    await asyncio.gather(*(vanish() for _ in range(100)))
    await make(config("b"))

    assert await names(api, namespace) == ["a", "b"]
