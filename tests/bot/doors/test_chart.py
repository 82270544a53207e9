"""Charts in a few rows of text: honest about scale, gaps and time."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.doors.terminal.chart import HEIGHT, draw_chart
from bot.doors.terminal.view import View
from domain.cards import Chart, Series
from domain.quantities import scale_for, ticks

START = datetime(2026, 3, 12, 13, 50, tzinfo=UTC)
PLAIN = View(width=60, unicode=False)


def course(*values: float, step: float = 60) -> tuple[tuple[datetime, float], ...]:
    return tuple((START + timedelta(seconds=step * n), value) for n, value in enumerate(values))


def drawn(chart: Chart, view: View = PLAIN) -> list[str]:
    return [line.plain for line in draw_chart(chart, view)]


def plot(chart: Chart, view: View = PLAIN) -> list[str]:
    return drawn(chart, view)[1 : 1 + HEIGHT]


def test_a_jump_is_drawn_where_it_was() -> None:
    """Low on the left, high on the right, and joined."""
    rows = plot(Chart("t", "", (Series("", course(*[1.0] * 10, *[9.0] * 10)),)))

    assert rows[-2].rstrip().endswith("*")
    high = next(row for row in rows if row.count("*") > 10)
    assert high.index("*") > 25
    assert all("*" in row for row in rows[rows.index(high) : -1])


def test_nothing_is_drawn_where_nothing_was_measured() -> None:
    """A gap of ten minutes in a course of one-minute steps stays empty."""
    points = course(*[5.0] * 10) + tuple((START + timedelta(minutes=30 + n), 5.0) for n in range(10))

    row = next(row for row in plot(Chart("t", "", (Series("", points),))) if "*" in row)

    assert " " * 20 in row.strip().split("*", 1)[1]


def test_times_are_in_the_readers_zone() -> None:
    """13:50 UTC is 14:50 in Berlin in winter, and the zone is named."""
    berlin = View(width=60, zone=ZoneInfo("Europe/Berlin"))

    text = "\n".join(drawn(Chart("t", "s", (Series("", course(*[1.0] * 20)),)), berlin))

    assert "14:50" in text
    assert "CET" in text


def test_the_marked_moment_stands_under_its_arrow() -> None:
    """Label and arrow are in the same column."""
    lines = drawn(Chart("t", "s", (Series("", course(*[1.0] * 21)),), START + timedelta(minutes=10)))

    axis, words = lines[-2], lines[-1]
    assert abs(axis.index("^") - (words.index("14:00") + 2)) <= 1


def test_a_mark_outside_is_said_and_not_drawn() -> None:
    """A change before the window is told in words."""
    lines = drawn(Chart("t", "s", (Series("", course(*[1.0] * 21)),), START - timedelta(hours=1)))

    assert "^" not in lines[-2]
    assert "12:50, outside" in lines[-1]


def test_several_series_share_one_scale() -> None:
    """Small next to large looks small."""
    chart = Chart("t", "cores", (Series("big", course(8, 8, 8)), Series("small", course(1, 1, 1))))

    big, small = drawn(chart, View(width=80, unicode=False))[1:3]

    assert "#" in big
    assert "#" not in small


@pytest.mark.parametrize("values", [(math.nan,), (math.nan, math.inf), ()])
def test_no_numbers_is_no_data(values: tuple[float, ...]) -> None:
    """NaN and infinity are not drawn as zero."""
    assert "no data" in "\n".join(drawn(Chart("t", "s", (Series("api", course(*values)),))))


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.00045, "s", "450 µs"),
        (0.45, "s", "450 ms"),
        (1.5, "s", "1.5 s"),
        (600, "s", "10 min"),
        (512, "bytes", "512 B"),
        (1.5 * 1024**3, "bytes", "1.5 GiB"),
        (0.25, "cores", "0.25 cores"),
        (1234567, "1/s", "1,234,567/s"),
        (87.5, "%", "87.5 %"),
        (3, "", "3"),
    ],
)
def test_numbers_come_with_the_unit_that_fits(value: float, unit: str, said: str) -> None:
    """No rows of zeros, no six digits where three count."""
    scale = scale_for(value, unit)

    assert f"{scale.number(value)}{scale.suffix}" == said


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.12, 0.57), (-5, 5), (0, 1e9), (3, 3), (0, 1e-9)])
def test_ticks_are_round_and_cover_everything(low: float, high: float) -> None:
    """The axis begins at or below the least value and ends at or above the greatest, in few equal steps."""
    scale = scale_for(high, "")

    found = ticks(low, high, scale)

    assert found[0] <= low + 1e-12
    assert found[-1] >= high - 1e-12
    assert 2 <= len(found) <= 7
