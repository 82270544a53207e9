"""Moving what was just played into the past: the API server sets times itself, so they are moved in etcd.

Without this an incident that "began 20 minutes ago" would have been rolled out ten seconds ago, and nobody could tell
what changed before the trouble began.
"""

import asyncio
import base64
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

KINDS = (
    "configmaps",
    "deployments",
    "endpointslices",
    "events",
    "horizontalpodautoscalers",
    "persistentvolumeclaims",
    "pods",
    "replicasets",
    "serviceaccounts",
    "services/endpoints",
    "services/specs",
)
CLUSTER_KINDS = ("persistentvolumes", "storageclasses")
"""Of these, too, only what was touched while something was played."""
_TIMES = {
    "creationTimestamp",
    "time",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastScaleTime",
    "lastPhaseTransitionTime",
    "timeAdded",
    "startTime",
    "startedAt",
    "finishedAt",
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
}

EVENTS_LAST = timedelta(hours=1)


@dataclass(frozen=True)
class Move:
    """What happened from `start` to `end` is to have happened `by` earlier."""

    start: datetime
    end: datetime
    by: timedelta


async def backdate(etcd: str, namespaces: Collection[str], moves: Sequence[Move], *, nodes: bool = False) -> None:
    """Move the times of everything in the namespaces, and of the nodes if asked.

    Events that come to be older than an API server keeps them are gone afterwards.
    """
    ranges = [*_ranges(namespaces), *([("/registry/minions/", "/registry/minions0")] if nodes else [])]
    async with aiohttp.ClientSession(base_url=etcd) as session:
        found = await asyncio.gather(*(_range(session, keys) for keys in ranges))
        await asyncio.gather(*(_write(session, pair, moves) for pairs in found for pair in pairs))


def moved(value: Any, moves: Sequence[Move]) -> Any:
    """The same JSON with its times moved.

    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> moved({"creationTimestamp": "2026-01-01T00:00:05Z"}, [Move(at, at + timedelta(minutes=1), timedelta(hours=1))])
    {'creationTimestamp': '2025-12-31T23:00:05Z'}
    """
    if isinstance(value, list):
        return [moved(each, moves) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _moved_time(each, moves) if key in _TIMES and isinstance(each, str) else moved(each, moves)
        for key, each in value.items()
    }


def _moved_time(text: str, moves: Sequence[Move]) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    for move in moves:
        if at.tzinfo and move.start <= at < move.end:
            earlier = (at - move.by).astimezone(UTC)
            return earlier.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ")
    return text


def _ranges(namespaces: Collection[str]) -> Iterator[tuple[str, str]]:
    """Key ranges in etcd, as (first, end)."""
    for namespace in namespaces:
        name = f"/registry/namespaces/{namespace}"
        yield name, f"{name}\0"
        for kind in KINDS:
            # "0" is the character after "/".
            yield f"/registry/{kind}/{namespace}/", f"/registry/{kind}/{namespace}0"
    for kind in CLUSTER_KINDS:
        yield f"/registry/{kind}/", f"/registry/{kind}0"


async def _range(session: aiohttp.ClientSession, keys: tuple[str, str]) -> list[dict[str, Any]]:
    first, end = (base64.b64encode(key.encode()).decode() for key in keys)
    async with session.post("/v3/kv/range", json={"key": first, "range_end": end}) as answer:
        answer.raise_for_status()
        return list((await answer.json()).get("kvs", []))


async def _write(session: aiohttp.ClientSession, pair: dict[str, Any], moves: Sequence[Move]) -> None:
    """Write one object with its times moved, unless somebody wrote it meanwhile: then it is read and moved again."""
    while True:
        before = json.loads(base64.b64decode(pair["value"]))
        after = moved(before, moves)
        if after == before:
            return
        key = pair["key"]
        unchanged = {"key": key, "target": "MOD", "result": "EQUAL", "mod_revision": pair["mod_revision"]}
        if is_forgotten(after):
            change: dict[str, Any] = {"requestDeleteRange": {"key": key}}
        else:
            value = base64.b64encode(json.dumps(after).encode()).decode()
            change = {"requestPut": {"key": key, "value": value, "ignore_lease": True}}
        async with session.post("/v3/kv/txn", json={"compare": [unchanged], "success": [change]}) as answer:
            answer.raise_for_status()
            if (await answer.json()).get("succeeded"):
                return
        async with session.post("/v3/kv/range", json={"key": key}) as answer:
            found = (await answer.json()).get("kvs")
        if not found:
            return
        pair = found[0]


def is_forgotten(item: dict[str, Any]) -> bool:
    last = str(item.get("lastTimestamp") or item.get("eventTime") or "")
    return item["kind"] == "Event" and last != "" and datetime.now(UTC) - datetime.fromisoformat(last) > EVENTS_LAST
