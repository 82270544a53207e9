"""One request from the socket through authentication, impersonation, authorization and audit to its answer."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from practice.api import Json
from practice.api_server import asked as asking
from practice.api_server import bodies, bootstrap, discovery
from practice.api_server.aggregation import Aggregation
from practice.api_server.asked import Asked
from practice.api_server.audit import AuditLog, Entry
from practice.api_server.authorization import Authorizer, Deed, refusal
from practice.api_server.backdating import PATH as BACKDATE
from practice.api_server.backdating import backdate
from practice.api_server.call import Answer, Call
from practice.api_server.deleting import Deleting
from practice.api_server.expiry import forget_old_events
from practice.api_server.identity import Tokens, User
from practice.api_server.impersonation import Impersonation
from practice.api_server.listing import Listing
from practice.api_server.logs import Logs
from practice.api_server.negotiation import JSON, encoded
from practice.api_server.pod_admission import await_account
from practice.api_server.pods import Pods
from practice.api_server.quotas import keep_counted
from practice.api_server.refusals import NoSuchPath, Refused, no_such_method, no_such_resource
from practice.api_server.resources import Catalog
from practice.api_server.reviews import Reviews
from practice.api_server.scale import Scale
from practice.api_server.shapes import Shape
from practice.api_server.store import Store
from practice.api_server.watching import Watching
from practice.api_server.writing import Writing

_LARGEST_BODY = 3 * 2**20
_DEPRECATED = {"endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}
"""What each answer about a kind warns of."""
_HEALTH = ("/healthz", "/livez", "/readyz")


class ApiServer:
    def __init__(self, tokens: Tokens, audit_log: AuditLog | None = None, *, port: int) -> None:
        self._port = port
        self._tokens = tokens
        self._audit = audit_log
        self._catalog = Catalog()
        self.store = Store()
        bootstrap.fill(self.store, self._catalog, port)
        self._authorizer = Authorizer(self.store)
        self._impersonation = Impersonation(self._authorizer)
        self._listing = Listing(self.store)
        self._watching = Watching(self.store)
        self._writing = Writing(self.store)
        self._deleting = Deleting(self.store)
        self._scale = Scale(self._writing)
        self._pods = Pods(self.store, self._writing, self._deleting)
        self._logs = Logs(self.store)
        self._aggregation = Aggregation(self.store)
        self._reviews = Reviews(self._authorizer)

    async def run(self, certificate: Path, key: Path) -> None:
        """Listen on loopback until cancelled."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self.answer)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        # A client that goes away ends its watch.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, ssl_context=tls, backlog=1024).start()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._aggregation.follow())
                group.create_task(forget_old_events(self.store))
                group.create_task(keep_counted(self.store))
        finally:
            await runner.cleanup()
            await self._logs.close()
            await self._aggregation.close()
            if self._audit:
                self._audit.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Whatever happens, the client gets a Status and the audit log its line."""
        asked = asking.read(request.method, request.path, request.query)
        entry: Entry | None = None
        try:
            user = self._tokens.user_of(request.headers.get("Authorization", ""))
            entry = Entry(
                asked, request.raw_path, user, request.headers.get("User-Agent", ""), request.remote or "127.0.0.1"
            )
            entry.impersonated = self._impersonation.by(user, request.headers, Deed.of(asked))
            answer = await self._allowed(request, asked, entry)
        except Refused as refused:
            if entry:
                self._note(entry, refused.code, refused.status)
            return _refusal(refused)
        except NoSuchPath:
            return web.Response(status=404, text="404 page not found\n")
        self._note(entry, answer.status)
        return answer

    async def _allowed(self, request: web.Request, asked: Asked, entry: Entry) -> web.StreamResponse:
        user = entry.impersonated or entry.user
        deed = Deed.of(asked)
        entry.grant = self._authorizer.grant(user, deed)
        if entry.grant is None:
            raise refusal(user, deed)
        if service := self._aggregation.serves(asked):
            return await self._aggregation.answer(service, request, user)
        if not asked.resource:
            return await self._plain(request, asked, user)
        resource = self._catalog.find(asked.group, asked.version, asked.resource)
        if resource is None:
            if asked.group and asked.group not in self._catalog.groups:
                raise NoSuchPath
            raise no_such_resource()
        call = Call(
            asked,
            resource,
            user,
            content_type=request.headers.get("Content-Type", ""),
            accept=request.headers.get("Accept", ""),
            user_agent=entry.user_agent,
        )
        _check_served(call)
        if request.method in ("POST", "PUT", "PATCH", "DELETE") and request.can_read_body:
            call.raw = await request.read()
        entry.body = call.body = _body(call)
        return await self._on_objects(request, call)

    async def _plain(self, request: web.Request, asked: Asked, user: User) -> web.StreamResponse:
        """Paths that are no objects."""
        if asked.path.startswith(_HEALTH):
            return web.Response(text="ok")
        if asked.path == BACKDATE and asked.method == "POST" and user.is_master:
            return _json(backdate(self.store, await request.json()))
        found = discovery.find(asked.path, request.headers.get("Accept", ""), self._aggregation.groups())
        if found is None:
            root, _, rest = asked.path.strip("/").partition("/")
            is_ours = root == "api" or (root == "apis" and rest.partition("/")[0] in self._catalog.groups)
            raise no_such_resource() if is_ours else NoSuchPath
        if asked.method not in ("GET", "HEAD"):
            raise no_such_method()
        body, content_type = found
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _on_objects(self, request: web.Request, call: Call) -> web.StreamResponse:
        asked, resource = call.asked, call.resource
        if asked.subresource:
            if asked.subresource == "log":
                pod = self._writing.current(call).item
                return await self._logs.answer(call, pod, request)
            return _answered(self._on_subresource(call), call, Shape(call))
        if resource.verbs == {"create"} and resource.kind.endswith("Review"):
            return _answered(self._reviews.answer(call), call, Shape(call))
        shape = Shape(call)
        match asked.verb:
            case "watch":
                return await self._stream(request, call, shape)
            case "list":
                return _respond(call, shape, shape.of_list(*self._listing.page(call)))
            case "get":
                return _respond(call, shape, shape.of_stored(self._listing.get(call)))
        if resource.shelf == "pods" and asked.verb == "create":
            await await_account(self.store, call.namespace)
        return _answered(self._on_object(call), call, shape)

    def _on_object(self, call: Call) -> Answer:
        match call.asked.verb:
            case "create":
                return self._writing.create(call)
            case "update":
                return self._writing.update(call)
            case "patch":
                return self._writing.patch(call)
            case "delete":
                return self._deleting.delete(call)
            case "deletecollection":
                return self._deleting.delete_all(call, self._listing.chosen(call))
        raise no_such_method()

    def _on_subresource(self, call: Call) -> Answer:
        match call.asked.subresource, call.asked.verb:
            case "scale", "get":
                return self._scale.get(call)
            case "scale", "update":
                return self._scale.update(call)
            case "scale", "patch":
                return self._scale.patch(call)
            case ("status", "get"):
                return Answer(self._listing.get(call).item)
            case (("status" | "finalize"), "update"):
                return self._writing.update(call)
            case "status", "patch":
                return self._writing.patch(call)
            case "binding", "create":
                return self._pods.bind(call)
            case "eviction", "create":
                return self._pods.evict(call)
        raise no_such_method()

    async def _stream(self, request: web.Request, call: Call, shape: Shape) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": shape.wanted.content_type})
        answer.enable_chunked_encoding()
        async with contextlib.aclosing(self._watching.lines(call, shape)) as lines:
            await answer.prepare(request)
            with contextlib.suppress(ConnectionError):
                async for line in lines:
                    await answer.write(line)
                await answer.write_eof()
        return answer

    def _note(self, entry: Entry, code: int, status: Json | None = None) -> None:
        if self._audit:
            self._audit.write(entry, code, status)


def _check_served(call: Call) -> None:
    """Whether discovery promises what is asked."""
    asked, resource = call.asked, call.resource
    if asked.subresource and asked.subresource not in resource.subresources:
        raise no_such_resource()
    verbs = resource.subresources[asked.subresource]["verbs"] if asked.subresource else resource.verbs
    has_name = bool(asked.name) == (asked.verb in ("get", "update", "patch", "delete") or bool(asked.subresource))
    if asked.verb not in verbs or not has_name:
        raise no_such_method()


def _body(call: Call) -> Any:
    """What the request sends, as JSON; None when it sends nothing that matters."""
    match call.asked.method:
        case "POST" | "PUT":
            return bodies.object_of(call.raw, call.content_type, call.body_kind[1])
        case "PATCH":
            return bodies.patch_of(call.raw, call.content_type)
        case "DELETE" if call.raw:
            return bodies.options_of(call.raw, call.content_type)
    return None


def _answered(answer: Answer, call: Call, shape: Shape) -> web.Response:
    return _respond(call, shape, shape.of_item(answer.item), answer.code)


def _respond(call: Call, shape: Shape, body: bytes, code: int = 200) -> web.Response:
    headers = {"Content-Type": shape.wanted.content_type}
    response = web.Response(status=code, body=encoded(body, shape.wanted.media), headers=headers)
    deprecated = _DEPRECATED.get(call.resource.shelf)
    for warning in ([deprecated] if deprecated else []) + call.warnings:
        response.headers.add("Warning", f"299 - {_quoted(warning)}")
    return response


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _json(body: Json, code: int = 200) -> web.Response:
    return web.Response(status=code, body=orjson.dumps(body), headers={"Content-Type": JSON})


def _refusal(refused: Refused) -> web.Response:
    response = _json(refused.status, refused.code)
    if retry := (refused.details or {}).get("retryAfterSeconds"):
        response.headers["Retry-After"] = str(retry)
    return response
