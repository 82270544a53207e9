"""A range selector: for every series and step, the samples that lie within the range."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from practice.promql.labels import Labels
from practice.promql.memory import Floats, Moments
from practice.promql.values import Flags

Places: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True)
class Windows:
    """Some series of one source, and one window into their moments per step.

    Both ends of a window belong to it, as in Prometheus 2.
    """

    labels: list[Labels]
    moments: Moments
    values: Floats
    """Series × moments."""
    present: Flags
    ends: Moments
    """Where each step's window ends, in milliseconds."""
    length: int
    """Of the windows, in milliseconds."""

    @cached_property
    def _low(self) -> Places:
        return np.searchsorted(self.moments, self.ends - self.length)

    @cached_property
    def _high(self) -> Places:
        return np.searchsorted(self.moments, self.ends, side="right")

    @cached_property
    def counts(self) -> Places:
        """How many samples, series × steps."""
        if self._complete:
            return np.broadcast_to(self._high - self._low, (len(self.labels), len(self.ends)))
        before = np.zeros((len(self.labels), len(self.moments) + 1), np.intp)
        np.cumsum(self.present, axis=1, out=before[:, 1:])
        return before[:, self._high] - before[:, self._low]

    @cached_property
    def first(self) -> Places:
        """The place of the first sample; any place where there is none."""
        if self._complete:
            return self._clipped(np.broadcast_to(self._low, self.counts.shape))
        places = np.where(self.present, np.arange(len(self.moments)), len(self.moments) - 1)
        following = np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
        return following[:, self._clipped(self._low)]

    @cached_property
    def last(self) -> Places:
        """The place of the last sample; any place where there is none."""
        return self.latest[:, self._clipped(self._high - 1)]

    @cached_property
    def latest(self) -> Places:
        """For every moment the place of the last sample up to it; the first place where there is none."""
        everywhere = np.arange(len(self.moments))
        if self._complete:
            return np.broadcast_to(everywhere, self.present.shape)
        return np.maximum.accumulate(np.where(self.present, everywhere, 0), axis=1)

    @cached_property
    def earlier(self) -> tuple[Floats, Flags]:
        """For every moment the sample before it, and whether both are there."""
        filled = np.take_along_axis(self.values, self.latest, axis=1)
        known = np.logical_or.accumulate(self.present, axis=1)
        values = np.concatenate([np.zeros((len(self.labels), 1)), filled[:, :-1]], axis=1)
        return values, self.present & np.concatenate([np.zeros((len(self.labels), 1), bool), known[:, :-1]], axis=1)

    def at(self, places: Places) -> Floats:
        """The values at places that differ by series and step."""
        return np.take_along_axis(self.values, places, axis=1)

    def reduced(self, how: np.ufunc, nothing: float) -> Floats:
        """`how` over each window's samples, where `nothing` does not count."""
        return self._reduced(how, np.where(self.present, self.values, nothing))

    def between(self, amounts: Floats) -> Floats:
        """The sum of amounts (series × moments, 0 where there is no sample) after each window's first sample."""
        return self._reduced(np.add, amounts) - np.take_along_axis(amounts, self.first, axis=1)

    def _reduced(self, how: np.ufunc, values: Floats) -> Floats:
        # A window may end behind the last moment, and reduceat wants a place there; it takes nothing from it.
        padded = np.concatenate([values, values[:, -1:]], axis=1)
        bounds = np.stack([self._low, self._high], axis=1).ravel()
        found: Floats = how.reduceat(padded, bounds, axis=1)[:, ::2]
        return found

    @cached_property
    def _complete(self) -> bool:
        return bool(self.present.all())

    def _clipped(self, places: Places) -> Places:
        return np.clip(places, 0, len(self.moments) - 1)
