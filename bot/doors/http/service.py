"""The FastAPI app: whether this process lives, whether it works, and the routes by which platforms reach us."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from bot.doors.http.limits import LARGEST, BodyLimit
from bot.doors.http.problems import answer_problems

LARGEST_BATCH = 16_000_000
"""Bytes of one batch of alerts."""

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


def service(troubles: Troubles, routes: Mapping[str, Receive], routers: Sequence[APIRouter] = ()) -> FastAPI:
    """`routes`: path of POST requests → who receives them; `routers`: what others ask and tell over HTTP."""
    app = FastAPI(title="Hilda", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(BodyLimit, largest=LARGEST, by_path={"/api/v1/alerts/": LARGEST_BATCH})
    answer_problems(app)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"alive": True})

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        found = dict(await troubles())
        return JSONResponse({"ready": not found, "troubles": found}, status_code=503 if found else 200)

    for path, receive in routes.items():
        app.add_api_route(path, _endpoint(receive), methods=["POST"], include_in_schema=False)
    for router in routers:
        app.include_router(router)
    return app


def _endpoint(receive: Receive) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        answer = await receive(await request.body(), {name.lower(): value for name, value in request.headers.items()})
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return Response(answer.body, status_code=answer.status, headers=headers)

    return endpoint
