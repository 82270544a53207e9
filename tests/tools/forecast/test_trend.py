"""Where a series is going: steady growth is believed, wobbling is not, and time is told from the line."""

import math
import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from tools.forecast.trend import trend

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)


def points(*values: float, hours: float = 72) -> list[tuple[datetime, float]]:
    return [(NOW - timedelta(hours=hours * (1 - i / (len(values) - 1))), v) for i, v in enumerate(values)]


@given(
    level=some.floats(0.1, 0.9), hours=some.floats(2, 2000), wobble=some.floats(0, 0.01), seed=some.integers(0, 10_000)
)
def test_steady_growth_reaches_its_limit_when_the_line_does(
    level: float, hours: float, wobble: float, seed: int
) -> None:
    """However it wobbles around the line, within a tenth of the time."""
    chance = random.Random(seed)
    rise = (1 - level) / hours
    shaky = wobble * rise * 72
    found = trend(points(*(level + rise * 72 * (i / 72 - 1) + chance.gauss(0, shaky) for i in range(73))))

    assert found is not None
    at = found.reaches(1.0)
    assert at is not None
    assert abs((at - NOW).total_seconds() / 3600 - hours) < 0.1 * hours + 72 * wobble * 4


@given(middle=some.floats(0, 1e9), swing=some.floats(0, 1e8), period=some.floats(2, 30), seed=some.integers(0, 10_000))
def test_what_only_wobbles_is_no_trend(middle: float, swing: float, period: float, seed: int) -> None:
    """Noise and waves around a level: nothing is about to be full."""
    chance = random.Random(seed)
    values = (middle + swing * (math.sin(72 * i / 72 / period * 6.28) + chance.gauss(0, 0.5)) for i in range(73))
    found = trend(points(*values))

    assert (
        found is None
        or found.reaches(middle + 3 * swing + 1e9) is None
        or abs(found.per_second) * 72 * 3600 < swing * 4
    )


def test_a_sawtooth_of_a_log_that_is_rotated_is_no_trend() -> None:
    assert trend(points(*(i % 12 for i in range(73)))) is None


def test_what_has_levelled_off_is_no_trend() -> None:
    assert trend(points(*(min(i, 40) for i in range(73)))) is None


def test_a_cleaning_up_in_between_does_not_hide_the_growth() -> None:
    """Two days of growth, one step down: the line goes on."""
    found = trend(points(*(i if i < 30 else i - 6 for i in range(73))))

    assert found is not None
    assert 0.7 < found.per_second * 3600 < 1.1


def test_few_points_or_a_short_time_say_nothing() -> None:
    assert trend(points(1, 2, 3, 4)) is None
    assert trend(points(*range(20), hours=1)) is None


def test_what_shrinks_is_never_full() -> None:
    found = trend(points(*range(73, 0, -1)))

    assert found is not None
    assert found.reaches(100) is None
    assert found.reaches(0.5) == found.now
