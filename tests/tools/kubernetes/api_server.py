"""An API server that behaves, over a real socket, until a test tells one path to behave badly."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LISTS = {
    "pods": "PodList",
    "services": "ServiceList",
    "events": "EventList",
    "configmaps": "ConfigMapList",
    "namespaces": "NamespaceList",
    "nodes": "NodeList",
    "secrets": "SecretList",
    "deployments": "DeploymentList",
}


@dataclass
class ApiServer:
    """Serves `objects[plural]`; `odd[path]` answers instead where it is set."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    odd: dict[str, Handler] = field(default_factory=dict)
    token: str = "valid"
    page: int = 500
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def kubeconfig(self, folder: Path, *, user: dict[str, Any] | None = None, **cluster: Any) -> str:
        """A kubeconfig whose context `test` points here."""
        file = folder / "kubeconfig"
        document = {
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "here", "user": "me", "namespace": "shop"}}],
            "clusters": [{"name": "here", "cluster": {"server": self.url, **cluster}}],
            "users": [{"name": "me", "user": {"token": "valid"} if user is None else user}],
        }
        file.write_text(yaml.safe_dump(document))
        return str(file)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path, request.query_string))
        self.headers.append(dict(request.headers))
        if handler := self.odd.get(request.path):
            return await handler(request)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "Unauthorized")
        if request.path == "/api/v1/namespaces/kube-system":
            return web.json_response(
                {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "uid-of-kube-system"}}
            )
        parts = request.path.strip("/").split("/")
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if rest[:1] == ["namespaces"] and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        if len(rest) != 1:
            return refusal(404, "the server could not find the requested resource")
        items = [
            i for i in self.objects.get(rest[0], []) if not namespace or i["metadata"].get("namespace") == namespace
        ]
        start = int(request.query.get("continue") or 0)
        end = start + min(int(request.query.get("limit") or self.page), self.page)
        metadata = {"resourceVersion": "1", **({"continue": str(end)} if end < len(items) else {})}
        kind = _LISTS.get(rest[0], "List")
        return web.json_response({"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items[start:end]})


def refusal(code: int, message: str, **headers: str) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return web.Response(status=code, body=json.dumps(body), headers={"Content-Type": "application/json", **headers})


def always(code: int, message: str, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return refusal(code, message, **headers)

    return answer


def after(seconds: float) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.json_response({"items": []})

    return answer


def pod(name: str, namespace: str = "shop") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"},
        "spec": {},
        "status": {},
    }
