"""Prometheus' HTTP API from memory: the same requests answered as a real one answers them."""

import json
import math
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from practice.children import free_ports
from practice.metrics.rules import Rules
from practice.metrics.serving import serve
from practice.promql.engine import Engine
from practice.promql.memory import Memory
from tests.practice.promql.beside import Both, Real
from tests.practice.promql.made_up import awkward_samples

pytestmark = [pytest.mark.timeout(60)]

_OF_NO_CONCERN = re.compile(r"\d+:\d+: |for the match group .*hand-side of the operation: \[.*\]")
REQUESTS = (Path(__file__).parent / "requests.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def memory() -> Memory:
    return awkward_samples(seed=4)


@pytest.fixture(scope="module")
def real(memory: Memory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    real = Real.start(tmp_path_factory.mktemp("prometheus"), {})
    try:
        yield Both.fed(real, memory).real
    finally:
        real.stop()


@pytest.fixture
async def ours(memory: Memory) -> AsyncIterator[str]:
    (port,) = free_ports(1)
    runner = await serve(Engine(memory), [], Rules(), port=port)
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.mark.prometheus
async def test_requests_are_answered_as_a_real_one_does(real: Real, ours: str) -> None:
    """Status, JSON, the order of sorted values, how numbers and times are written, and the words of every refusal."""
    async with aiohttp.ClientSession() as session:
        pairs = [(path, await _get(session, real.url, path), await _get(session, ours, path)) for path in REQUESTS]

    different = [f"{path}\n  real {theirs}\n  ours {mine}" for path, theirs, mine in pairs if not _same(theirs, mine)]
    print("\n".join(different))
    assert different == []


async def test_a_form_is_as_good_as_an_address(ours: str) -> None:
    """Long queries come by POST."""
    async with aiohttp.ClientSession(ours) as session:
        async with session.post("/api/v1/query", data={"query": "1 + 1", "time": "7"}) as answer:
            told = await answer.json()
        async with session.delete("/api/v1/query") as refused:
            status = refused.status

    assert told["data"]["result"] == [7, "2"]
    assert status == 405


async def _get(session: aiohttp.ClientSession, url: str, path: str) -> tuple[int, Any]:
    async with session.get(url + path) as answer:
        text = await answer.text()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text


def _same(theirs: Any, mine: Any) -> bool:
    """Equal but for the last digit of a sum, and for where in a query the parser gave up."""
    if isinstance(theirs, Mapping) and isinstance(mine, Mapping):
        return theirs.keys() == mine.keys() and all(_same(theirs[key], mine[key]) for key in theirs)
    if isinstance(theirs, Sequence) and not isinstance(theirs, str) and isinstance(mine, Sequence):
        return len(theirs) == len(mine) and all(map(_same, theirs, mine))
    if theirs == mine or not isinstance(theirs, str):
        return bool(theirs == mine)
    try:
        return max(len(theirs), len(mine)) > 12 and math.isclose(float(theirs), float(mine), rel_tol=1e-12)
    except ValueError:
        return _OF_NO_CONCERN.sub("", theirs) == _OF_NO_CONCERN.sub("", mine)
