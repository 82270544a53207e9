"""API groups that another server answers for, such as metrics.k8s.io: an APIService, and a Service that names it."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from practice.api import Json
from practice.api_server.asked import Asked
from practice.api_server.identity import User
from practice.api_server.refusals import Refused
from practice.api_server.store import Store, Stored
from practice.api_server.times import now, stamp

SHELF = "apiservices.apiregistration.k8s.io"

_CHECK_EVERY = 5.0
"""Seconds between two looks at whether the other servers answer."""
_PASSED_ON = ("Accept", "Content-Type")


@dataclass(frozen=True)
class Group:
    """What is known of a group version that another server answers for."""

    group: str
    version: str
    priority: int
    resources: tuple[Json, ...]
    """As its APIResourceList tells them."""


class Aggregation:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE
        self._session: aiohttp.ClientSession | None = None
        self._known: dict[str, Group] = {}

    def serves(self, asked: Asked) -> Stored | None:
        """The APIService that answers for a path, if another server does."""
        parts = asked.path.strip("/").split("/")
        if len(parts) < 3 or parts[0] != "apis":
            return None
        found = self._store.find(SHELF, "", f"{parts[2]}.{parts[1]}")
        return found if found and found.item["spec"].get("service") else None

    def groups(self) -> list[Group]:
        """Those that answered when they were last looked at, the most important first."""
        return sorted(self._known.values(), key=lambda each: -each.priority)

    async def answer(self, service: Stored, request: web.Request, user: User) -> web.StreamResponse:
        """What the other server says, asked in the name of the user."""
        headers = {key: request.headers[key] for key in _PASSED_ON if key in request.headers}
        headers |= {"X-Remote-User": user.name}
        url = f"{self._address(service.item)}{request.raw_path}"
        try:
            async with self._connection().request(
                request.method,
                url,
                data=await request.read() or None,
                headers=[*headers.items(), *(("X-Remote-Group", group) for group in user.groups)],
                ssl=self._tls,
            ) as found:
                body = await found.read()
                kind = found.headers.get("Content-Type", "application/json")
                return web.Response(status=found.status, body=body, headers={"Content-Type": kind})
        except (aiohttp.ClientError, TimeoutError):
            raise Refused(
                503, "ServiceUnavailable", "the server is currently unable to handle the request", {}
            ) from None

    async def follow(self) -> None:
        """Look whether the other servers answer, as soon as one is named and from then on; until cancelled."""
        watcher = self._store.watch(SHELF, None)
        try:
            while True:
                watcher.take()
                await asyncio.gather(*(self._look(stored) for stored in self._store.list(SHELF)))
                self._forget_the_gone()
                await watcher.wait(_CHECK_EVERY)
        finally:
            self._store.unwatch(SHELF, watcher)

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def _look(self, stored: Stored) -> None:
        if not stored.item["spec"].get("service"):
            self._tell(stored, "True", "Local", "Local APIServices are always available")
            return
        try:
            self._known[stored.name] = await self._discovered(stored.item)
            self._tell(stored, "True", "Passed", "all checks passed")
        except (aiohttp.ClientError, TimeoutError, Refused, ValueError, KeyError, TypeError) as error:
            self._known.pop(stored.name, None)
            message = f"failing or missing response from {_path(stored.item)}: {error}"
            self._tell(stored, "False", "FailedDiscoveryCheck", message)

    async def _discovered(self, item: Json) -> Group:
        url = f"{self._address(item)}{_path(item)}"
        async with self._connection().get(url, ssl=self._tls, timeout=aiohttp.ClientTimeout(total=2)) as found:
            found.raise_for_status()
            listed = await found.json(content_type=None)
        spec = item["spec"]
        return Group(spec["group"], spec["version"], spec.get("groupPriorityMinimum", 0), tuple(listed["resources"]))

    def _tell(self, stored: Stored, status: str, reason: str, message: str) -> None:
        """Write the condition into the APIService's status, unless it stands there."""
        current = self._store.find(SHELF, "", stored.name)
        if current is None:
            return
        told: Json = next(iter(current.item.get("status", {}).get("conditions") or ()), {})
        if (told.get("status"), told.get("reason")) == (status, reason):
            return
        condition = {"type": "Available", "status": status, "lastTransitionTime": stamp(now())}
        conditions = [{**condition, "reason": reason, "message": message}]
        self._store.put(SHELF, {**current.item, "status": {"conditions": conditions}})

    def _forget_the_gone(self) -> None:
        for name in self._known.keys() - {stored.name for stored in self._store.list(SHELF)}:
            del self._known[name]

    def _connection(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30, connect=5))
        return self._session

    def _address(self, item: Json) -> str:
        """Only names that need no cluster network can be reached: there is none."""
        wanted = item["spec"]["service"]
        found = self._store.find("services", wanted["namespace"], wanted["name"])
        if found is None or found.item["spec"].get("type") != "ExternalName":
            message = f'no endpoints available for service "{wanted["name"]}"'
            raise Refused(503, "ServiceUnavailable", message, {})
        return f"https://{found.item['spec']['externalName']}:{wanted.get('port', 443)}"


def _path(item: Json) -> str:
    return f"/apis/{item['spec']['group']}/{item['spec']['version']}"


def group_documents(groups: Sequence[Group]) -> Iterator[tuple[str, Json]]:
    """(path, document) of each group's plain discovery."""
    for each in groups:
        version = {"groupVersion": f"{each.group}/{each.version}", "version": each.version}
        listed = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version["groupVersion"]}
        yield f"/apis/{each.group}/{each.version}", {**listed, "resources": list(each.resources)}
        yield f"/apis/{each.group}", {"kind": "APIGroup", "apiVersion": "v1", **plain(each)}


def plain(group: Group) -> Json:
    """The group's entry in the APIGroupList."""
    version = {"groupVersion": f"{group.group}/{group.version}", "version": group.version}
    return {"name": group.group, "versions": [version], "preferredVersion": version}


def aggregated(group: Group) -> Json:
    """The group's entry in the APIGroupDiscoveryList."""
    resources = [
        {
            "resource": each["name"],
            "responseKind": {"group": group.group, "version": group.version, "kind": each["kind"]},
            "scope": "Namespaced" if each["namespaced"] else "Cluster",
            "singularResource": each.get("singularName", ""),
            "verbs": each["verbs"],
        }
        | ({"shortNames": each["shortNames"]} if each.get("shortNames") else {})
        for each in group.resources
        if "/" not in each["name"]
    ]
    version = {"version": group.version, "resources": resources, "freshness": "Current"}
    return {"metadata": {"name": group.group, "creationTimestamp": None}, "versions": [version]}
