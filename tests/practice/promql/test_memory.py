"""Samples in columns: they grow, end, and are forgotten."""

import numpy as np

from practice.promql.engine import Engine
from practice.promql.labels import NAME, Labels, labels_of
from practice.promql.memory import ABSENT, STALE, Memory, Table
from practice.promql.values import Vector

START = 1_790_000_000_000


def series(name: str, number: int = 0) -> Labels:
    return labels_of({NAME: name, "number": str(number)})


def test_markers_keep_their_bits_wherever_they_are_copied() -> None:
    """A real NaN is a value; a stale marker and a missing sample are two other things."""
    table = Table()
    values = np.array([1.0, np.nan, STALE, ABSENT])

    table.extend(np.arange(4, dtype=np.int64) + START, {series("odd"): values})
    found = table.since(START).read([0], START, START + 3)

    assert found.absent.tolist() == [[False, False, False, True]]
    assert found.stale.tolist() == [[False, False, True, False]]
    assert np.isnan(found.values[0, 1])


def test_it_grows_in_both_directions() -> None:
    """Hundreds of scrapes, each with a series more than the one before."""
    memory = Memory()
    for number in range(400):
        told = {series("many", each): float(number) for each in range(number + 1)}
        memory.table("target").append(START + number * 1000, told)

    last = _values(memory, "count(many)", START + 399_000)
    early = _values(memory, "count(many)", START + 99_000)
    first = _values(memory, 'sum_over_time(many{number="0"}[10m])', START + 399_000)

    assert (last, early, first) == ([400.0], [100.0], [sum(range(400))])


def test_a_series_that_is_not_told_of_ends_at_once() -> None:
    """And may begin again."""
    memory = Memory()
    table = memory.table("target")
    for number, names in enumerate(("ab", "a", "ab", "")):
        table.append(START + number * 1000, {series(name): 1.0 for name in names})

    counted = [_values(memory, 'count({number="0"})', START + number * 1000) for number in range(4)]

    assert counted == [[2.0], [1.0], [2.0], []]


def test_what_is_old_is_forgotten_with_the_series_of_which_nothing_is_left() -> None:
    """What lives goes on, and what ended stays ended."""
    memory = Memory()
    for number in range(100):
        names = ["stays"] + ["gone"] * (number < 30) + ["late"] * (number < 80)
        memory.table("target").append(START + number * 60_000, {series(name): float(number) for name in names})

    memory.forget(START + 60 * 60_000)
    memory.table("target").append(START + 100 * 60_000, {series("stays"): 100.0})

    table = memory.table("target")
    assert sorted(table.series) == [series("late"), series("stays")]
    assert (len(table.moments), int(table.moments[0])) == (41, START + 60 * 60_000)
    assert _values(memory, "stays", START + 100 * 60_000) == [100.0]
    assert _values(memory, "late", START + 79 * 60_000) == [79.0]
    assert _values(memory, "late", START + 80 * 60_000) == []


def test_a_clock_that_goes_back_disorders_nothing() -> None:
    """What comes out of order is not taken."""
    memory = Memory()
    for at in (0, 2000, 1000, 2000, 3000):
        memory.table("target").append(START + at, {series("a"): float(at)})

    assert memory.table("target").moments.tolist() == [START, START + 2000, START + 3000]
    assert _values(memory, "a", START + 2500) == [2000.0]


def _values(memory: Memory, query: str, at: int) -> list[float]:
    value = Engine(memory).instant(query, at)
    assert isinstance(value, Vector)
    return [float(row[0]) for row in value.values]
