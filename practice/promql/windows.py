"""A range selector: for every series and step, the samples that lie within the range."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from practice.promql.labels import Labels
from practice.promql.memory import Floats, Moments
from practice.promql.values import Flags, Places


@dataclass(frozen=True)
class Windows:
    """Series that have samples at the same moments, and one window into these moments per step.

    Both ends of a window belong to it, as in Prometheus 2.
    """

    labels: list[Labels]
    moments: Moments
    values: Floats
    """Series × moments."""
    ends: Moments
    """Where each step's window ends, in milliseconds."""
    length: int
    """Of the windows, in milliseconds."""

    @cached_property
    def counts(self) -> Places:
        """How many samples, by step."""
        return self._behind - self._begin

    @cached_property
    def first(self) -> Places:
        """The place of the first sample by step; any place where there is none."""
        return np.minimum(self._begin, len(self.moments) - 1)

    @cached_property
    def last(self) -> Places:
        """The place of the last sample by step; any place where there is none."""
        return np.maximum(self._behind - 1, 0)

    def holding(self, least: int) -> Flags:
        """Series × steps: where there are at least so many samples."""
        return np.broadcast_to(self.counts >= least, (len(self.labels), len(self.ends)))

    def reduced(self, how: np.ufunc) -> Floats:
        """`how` over each window's samples; anything where there is none."""
        return _reduced(how, self.values, self._begin, self._behind)

    def between(self, amounts: Floats) -> Floats:
        """The sum of amounts (series × moments) after each window's first sample, up to its last."""
        return np.where(self.counts > 1, _reduced(np.add, amounts, self._begin + 1, self._behind), 0.0)

    @cached_property
    def _begin(self) -> Places:
        return np.searchsorted(self.moments, self.ends - self.length)

    @cached_property
    def _behind(self) -> Places:
        return np.searchsorted(self.moments, self.ends, side="right")


def _reduced(how: np.ufunc, values: Floats, begin: Places, behind: Places) -> Floats:
    # A window may begin or end behind the last moment, and reduceat wants a place there; it takes nothing from it.
    padded = np.concatenate([values, values[:, -1:]], axis=1)
    bounds = np.minimum(np.stack([begin, behind], axis=1).ravel(), values.shape[1])
    found: Floats = how.reduceat(padded, bounds, axis=1)[:, ::2]
    return found
