"""Bodies: what is too large is refused, announced or not, and everything that goes wrong is told as JSON."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel

from bot.doors.http.problems import Problem
from bot.doors.http.service import LARGEST_BATCH, service
from domain.errors import Misconfigured, NotAllowed, ToolFailed


class Said(BaseModel):
    word: str


async def no_troubles() -> Mapping[str, str]:
    return {}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.post("/api/v1/say")
    async def say(said: Said) -> Said:
        match said.word:
            case "no":
                raise NotAllowed("Not you.")
            case "down":
                raise ToolFailed("The store does not answer.")
            case "broken":
                raise Misconfigured("The disk is full.")
            case "gone":
                raise Problem(404, "There is no such thing.", "It never was.")
            case "bug":
                raise RuntimeError("a secret on the way to the log")
        return said

    @router.post("/api/v1/alerts/size")
    async def size(said: Said) -> int:
        return len(said.word)

    app = service(no_troubles, {}, [router])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hilda") as opened:
        yield opened


async def in_parts(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 65536):
        yield data[at : at + 65536]


async def test_a_body_that_is_announced_too_large_is_not_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/say", content=b'{"word": "' + b"x" * 600_000 + b'"}')

    assert answer.status_code == 413
    assert answer.json()["title"] == "The request is too large."


async def test_a_body_that_turns_out_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/say", content=in_parts(b'{"word": "' + b"x" * 600_000 + b'"}'))

    assert answer.status_code == 413
    assert "500000 bytes" in answer.json()["detail"]


async def test_a_batch_of_alerts_may_be_larger(client: httpx.AsyncClient) -> None:
    within = await client.post("/api/v1/alerts/size", json={"word": "x" * 2_000_000})
    beyond = await client.post("/api/v1/alerts/size", json={"word": "x" * LARGEST_BATCH})

    assert within.json() == 2_000_000
    assert beyond.status_code == 413


@pytest.mark.parametrize(
    ("word", "status", "said"),
    [
        ("no", 403, "Not you."),
        ("down", 503, "The store does not answer."),
        ("broken", 503, "The disk is full."),
        ("gone", 404, "It never was."),
    ],
)
async def test_what_goes_wrong_is_told_as_a_problem(
    client: httpx.AsyncClient, word: str, status: int, said: str
) -> None:
    answer = await client.post("/api/v1/say", json={"word": word})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == said


async def test_a_bug_is_told_without_its_traceback(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/say", json={"word": "bug"})

    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"word": 1}', b"\xff\xfe", b'{"word": "\\ud800"}'])
async def test_a_body_of_another_shape_is_told_apart(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/say", content=body)

    assert answer.status_code == 400
    assert answer.json()["errors"]
