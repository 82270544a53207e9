"""What came of judging one change: how harmful, why, and whether the executor may do it."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.risk import Risk


@dataclass(frozen=True, slots=True)
class Judged:
    risk: Risk
    reasons: tuple[str, ...]
    runnable: bool = True


def worst(several: Iterable[Judged]) -> Judged:
    """All of them at once: the greatest risk, every reason, runnable only if each is."""
    together = list(several)
    return Judged(
        max((one.risk for one in together), default=Risk.read),
        tuple(dict.fromkeys(reason for one in together for reason in one.reasons)),
        all(one.runnable for one in together),
    )
