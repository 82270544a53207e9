"""Times, points and one's own best: what a drill remembers and says."""

import dataclasses
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from bot.cli.drill import incidents
from bot.cli.drill_results import History, Result, best, clock, summary_card, summary_json
from domain.cards import Table, parts_of

AT = datetime(2026, 3, 12, 14, 10, tzinfo=UTC)


def result(healed: float | None = 50.0, *, scenario: str = "bad-image", slips: int = 0) -> Result:
    return Result(scenario, "A release whose image is not there", 7, AT, 4.0, 20.0, healed, slips)


@pytest.mark.parametrize(
    ("healed", "slips", "points"),
    [(30, 0, 100), (60, 0, 100), (64, 0, 100), (65, 0, 99), (110, 0, 90), (3600, 0, 40), (30, 2, 60), (3600, 3, 0)],
)
def test_points_fall_with_time_and_with_slips(healed: float, slips: int, points: int) -> None:
    """In full within a minute, one less for each 5 s, 40 at the least, 20 per slip, never below nothing."""
    assert result(healed, slips=slips).points == points


def test_what_was_not_healed_brings_nothing() -> None:
    assert result(None).points == 0


def test_no_incident_comes_twice_before_all_have_come() -> None:
    """And the same seed draws the same drill."""
    names = ["a", "b", "c", "d"]

    drawn = list(islice(incidents(names, 5), 8))

    assert sorted(name for name, _ in drawn[:4]) == sorted(name for name, _ in drawn[4:]) == names
    assert drawn == list(islice(incidents(names, 5), 8))
    assert drawn != list(islice(incidents(names, 6), 8))


def test_the_past_is_read_back_and_what_is_broken_in_it_is_left_out(tmp_path: Path) -> None:
    """Half a line, as a full disk leaves it, takes nothing else with it; nobody else may read the file."""
    history = History(tmp_path / "state")
    assert history.results() == []
    history.add(result(50))
    file = tmp_path / "state" / "drills.jsonl"
    file.write_text(file.read_text() + '{"scenario": "bad-im\n[1]\n')
    history.add(result(None))

    assert history.results() == [result(50), result(None)]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_time_is_compared_with_ones_own_best_of_the_same_incident() -> None:
    """Of earlier drills and of this one; a first time and a best are named."""
    before = [result(70), result(None), result(10, scenario="config-key")]
    now = [result(90), result(60), result(30, scenario="recovered"), result(None)]

    (table,) = parts_of(summary_card(now, before), Table)

    assert isinstance(table, Table)
    assert [row[-1] for row in table.rows] == ["1:10, 20 s slower", "new best, was 1:10", "first time", "1:00"]
    assert summary_card(now, before).title == "3 of 4 mended"
    assert best(before, "bad-image") == 70


def test_the_summary_for_programs_has_every_time() -> None:
    """Seconds as numbers, null where it did not come to that."""
    told = summary_json([result(90), dataclasses.replace(result(None), approved=None)], [result(70)])

    assert (told["points"], told["possible"]) == (94, 200)
    assert [(r["healed"], r["approved"], r["best_before"]) for r in told["rounds"]] == [(90, 20, 70), (None, None, 70)]
    assert told["rounds"][0]["at"] == "2026-03-12T14:10:00+00:00"


def test_times_read_as_on_a_clock() -> None:
    assert [clock(s) for s in (None, 0.4, 59.9, 61, 3600)] == ["-", "0:00", "0:59", "1:01", "60:00"]
