"""The pages that evidence links to."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import yaml

from practice.children import free_ports
from practice.metrics.rules import Rules
from practice.metrics.serving import serve
from practice.promql.engine import Engine
from tests.practice.promql.made_up import END, awkward_samples

WHEN = {"g0.range_input": "50m", "g0.end_input": "2026-09-21 14:13:30", "g0.tab": "0"}


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    rule = {"alert": "Slow", "expr": "memory_bytes > 0", "annotations": {"summary": "<b>{{ $labels.pod }}</b> is slow"}}
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "made up", "rules": [rule]}]}))
    engine, rules = Engine(awkward_samples(seed=6)), Rules(file)
    rules.evaluate(engine, END)
    (port,) = free_ports(1)
    runner = await serve(engine, [], rules, port=port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    await runner.cleanup()


async def test_a_query_is_drawn_with_its_last_values(session: aiohttp.ClientSession) -> None:
    """One line per series, over the time of the link."""
    text = await _page(session, "/graph", **WHEN, **{"g0.expr": "sum by (service) (memory_bytes)"})

    assert text.count("<polyline") == 2
    assert "{service=&quot;cart&quot;}" in text
    assert "2026-09-21 13:23:30 UTC to 2026-09-21 14:13:30 UTC" in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "<form"),
        ({"g0.expr": "sum(<script>"}, "parse error"),
        ({"g0.expr": "nothing"}, "No series"),
        ({"g0.expr": "vector(NaN)"}, "No series, or no number"),
        ({"g0.expr": "1"}, "<polyline"),
        ({"g0.expr": "1", "g0.range_input": "long"}, "duration"),
        ({"g0.expr": "1", "g0.end_input": "soon"}, "soon"),
        ({"g0.expr": "odd[5m]"}, "range vector"),
    ],
)
async def test_what_cannot_be_drawn_is_said(session: aiohttp.ClientSession, asked: dict[str, str], said: str) -> None:
    """And nothing that was asked becomes markup."""
    text = await _page(session, "/graph", **asked)

    assert said in text
    assert "<script" not in text


async def test_alerts_have_a_page(session: aiohttp.ClientSession) -> None:
    """With what they say, as text."""
    text = await _page(session, "/alerts")

    assert "firing" in text
    assert "&lt;b&gt;cart-a&lt;/b&gt; is slow" in text


async def _page(session: aiohttp.ClientSession, path: str, **asked: str) -> str:
    async with session.get(path, params=asked) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        return await answer.text()
