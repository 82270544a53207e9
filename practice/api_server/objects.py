"""Requests on objects: which handler answers which verb of which subresource."""

import contextlib
from typing import Any

from aiohttp import web

from practice.api_server import bodies
from practice.api_server.authorization import Authorizer
from practice.api_server.call import Answer, Call
from practice.api_server.deleting import Deleting
from practice.api_server.listing import Listing
from practice.api_server.logs import Logs
from practice.api_server.pod_admission import await_account
from practice.api_server.pods import Pods
from practice.api_server.refusals import no_such_method, no_such_resource, too_large
from practice.api_server.responses import answered, respond
from practice.api_server.reviews import Reviews
from practice.api_server.scale import Scale
from practice.api_server.shapes import Shape
from practice.api_server.store import Store
from practice.api_server.watching import Watching
from practice.api_server.writing import Writing


class Objects:
    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self._store = store
        self._listing = Listing(store)
        self._watching = Watching(store)
        self._writing = Writing(store)
        self._deleting = Deleting(store)
        self._scale = Scale(self._writing)
        self._pods = Pods(store, self._writing, self._deleting)
        self._logs = Logs(store)
        self._reviews = Reviews(authorizer)

    async def answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        """`call.body` is there, and discovery promises what is asked."""
        asked = call.asked
        if asked.subresource == "log":
            return await self._logs.answer(call, self._writing.current(call).item, request)
        shape = Shape(call)
        if asked.subresource:
            return answered(call, shape, self._on_subresource(call))
        match asked.verb:
            case "watch":
                return await self._stream(request, call, shape)
            case "list":
                return respond(call, shape, shape.of_list(*self._listing.page(call)))
            case "get":
                return respond(call, shape, shape.of_stored(self._listing.get(call)))
            case "create" if call.resource.shelf == "pods":
                await await_account(self._store, call.namespace)
        return answered(call, shape, self._on_object(call))

    async def close(self) -> None:
        await self._logs.close()

    def _on_object(self, call: Call) -> Answer:
        match call.asked.verb:
            case "create" if call.resource.kind.endswith("Review"):
                return self._reviews.answer(call)
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


def check_served(call: Call) -> None:
    """Whether discovery promises what is asked."""
    asked, resource = call.asked, call.resource
    if asked.subresource and asked.subresource not in resource.subresources:
        raise no_such_resource()
    verbs = resource.subresources[asked.subresource]["verbs"] if asked.subresource else resource.verbs
    has_name = bool(asked.name) == (asked.verb in ("get", "update", "patch", "delete") or bool(asked.subresource))
    if asked.verb not in verbs or not has_name:
        raise no_such_method()


async def read_body(request: web.Request, call: Call) -> Any:
    """What the request sends, as JSON; None when it sends nothing that matters."""
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return None
    try:
        call.raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large(request.client_max_size) from error
    match request.method:
        case "PATCH":
            return bodies.patch_of(call.raw, call.content_type)
        case "DELETE":
            return bodies.options_of(call.raw, call.content_type) if call.raw else None
    return bodies.object_of(call.raw, call.content_type, call.body_kind[1])
