"""A small client for the Kubernetes API over HTTPS: all that practice needs, and nothing of the product's."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self, TypeAlias

import aiohttp
import yaml

from practice.sockets import Sockets

Json: TypeAlias = dict[str, Any]

_PLURALS = {
    "Namespace": "namespaces",
    "Node": "nodes",
    "Pod": "pods",
    "Service": "services",
    "ConfigMap": "configmaps",
    "Secret": "secrets",
    "Event": "events",
    "ServiceAccount": "serviceaccounts",
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "Lease": "leases",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "PersistentVolume": "persistentvolumes",
    "StorageClass": "storageclasses",
    "APIService": "apiservices",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
_CLUSTER_WIDE = {
    "APIService",
    "PersistentVolume",
    "StorageClass",
    "Namespace",
    "Node",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}


class ApiError(Exception):
    """The API server said no; `status` is the HTTP status, `message` its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.message = message
        self.status = status


def path_of(api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
    """The path of one object, or of a kind's list when `name` is empty.

    >>> path_of("apps/v1", "Deployment", "shop", "cart")
    '/apis/apps/v1/namespaces/shop/deployments/cart'
    """
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    where = f"/namespaces/{namespace}" if namespace and kind not in _CLUSTER_WIDE else ""
    return f"{root}{where}/{_PLURALS[kind]}" + (f"/{name}" if name else "")


class Api:
    """One credential's connection. `async with Api(kubeconfig) as api: ...`"""

    def __init__(self, kubeconfig: Path, *, program: str = "") -> None:
        """`program` is who is said to have written what this connection writes (managedFields)."""
        config = yaml.safe_load(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self.server: str = cluster["server"]
        token: str = config["users"][0]["user"]["token"]
        self.authority: str = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._headers = {"Authorization": f"Bearer {token}"} | ({"User-Agent": program} if program else {})
        self._session: aiohttp.ClientSession | None = None
        self._sockets = Sockets()

    async def __aenter__(self) -> Self:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.load_verify_locations(cadata=self.authority)
        self._session = aiohttp.ClientSession(
            base_url=self.server,
            connector=aiohttp.TCPConnector(ssl=tls, limit=64, socket_factory=self._sockets),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=30),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()
        await self._sockets.close()

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Json:
        """One request; ApiError for any answer that is not a success."""
        assert self._session, "use `async with`"
        data = None if body is None else json.dumps(body)
        async with self._session.request(
            method, path, data=data, params=params, headers={"Content-Type": content_type}
        ) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise ApiError(answer.status, _message(text))
            return dict(json.loads(text)) if text.startswith("{") else {"text": text}

    async def get(self, path: str, **params: str) -> Json:
        return await self.request("GET", path, params=params)

    async def find(self, path: str) -> Json | None:
        """The object, or None when there is none."""
        try:
            return await self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def items(self, path: str, **params: str) -> list[Json]:
        return list((await self.get(path, **params))["items"])

    async def create(self, item: Json, *, field_manager: str = "") -> Json:
        """Create an object from its manifest."""
        meta = item["metadata"]
        path = path_of(item["apiVersion"], item["kind"], meta.get("namespace", ""))
        return await self.request("POST", path, item, params={"fieldManager": field_manager} if field_manager else None)

    async def ensure(self, item: Json) -> None:
        """Create an object unless one of that name is there already."""
        try:
            await self.create(item)
        except ApiError as error:
            if error.status != 409:
                raise

    async def patch(self, path: str, body: Any, *, field_manager: str = "", kind: str = "strategic-merge") -> Json:
        """`kind` is `strategic-merge`, `merge` or `json`, as in the API's content types."""
        return await self.request(
            "PATCH",
            path,
            body,
            params={"fieldManager": field_manager} if field_manager else None,
            content_type=f"application/{kind}-patch+json",
        )

    async def delete(self, path: str, body: Json | None = None) -> None:
        """Delete; an object that is already gone is fine."""
        try:
            await self.request("DELETE", path, body)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def watch(self, path: str, **params: str) -> AsyncIterator[tuple[str, Json]]:
        """(event type, object) pairs, beginning with what is there now as ADDED.

        Ends when the server ends it; whoever keeps a picture of the whole begins again with an empty one.
        """
        assert self._session, "use `async with`"
        listed = await self.get(path, **params)
        for item in listed["items"]:
            yield "ADDED", item
        async for kind, item in self.stream(path, listed["metadata"]["resourceVersion"], **params):
            if kind == "ERROR":
                return
            if kind != "BOOKMARK":
                yield kind, item

    async def stream(self, path: str, version: str, **params: str) -> AsyncIterator[tuple[str, Json]]:
        """What happens after a resource version, as the server tells it: BOOKMARK and ERROR too."""
        assert self._session, "use `async with`"
        asked = {**params, "watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        async with self._session.get(
            path, params=asked, timeout=aiohttp.ClientTimeout(total=None), read_bufsize=2**22
        ) as answer:
            if answer.status >= 400:
                raise ApiError(answer.status, _message(await answer.text()))
            async for line in answer.content:
                event = json.loads(line)
                yield event["type"], event["object"]


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:400]
