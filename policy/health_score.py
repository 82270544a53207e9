"""The health score: 100 less what speaks against it. Each deduction is said, so that anybody can add it up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.findings import Severity


class Ground(StrEnum):
    """What points are taken for, each with its own most: one bad thing must not hide all others."""

    wrong_now = "wrong now"
    budget = "error budget"
    coming = "about to break"
    over = "over"


MOST = {Ground.wrong_now: 60, Ground.budget: 20, Ground.coming: 15, Ground.over: 12}
_WRONG = {Severity.critical: 20, Severity.warning: 8, Severity.info: 0}
_SOON, _LATER = timedelta(days=3), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Deduction:
    ground: Ground
    points: int
    why: str
    """A few words for a person."""
    evidence: tuple[str, ...] = ()
    """Ids of what shows it."""


@dataclass(frozen=True, slots=True)
class Score:
    value: int | None
    """0 to 100; None where too little was seen to say."""
    deductions: tuple[Deduction, ...] = ()
    """What was taken away, most first; they add up to 100 less the value."""


def wrong_now(severity: Severity, why: str, evidence: Iterable[str]) -> Deduction:
    """A cause that is there now: 20 points where it is critical, 8 where it is a warning."""
    return Deduction(Ground.wrong_now, _WRONG[severity], why, tuple(evidence))


def coming(left: timedelta | None, why: str, evidence: Iterable[str]) -> Deduction:
    """What will break: 5 points within three days, 2 within two weeks, 1 later or at an unknown time."""
    points = 1 if left is None or left > _LATER else 5 if left <= _SOON else 2
    return Deduction(Ground.coming, points, why, tuple(evidence))


def budget(left: float, why: str, evidence: Iterable[str]) -> Deduction:
    """An error budget, as the share that is left: 10 points where it is spent, 5 below a tenth, 2 below a quarter."""
    points = 10 if left <= 0 else 5 if left < 0.1 else 2 if left < 0.25 else 0
    return Deduction(Ground.budget, points, why, tuple(evidence))


def over(why: str, evidence: Iterable[str]) -> Deduction:
    """Trouble that came and went: 3 points."""
    return Deduction(Ground.over, 3, why, tuple(evidence))


def score(deductions: Iterable[Deduction], *, seen: bool) -> Score:
    """100 less the deductions, each ground up to its most; None unless enough was `seen`."""
    left = dict(MOST)
    taken: list[Deduction] = []
    for deduction in sorted(deductions, key=lambda one: -one.points):
        points = min(deduction.points, left[deduction.ground])
        if points > 0:
            left[deduction.ground] -= points
            taken.append(Deduction(deduction.ground, points, deduction.why, deduction.evidence))
    rest = 100
    counted: list[Deduction] = []
    for deduction in sorted(taken, key=lambda one: -one.points):
        points = min(deduction.points, rest)
        if points:
            rest -= points
            counted.append(Deduction(deduction.ground, points, deduction.why, deduction.evidence))
    return Score(rest if seen else None, tuple(counted))
