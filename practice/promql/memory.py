"""Samples in columns: series of one source share their moments, so a query over many of them is arithmetic on arrays.

A source is a scrape target or the alert rules: everything that is written at the same moments.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from practice.promql.labels import NAME, Labels
from practice.promql.matchers import Matcher, all_hold
from practice.promql.problems import CannotExecute

Floats: TypeAlias = NDArray[np.float64]
Moments: TypeAlias = NDArray[np.int64]
"""Milliseconds since the epoch, ascending."""

_STALE_BITS = 0x7FF0000000000002
_ABSENT_BITS = 0x7FF0000000000003
_MARKERS = np.array([_STALE_BITS, _ABSENT_BITS], np.uint64).view(np.float64)
STALE = _MARKERS[0]
"""The series ended here: Prometheus' own marker, a NaN that is no value."""
ABSENT = _MARKERS[1]
"""No sample at this moment. Both are told from real NaNs by their bits alone: they are copied, never computed with."""

MOST_SAMPLES = 10_000_000
"""Prometheus takes 50 million one after the other; here they are in arrays side by side, several at a time."""


@dataclass(frozen=True)
class Columns:
    """Some series of one source over some time."""

    moments: Moments
    labels: list[Labels]
    values: Floats
    """Series × moments, with markers."""

    @property
    def absent(self) -> NDArray[np.bool_]:
        return _has(self.values, _ABSENT_BITS)

    @property
    def stale(self) -> NDArray[np.bool_]:
        return _has(self.values, _STALE_BITS)

    def alike(self, there: NDArray[np.bool_]) -> Iterator["Columns"]:
        """The same without gaps: series that are there at the same moments together, with only these moments."""
        if there.all():
            yield self
            return
        patterns: dict[bytes, list[int]] = {}
        for row, pattern in enumerate(np.packbits(there, axis=1)):
            patterns.setdefault(pattern.tobytes(), []).append(row)
        for rows in patterns.values():
            places = np.flatnonzero(there[rows[0]])
            if len(places):
                labels = [self.labels[row] for row in rows]
                yield Columns(self.moments[places], labels, self.values[rows][:, places])


@dataclass
class Table:
    """What one source has told."""

    series: list[Labels] = field(default_factory=list)
    _numbers: dict[Labels, int] = field(default_factory=dict)
    _by_name: dict[str, list[int]] = field(default_factory=dict)
    _alive: set[int] = field(default_factory=set)
    _length: int = 0
    _moments: Moments = field(default_factory=lambda: np.empty(256, np.int64))
    _values: Floats = field(default_factory=lambda: np.full((256, 64), ABSENT))
    """Moments × series, so that one scrape is one row."""

    @property
    def moments(self) -> Moments:
        return self._moments[: self._length]

    def append(self, at: int, samples: Mapping[Labels, float]) -> None:
        """One scrape; series that were in the one before and are not in this one end here.

        Where the clock went back, nothing is written until it has caught up: Prometheus takes nothing out of order.
        """
        if self._length and at <= self.moments[-1]:
            return
        self.extend(np.array([at], np.int64), {labels: np.array([value]) for labels, value in samples.items()})

    def extend(self, moments: Moments, columns: Mapping[Labels, Floats]) -> None:
        """Several moments at once, later than all before; a series that is not told of ends at the first of them."""
        if not len(moments):
            return
        start, end = self._length, self._length + len(moments)
        numbers = [self._number(labels) for labels in columns]
        self._make_room(end, len(self.series))
        self._moments[start:end] = moments
        if columns:
            self._values[start:end, numbers] = np.stack(list(columns.values()), axis=1)
        told = set(numbers)
        if ended := sorted(self._alive - told):
            self._values[start, ended] = STALE
        self._alive = told
        self._length = end

    def since(self, start: int) -> "Table":
        """The same from `start` on, without series of which nothing is left."""
        first = int(np.searchsorted(self.moments, start))
        values = self._values[first : self._length, : len(self.series)]
        left = np.flatnonzero(~_has(values, _ABSENT_BITS).all(axis=0))
        table = Table()
        table.extend(self.moments[first:], {self.series[number]: values[:, number] for number in left})
        table._alive = {table._numbers[self.series[number]] for number in self._alive if self.series[number] in table}
        return table

    def __contains__(self, labels: Labels) -> bool:
        return labels in self._numbers

    def matching(self, matchers: Sequence[Matcher]) -> list[int]:
        named = next((matcher for matcher in matchers if matcher.name == NAME and matcher.exact), None)
        if named is None:
            return [number for number, labels in enumerate(self.series) if all_hold(matchers, labels)]
        others = [matcher for matcher in matchers if matcher is not named]
        found = self._by_name.get(named.value, [])
        return [number for number in found if all_hold(others, self.series[number])] if others else found

    def between(self, numbers: Sequence[int], start: int, end: int) -> list[Labels]:
        """Who of those numbers has a sample from `start` to `end`, both included."""
        if self._length and start <= self.moments[0] and end >= self.moments[-1]:
            return [self.series[number] for number in numbers]
        return self.read(numbers, start, end).labels

    def read(self, numbers: Sequence[int], start: int, end: int) -> Columns:
        """The series of those numbers from `start` to `end`, both included; only those that have a sample there."""
        first = int(np.searchsorted(self.moments, start))
        last = int(np.searchsorted(self.moments, end, side="right"))
        bounded(len(numbers) * (last - first))
        values = np.ascontiguousarray(self._values[first:last].take(numbers, axis=1).T)
        seen = np.flatnonzero(~_has(values, _ABSENT_BITS).all(axis=1))
        if len(seen) < len(numbers):
            values = values[seen]
        return Columns(self._moments[first:last], [self.series[numbers[number]] for number in seen.tolist()], values)

    def _number(self, labels: Labels) -> int:
        number = self._numbers.get(labels)
        if number is None:
            number = self._numbers[labels] = len(self.series)
            self.series.append(labels)
            self._by_name.setdefault(dict(labels).get(NAME, ""), []).append(number)
        return number

    def _make_room(self, moments: int, series: int) -> None:
        rows, columns = self._values.shape
        if moments <= rows and series <= columns:
            return
        rows = max(rows, moments + moments // 2 if moments > rows else 0)
        columns = max(columns, series + series // 2 if series > columns else 0)
        values = np.full((rows, columns), ABSENT)
        values[: self._length, : self._values.shape[1]] = self._values[: self._length]
        grown = np.empty(rows, np.int64)
        grown[: self._length] = self.moments
        self._values, self._moments = values, grown


class Memory:
    """Everything that is remembered: a table for each source."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}

    def table(self, source: str) -> Table:
        return self.tables.setdefault(source, Table())

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Iterable[Columns]:
        """Matching series with samples from `start` to `end`, both included."""
        for table in self.tables.values():
            if numbers := table.matching(matchers):
                columns = table.read(numbers, start, end)
                if columns.labels:
                    yield columns

    def forget(self, before: int) -> None:
        """Drop what is older."""
        self.tables = {source: table.since(before) for source, table in self.tables.items()}


def bounded(samples: int) -> None:
    """CannotExecute where a query would take more samples at once than Prometheus lets it."""
    if samples > MOST_SAMPLES:
        raise CannotExecute("query processing would load too many samples into memory in query execution")


def _has(values: Floats, bits: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values.view(np.uint64) == bits
    return found
