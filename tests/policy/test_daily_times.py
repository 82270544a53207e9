"""Daily moments: one on every calendar day of every zone, whatever its clocks do that day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as some

from policy.daily_times import following, hour_in, latest

_ZONES = some.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})).map(ZoneInfo)
_HOURS = some.builds(time, some.integers(0, 23), some.integers(0, 59))
_MOMENTS = some.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001 - hypothesis wants bounds without a zone
_BERLIN = ZoneInfo("Europe/Berlin")


@given(_HOURS, _ZONES, _MOMENTS)
def test_moments_follow_each_other_without_a_gap(at: time, zone: ZoneInfo, now: datetime) -> None:
    """The latest one has come, the following one has not, and nothing is due between them."""
    before, after = latest(at, zone, now), following(at, zone, now)

    assert before <= now < after
    assert latest(at, zone, after - timedelta(microseconds=1)) == before
    assert latest(at, zone, after) == after


@given(_HOURS, _ZONES, some.integers(1975, 2036))
def test_a_year_has_as_many_moments_as_days(at: time, zone: ZoneInfo, year: int) -> None:
    """Walked from one to the next: each is later, none is lost and none doubled, also when clocks change."""
    now, walked = datetime(year, 1, 10, 12, tzinfo=UTC), []
    while now < datetime(year + 1, 1, 10, 12, tzinfo=UTC):
        now = following(at, zone, now)
        walked.append(now)

    days = (date(year + 1, 1, 10) - date(year, 1, 10)).days
    assert walked == sorted(set(walked))
    assert abs(len(walked) - days) <= 1 + (zone.key in _SKIPPED_A_DAY)


_SKIPPED_A_DAY = frozenset({"Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kwajalein", "Kwajalein", "Pacific/Enderbury"})
"""They crossed the date line: a day of their calendar never was."""


@given(_HOURS, _MOMENTS)
def test_the_clock_on_the_wall_shows_the_hour(at: time, now: datetime) -> None:
    """In Berlin, but for the hour that is missing in March, when it is an hour later by the clock."""
    shown = following(at, _BERLIN, now).astimezone(_BERLIN)

    missing = shown.month in (3, 4) and shown.hour == at.hour + 1 and at.hour in (0, 1, 2)
    assert (shown.hour, shown.minute) == (at.hour, at.minute) or missing


def test_clocks_that_go_on_lose_no_report_and_clocks_that_go_back_double_none() -> None:
    half_past_two = time(2, 30)

    spring = following(half_past_two, _BERLIN, datetime(2026, 3, 28, 12, tzinfo=UTC))
    autumn = [following(half_past_two, _BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC))]
    autumn.append(following(half_past_two, _BERLIN, autumn[0]))

    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert autumn == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("report every day at 9", time(9)),
        ("at 9am please", time(9)),
        ("9 p.m.", time(21)),
        ("at 08:30", time(8, 30)),
        ("um 7.15 Uhr", time(7, 15)),
        ("at noon", time(12)),
        ("at midnight", time(0)),
        ("12 am", time(0)),
        ("at 31 or 7", time(7)),
        ("at 13 pm", None),
        ("every day", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, hour: time | None) -> None:
    assert hour_in(text) == hour
