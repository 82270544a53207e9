"""Measured values in sentences."""

import pytest

from domain.scripts import Expectation
from graphs.words.levels import expected
from graphs.words.numbers import change


@pytest.mark.parametrize(
    ("before", "after", "unit", "said"),
    [
        ("0.1", "40.1", "%", "0.1 % to 40.1 % (+40.0 points)"),
        ("0.124", "2.1", "s", "124 ms to 2.10 s (+1.98 s)"),
        ("90", "10", "%", "90.0 % to 10.0 % (-80.0 points)"),
    ],
)
def test_a_change_is_told_in_its_own_unit(before: str, after: str, unit: str, said: str) -> None:
    """A share that goes from 0.1 % to 40 % has not grown by 40 %."""
    assert change(before, after, unit) == said


def test_what_is_expected_is_told_in_the_units_of_the_answer() -> None:
    wanted = Expectation("Latency is back to what it was", "up", "<", 0.1864, "s")

    assert expected(wanted) == "Latency is back to what it was (< 186 ms)"
