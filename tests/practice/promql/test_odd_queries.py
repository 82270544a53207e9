"""Queries that mean no good: refused in words, never with a crash, and never with all the memory."""

import random
import re
from pathlib import Path

import pytest

from practice.promql.engine import Engine
from practice.promql.problems import BadQuery, CannotExecute
from tests.practice.promql.made_up import END, STEP, awkward_samples

QUERIES = (Path(__file__).parent / "queries.txt").read_text().splitlines()
_WORD = re.compile(r"\w+|[^\w\s]|\s+")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(awkward_samples(seed=5))


@pytest.mark.parametrize(
    "query",
    ["(" * 50_000 + "1" + ")" * 50_000, "1+" * 50_000 + "1", "-" * 50_000 + "x", "abs(" * 9_000 + "odd" + ")" * 9_000],
)
def test_a_query_of_ten_thousand_brackets_is_refused(engine: Engine, query: str) -> None:
    """The parser would take the process down with it."""
    with pytest.raises(BadQuery, match="operators and brackets"):
        engine.instant(query, END)


def test_as_many_operators_as_are_allowed_are_answered(engine: Engine) -> None:
    """Deep, and still not too deep for anybody who walks over the tree."""
    assert engine.instant("1+" * 300 + "1", END).values[0] == 301  # type: ignore[union-attr]


@pytest.mark.parametrize("query", ["sum_over_time(odd[100m:1ms])", "sum_over_time(vector(1)[90d:1ms])"])
def test_a_query_for_far_too_much_is_refused(engine: Engine, query: str) -> None:
    """Before it is in memory."""
    with pytest.raises(CannotExecute, match="too many samples"):
        engine.instant(query, END)


def test_mutilated_queries_are_answered_or_refused(engine: Engine) -> None:
    """Nothing else comes out of them."""
    chance = random.Random(1)
    words = [word for query in QUERIES for word in _WORD.findall(query)]
    refused = 0

    for _ in range(600):
        query = _WORD.findall(chance.choice(QUERIES))
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(query) or 1)
            query[place : place + chance.randint(0, 1)] = chance.choices(words, k=chance.randint(0, 1))
        try:
            engine.range("".join(query), END - 10 * STEP, END, STEP)
        except (BadQuery, CannotExecute):
            refused += 1

    assert 100 < refused < 600
