"""A loopback API server for one rehearsal: reads pass through, writes only as dry runs, everything else is refused."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode

import orjson
from aiohttp import web

from domain.errors import ToolFailed
from domain.plain_json import Json
from domain.proposals import Identity
from tools.kubernetes.client import KubeClient
from tools.kubernetes.failures import said_by_server
from tools.kubernetes.kinds import KINDS

_READS = frozenset({"GET", "HEAD"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ACTS_WHEN_READ = frozenset({"exec", "attach", "portforward", "proxy"})
"""Subresources that do something whatever the method."""
_DRY_RUN_IS_KEPT = frozenset(
    (kind.group, kind.plural) for kind in KINDS.values() if kind.name not in {"Secret", "Event"}
)
"""What kube-apiserver itself serves, so that dryRun is honoured; an aggregated server might ignore it."""
_PLAIN_SUBRESOURCES = frozenset({"", "scale", "status"})
_PASSED_ON = frozenset({"accept", "content-type"})


@dataclass(frozen=True, slots=True)
class Written:
    """One write that kubectl asked for, as the dry run answered it."""

    method: str
    path: str
    status: int
    before: Json | None
    """The live object; None where there was none, or the answer is not the object."""
    after: Json | None
    """The object as it would be; None when it would be gone."""
    message: str = ""


class DryRunProxy:
    """Listens on 127.0.0.1 under a path that only its kubectl knows, and speaks with the client's credentials."""

    def __init__(self, client: KubeClient, identity: Identity) -> None:
        self._client = client
        self._secret = secrets.token_urlsafe(24)
        self._impersonate = _headers(identity)
        self._gone: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.written: list[Written] = []
        self.refused: list[str] = []
        """Why something was not passed on."""

    async def __aenter__(self) -> "DryRunProxy":
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/{self._secret}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        prefix = f"/{self._secret}/"
        if not request.raw_path.startswith(prefix):
            return web.Response(status=404)
        path, _, query = request.raw_path[len(prefix) - 1 :].partition("?")
        method = request.method
        if problem := _refusal(method, path, request.headers):
            self.refused.append(problem)
            return _status(403, problem)
        try:
            if method in _READS:
                return await self._read(request, path, query)
            return await self._write(method, path, query, await request.read(), request.headers)
        except ToolFailed as failed:
            return _status(failed.status or 502, str(failed))

    async def _read(self, request: web.Request, path: str, query: str) -> web.StreamResponse:
        if path in self._gone:
            return _status(404, f"{path} would be gone")
        headers = [*_kept(request.headers).items(), *self._impersonate]
        async with self._client.stream(request.method, path, params=query, headers=headers) as answer:
            response = web.StreamResponse(status=answer.status)
            response.headers["Content-Type"] = answer.headers.get("Content-Type", "application/json")
            await response.prepare(request)
            async for chunk in answer.chunks:
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _write(self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> web.Response:
        before = None if method == "POST" else await self._object(path)
        # Answers are compared, so they have to be JSON; kubectl takes that wherever it would like protobuf.
        kept = {**_kept(headers), "Accept": "application/json"}
        if method == "DELETE":
            body, kept["Content-Type"] = dry_options(body), "application/json"
        status, answered, said = await self._client.send(
            method, path, params=dry(query), headers=[*kept.items(), *self._impersonate], body=body
        )
        ok = status < 400
        self.written.append(
            Written(
                method,
                unquote(path),
                status,
                before,
                _object(said) if ok and method != "DELETE" else None,
                "" if ok else said_by_server(said),
            )
        )
        if ok and method == "DELETE":
            self._gone.add(path)
        return web.Response(
            status=status, body=said, headers={"Content-Type": answered.get("Content-Type", "application/json")}
        )

    async def _object(self, path: str) -> Json | None:
        headers = [("Accept", "application/json"), *self._impersonate]
        status, _, body = await self._client.send("GET", path, headers=headers)
        return _object(body) if status == 200 else None


def dry(query: str) -> str:
    """The query with exactly one dryRun=All, whatever it said before."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name.lower() != "dryrun"]
    return urlencode([*kept, ("dryRun", "All")])


def dry_options(body: bytes) -> bytes:
    """The body of a DELETE: with one, the server ignores the query, so the options say dryRun themselves."""
    options: Json = {"kind": "DeleteOptions", "apiVersion": "v1"}
    if body:
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise ToolFailed("The options of a DELETE are not JSON, so they cannot be made a dry run.", status=400)
        options |= {key: value for key, value in given.items() if key.lower() != "dryrun"}
    return orjson.dumps({**options, "dryRun": ["All"]})


def _refusal(method: str, path: str, headers: Mapping[str, str]) -> str:
    """Why a request is not passed on, or ""."""
    plain = unquote(path)
    parts = plain.strip("/").split("/")
    if method not in _READS | _WRITES or "Upgrade" in headers:
        return f"{method} with {headers.get('Upgrade', 'no upgrade')} is not part of a rehearsal."
    if ".." in parts or "" in parts or "." in parts:
        return f"{plain} is not a plain API path."
    group, resource, subresource = _target(parts)
    if subresource.split("/")[0] in _ACTS_WHEN_READ:
        return f"{plain} acts on something even when read."
    if method in _READS:
        return ""
    if (group, resource) not in _DRY_RUN_IS_KEPT:
        return f"Dry runs of {resource or plain} in the API group {group!r} cannot be relied on."
    if subresource not in _PLAIN_SUBRESOURCES:
        return f"{resource}/{subresource} cannot be rehearsed."
    return ""


def _target(parts: list[str]) -> tuple[str, str, str]:
    """(group, resource, subresource) of a path that was split at its slashes."""
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "?", parts[3:])
    if parts[0] not in {"api", "apis"}:
        return "?", "", ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        rest = rest[2:]
    return group, rest[0] if rest else "", "/".join(rest[2:])


def _headers(identity: Identity) -> list[tuple[str, str]]:
    if not identity.user:
        return []
    return [("Impersonate-User", identity.user), *(("Impersonate-Group", group) for group in identity.groups)]


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in headers.items() if name.lower() in _PASSED_ON}


def _object(body: bytes) -> Json | None:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) and value.get("kind") != "Status" else None


def _status(code: int, message: str) -> web.Response:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": "Forbidden",
        "message": message,
    }
    return web.json_response(status, status=code)
