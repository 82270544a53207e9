"""How a drill went: times, points, one's own best, and the file that remembers them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from domain.cards import Card, Facts, Table, card
from domain.plain_json import Json

IN_FULL = 60.0
"""Seconds to a healed cluster that cost no points."""
_SECONDS_PER_POINT = 5.0
_FULL, _LEAST, _PER_SLIP = 100, 40, 20


@dataclass(frozen=True, slots=True)
class Result:
    """One round. Times are seconds since its first card; None where it did not come to that."""

    scenario: str
    title: str
    seed: int
    at: datetime
    cause: float | None
    """Until Hilda had shown a cause."""
    approved: float | None
    healed: float | None
    """Until it was healed, or rightly said that there is nothing to do."""
    slips: int = 0
    """How often it was said to be over when it was not."""

    @property
    def points(self) -> int:
        """100 for what is healed within a minute, one less for each further 5 s, 40 at the least; 20 less per slip."""
        if self.healed is None:
            return 0
        late = max(0.0, self.healed - IN_FULL) // _SECONDS_PER_POINT
        return max(0, max(_LEAST, _FULL - int(late)) - _PER_SLIP * self.slips)

    def as_json(self) -> Json:
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds"), "points": self.points}


class History:
    """One line of JSON per round, in the state folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "drills.jsonl"

    def add(self, result: Result) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file.touch(mode=0o600, exist_ok=True)
        with self._file.open("a") as file:
            file.write(json.dumps(result.as_json()) + "\n")

    def results(self) -> list[Result]:
        """Oldest first; a line that cannot be read is left out."""
        try:
            lines = self._file.read_text().splitlines()
        except OSError:
            return []
        return [result for line in lines if (result := _read(line))]


def best(results: Iterable[Result], scenario: str) -> float | None:
    """The shortest time to healed in that scenario."""
    return min((r.healed for r in results if r.scenario == scenario and r.healed is not None), default=None)


def summary_card(results: Sequence[Result], before: Sequence[Result]) -> Card:
    """What each round took, beside the best of all drills before."""
    columns = ("ROUND", "INCIDENT", "CAUSE", "APPROVED", "HEALED", "SLIPS", "POINTS", "OWN BEST")
    rows = tuple(
        (
            str(number),
            r.title,
            clock(r.cause),
            clock(r.approved),
            clock(r.healed),
            str(r.slips),
            str(r.points),
            _beside(r, best([*before, *results[: number - 1]], r.scenario)),
        )
        for number, r in enumerate(results, 1)
    )
    solved = sum(r.healed is not None for r in results)
    facts = (("Points", f"{sum(r.points for r in results)} of {_FULL * len(results)}"),)
    title = f"{solved} of {len(results)} mended"
    return card(title, Table(columns, rows), Facts(facts), tone="good" if solved == len(results) else "warning")


def summary_json(results: Sequence[Result], before: Sequence[Result]) -> Json:
    rounds = [
        {**r.as_json(), "best_before": best([*before, *results[:number]], r.scenario)}
        for number, r in enumerate(results)
    ]
    return {"points": sum(r.points for r in results), "possible": _FULL * len(results), "rounds": rounds}


def clock(seconds: float | None) -> str:
    """`1:42`, or a dash."""
    return "-" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _beside(result: Result, before: float | None) -> str:
    if result.healed is None:
        return clock(before)
    if before is None:
        return "first time"
    if result.healed < before:
        return f"new best, was {clock(before)}"
    return f"{clock(before)}, {int(result.healed - before)} s slower"


def _read(line: str) -> Result | None:
    try:
        kept = json.loads(line)
        kept.pop("points", None)
        return Result(**{**kept, "at": datetime.fromisoformat(kept["at"])})
    except (ValueError, TypeError, KeyError):
        return None
