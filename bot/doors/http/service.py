"""The FastAPI app: whether this process lives, whether it works, and the routes by which platforms reach us."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from pydantic import BaseModel

from bot.doors.http.limits import LARGEST, BodyLimit
from bot.doors.http.problems import PROBLEM, answer_problems
from domain.plain_json import Json, dig

API_VERSION = "1"
LARGEST_BATCH = 16_000_000
"""Bytes of one batch of alerts."""

Troubles = Callable[[], Awaitable[Mapping[str, str]]]
"""What does not work now, by the part concerned; empty while everything does."""


class Alive(BaseModel):
    alive: bool = True


class Ready(BaseModel):
    ready: bool
    troubles: dict[str, str]
    """What does not work, by the part concerned."""


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
    app = FastAPI(
        title="Hilda",
        version=API_VERSION,
        summary="An on-call colleague: incidents, alerts, questions.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.add_middleware(BodyLimit, largest=LARGEST, by_path={"/api/v1/alerts/": LARGEST_BATCH})
    answer_problems(app)

    @app.get("/healthz", tags=["status"], summary="Does this process live?")
    async def healthz() -> Alive:
        return Alive()

    @app.get("/readyz", tags=["status"], summary="Does it work?", responses={503: {"model": Ready}})
    async def readyz(response: Response) -> Ready:
        found = dict(await troubles())
        response.status_code = 503 if found else 200
        return Ready(ready=not found, troubles=found)

    for path, receive in routes.items():
        app.add_api_route(path, _endpoint(receive), methods=["POST"], include_in_schema=False)
    for router in routers:
        app.include_router(router)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def document(app: FastAPI) -> Json:
    """The OpenAPI document, once made: what FastAPI cannot know is that problems have a media type of their own, and
    that what cannot be read is a 400 here."""
    if app.openapi_schema is None:
        told = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        for operation in (each for path in told["paths"].values() for each in path.values()):
            operation["responses"].pop("422", None)
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if dig(content, "application/json", "schema", "$ref", default="").endswith("/ProblemBody"):
                    answer["content"] = {PROBLEM: content["application/json"]}
        app.openapi_schema = told
    return app.openapi_schema


def _endpoint(receive: Receive) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        answer = await receive(await request.body(), {name.lower(): value for name, value in request.headers.items()})
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
        return Response(answer.body, status_code=answer.status, headers=headers)

    return endpoint
