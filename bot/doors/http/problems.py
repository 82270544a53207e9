"""What HTTP answers when it cannot do what was asked: RFC 9457 problem details, never a traceback."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from domain.errors import HildaError, NotAllowed
from domain.plain_json import Json

_log = logging.getLogger(__name__)
_MOST_FAULTS = 20
PROBLEM = "application/problem+json"


class Problem(HTTPException):
    """Raise it in a route: the caller gets `{"title", "status", "detail"}` with that status."""

    def __init__(self, status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.title = title


class ProblemBody(BaseModel):
    """The shape of every answer that is not the one asked for."""

    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, str]] = []
    """What is wrong with the request, one place (`at`) and one reason (`why`) each."""


def problem(
    status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The answer itself, for those who stand before the routes."""
    body: Json = {"title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, dict(headers or {}), media_type=PROBLEM)


def answer_problems(app: FastAPI) -> None:
    """Whatever goes wrong in a route of `app` is answered as a problem."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(HildaError, _unreachable)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = error.title if isinstance(error, Problem) else str(error.detail)
    detail = str(error.detail) if isinstance(error, Problem) else ""
    return problem(error.status_code, title, detail, error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"at": ".".join(str(part) for part in fault["loc"])[:200], "why": str(fault["msg"])[:200]}
        for fault in error.errors()[:_MOST_FAULTS]
    ]
    return problem(400, "The request cannot be read.", "; ".join(f"{f['at']}: {f['why']}" for f in faults[:3]),
                   errors=faults)  # fmt: skip


async def _not_allowed(request: Request, error: Exception) -> Response:
    return problem(403, "This is not allowed.", str(error))


async def _unreachable(request: Request, error: Exception) -> Response:
    """The store or what Hilda looks at does not answer; asking again later may help."""
    return problem(503, "Something Hilda needs does not answer.", str(error), {"Retry-After": "5"})


async def _broken(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(
        500, "Something is broken in Hilda.", "It is in her log. The request was not carried out to its end."
    )
