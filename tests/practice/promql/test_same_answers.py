"""PromQL from memory answers as a real Prometheus does that was fed the same samples."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.practice.promql.beside import Both, Real
from tests.practice.promql.grammar import queries
from tests.practice.promql.made_up import END, START, STEP, awkward_samples

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(120)]

QUERIES = (Path(__file__).parent / "queries.txt").read_text().splitlines()
MOMENTS = (END, START + 50 * STEP, START + 51 * STEP + 7777, END + 200_000, END + 300_000, END + 300_001, START - 5)
SPANS = ((START, END, 60_000), (START + 12_345, END + 400_000, 37_000), (END - 600_000, END, 5_000))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    real = Real.start(tmp_path_factory.mktemp("prometheus"), {})
    try:
        yield Both.fed(real, awkward_samples(seed=3))
    finally:
        real.stop()


def test_at_any_moment(both: Both) -> None:
    """On samples, between them, before the first and after the last; whatever cannot be answered is refused alike."""
    differences = [both.differ_at(query, at) for query in QUERIES for at in MOMENTS]

    assert "\n".join(filter(None, differences)) == ""


def test_over_any_span(both: Both) -> None:
    """Coarser and finer than the samples, and beyond them."""
    differences = [both.differ_over(query, *span) for query in QUERIES for span in SPANS]

    assert "\n".join(filter(None, differences)) == ""


@given(query=queries, at=st.integers(START - 60_000, END + 400_000), step=st.sampled_from((7_000, 15_000, 61_000)))
@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_whatever_is_asked(both: Both, query: str, at: int, step: int) -> None:
    """Queries that nobody thought of, at one moment and over a span."""
    assert both.differ_at(query, at) == ""
    assert both.differ_over(query, at - 20 * step, at, step) == ""
