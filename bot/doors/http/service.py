"""The FastAPI app: whether this process lives, whether it works, and the routes by which platforms reach us."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

LARGEST = 500_000
"""Bytes of a request's body; what is larger is not even read to its end."""

Troubles = Callable[[], Awaitable[Mapping[str, str]]]
"""What does not work now, by the part concerned; empty while everything does."""


class Answer(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


Receive = Callable[[bytes, Mapping[str, str]], Awaitable[Answer]]
"""A platform's request: its raw body and its headers, their names in lower case."""


def service(troubles: Troubles, routes: Mapping[str, Receive]) -> FastAPI:
    """`routes`: path of POST requests → who receives them."""
    app = FastAPI(title="Hilda", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"alive": True})

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        found = dict(await troubles())
        return JSONResponse({"ready": not found, "troubles": found}, status_code=503 if found else 200)

    for path, receive in routes.items():
        app.add_api_route(path, _endpoint(receive), methods=["POST"])
    return app


def _endpoint(receive: Receive) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response("too large", status_code=413)
        answer = await receive(body, {name.lower(): value for name, value in request.headers.items()})
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return Response(answer.body, status_code=answer.status, headers=headers)

    return endpoint


async def _body(request: Request) -> bytes | None:
    """All of it, None where it is too large."""
    whole = bytearray()
    async for part in request.stream():
        whole += part
        if len(whole) > LARGEST:
            return None
    return bytes(whole)
