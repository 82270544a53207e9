"""Events as the controllers and the scheduler write them.

Controllers' events are correlated as client-go does it: one that happens again is counted, ten that differ only in
their message become one that is counted, and one object gets at most 25 at once and one more every five minutes.
"""

import asyncio
import logging
import os
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import aiohttp

from practice.api import Api, ApiError, Json
from practice.controllers.kinds import EVENT, Kind
from practice.controllers.times import stamp

log = logging.getLogger(__name__)

_SIMILAR = 10
_SIMILAR_FOR = 600.0
_BURST = 25
_REFILL_SECONDS = 300.0
_SERIES_FOR = 360.0
_MESSAGE_LIMIT = 1024
_Key: TypeAlias = tuple[str, ...]


@dataclass
class _Allowance:
    """How many events one object may still get from one component."""

    left: float = _BURST
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        now = time.monotonic()
        self.left = min(self.left + (now - self.at) / _REFILL_SECONDS, _BURST)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass
class _Similar:
    """Messages of one reason about one object."""

    messages: set[str] = field(default_factory=set)
    at: float = 0.0


class Events:
    """Writes events in the background and in order per object; a lost event is no reason to stop."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ready: asyncio.Queue[_Key] = asyncio.Queue()
        self._lines: dict[_Key, deque[Json]] = {}
        self._written: dict[_Key, Json] = {}
        self._similar: dict[_Key, _Similar] = {}
        self._allowances: dict[_Key, _Allowance] = {}
        self._number = 0

    def normal(self, component: str, kind: Kind, item: Json, reason: str, message: str) -> None:
        self._say(component, kind, item, "Normal", reason, message)

    def warning(self, component: str, kind: Kind, item: Json, reason: str, message: str) -> None:
        self._say(component, kind, item, "Warning", reason, message)

    def scheduling(self, kind: Kind, item: Json, level: str, reason: str, action: str, message: str) -> None:
        """In the newer style, with an action and a series, as the scheduler does."""
        about = _reference(kind, item)
        key = (*about.values(), level, reason, action)
        event = {
            "metadata": self._meta(about),
            "involvedObject": about,
            "reason": reason,
            "message": message[:_MESSAGE_LIMIT],
            "type": level,
            "action": action,
            "eventTime": _precise(),
            "reportingComponent": "default-scheduler",
            "reportingInstance": f"default-scheduler-{os.uname().nodename}",
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
        }
        self._enqueue(key, event)

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(self._write_all())
            group.create_task(self._forget_old())

    def _say(self, component: str, kind: Kind, item: Json, level: str, reason: str, message: str) -> None:
        about = _reference(kind, item)
        thing = (component, about["kind"], about["uid"])
        key: _Key = (*thing, level, reason, message)
        similar = self._similar.setdefault((*thing, level, reason), _Similar())
        now = time.monotonic()
        if now - similar.at > _SIMILAR_FOR:
            similar.messages.clear()
        similar.at = now
        similar.messages.add(message)
        if len(similar.messages) >= _SIMILAR:
            similar.messages.pop()
            key = (*thing, level, reason)
            message = f"(combined from similar events): {message}"
        if not self._allowances.setdefault(thing, _Allowance()).take():
            return
        at = stamp()
        event = {
            "metadata": self._meta(about),
            "involvedObject": about,
            "reason": reason,
            "message": message[:_MESSAGE_LIMIT],
            "type": level,
            "count": 1,
            "firstTimestamp": at,
            "lastTimestamp": at,
            "source": {"component": component},
            "reportingComponent": component,
            "reportingInstance": "",
        }
        self._enqueue(key, event)

    def _meta(self, about: Json) -> Json:
        self._number += 1
        name = f"{about['name']}.{time.time_ns() + self._number:x}"
        return {"name": name, "namespace": about.get("namespace") or "default"}

    def _enqueue(self, key: _Key, event: Json) -> None:
        line = self._lines.setdefault(key, deque())
        line.append(event)
        if len(line) == 1:
            self._ready.put_nowait(key)

    async def _write_all(self) -> None:
        while True:
            key = await self._ready.get()
            line = self._lines[key]
            while line:
                try:
                    await self._write(key, line[0])
                except (ApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
                    log.info("event lost: %s", error)
                line.popleft()
            del self._lines[key]

    async def _write(self, key: _Key, event: Json) -> None:
        before = self._written.get(key)
        if before:
            change = _again(before, event)
            path = EVENT.path_of(before)
            try:
                self._written[key] = await self._api.patch(path, change, kind="strategic-merge")
                return
            except ApiError as error:
                if error.status != 404:
                    raise
        body = {"apiVersion": EVENT.api_version, "kind": EVENT.name, **event}
        path = EVENT.path(event["metadata"]["namespace"])
        self._written[key] = await self._api.request("POST", path, body)

    async def _forget_old(self) -> None:
        while True:
            await asyncio.sleep(60)
            now, at = time.monotonic(), datetime.now(UTC).timestamp()
            self._similar = {key: each for key, each in self._similar.items() if now - each.at < _SIMILAR_FOR}
            full = _BURST * _REFILL_SECONDS
            self._allowances = {key: each for key, each in self._allowances.items() if now - each.at < full}
            self._written = {key: event for key, event in self._written.items() if at - _last(event) < _keeps(event)}


def _again(before: Json, event: Json) -> Json:
    if not event.get("eventTime"):
        told = {"count": before.get("count", 1) + 1, "lastTimestamp": event["lastTimestamp"]}
        return told | {"message": event["message"]}
    count = (before.get("series") or {}).get("count", 1) + 1
    return {"series": {"count": count, "lastObservedTime": event["eventTime"]}}


def _last(event: Json) -> float:
    series = (event.get("series") or {}).get("lastObservedTime")
    return datetime.fromisoformat(series or event.get("lastTimestamp") or event["eventTime"]).timestamp()


def _keeps(event: Json) -> float:
    return _SERIES_FOR if event.get("eventTime") else 3600.0


def _reference(kind: Kind, item: Json) -> Json:
    meta = item["metadata"]
    about = {
        "kind": kind.name,
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        "uid": meta["uid"],
        "apiVersion": kind.api_version,
        "resourceVersion": meta["resourceVersion"],
    }
    return {key: value for key, value in about.items() if value}


def _precise() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
