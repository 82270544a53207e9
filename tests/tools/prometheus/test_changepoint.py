"""When a measurement changed its level: found where it did, silent where it did not. Every case many times over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.prometheus.changepoint import ChangePoint, find

Chance = np.random.Generator
Values = np.ndarray
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
N = 120
SEEDS = 150


def points(values: Values, step: float = 60.0) -> list[tuple[datetime, float]]:
    return [(START + timedelta(seconds=step * i), float(value)) for i, value in enumerate(values)]


def minute(at: datetime | None) -> float:
    assert at is not None
    return (at - START).total_seconds() / 60


def remembering(chance: Chance, share: float, size: float) -> Values:
    """Noise in which each value remembers the last one, as overlapping rates do."""
    values = np.zeros(N)
    for i in range(1, N):
        values[i] = share * values[i - 1] + chance.normal(0, size)
    return values


def with_spikes(chance: Chance) -> Values:
    values = 0.1 * np.exp(chance.normal(0, 0.1, N))
    values[chance.integers(0, N, 3)] *= 10
    return values


def restarted_counter(chance: Chance) -> Values:
    values = np.cumsum(chance.poisson(50, N)).astype(float)
    at = int(chance.integers(10, N - 10))
    values[at:] -= values[at - 1]
    return values


def wave(chance: Chance, length: int, step_minutes: int = 1) -> Values:
    at = np.arange(length) * step_minutes + chance.integers(0, 1440)
    return (1 + 0.5 * np.sin(2 * np.pi * at / 1440)) * np.exp(chance.normal(0, 0.05, length))


def office_hours(chance: Chance) -> Values:
    """Ten hours in steps of two minutes, on a wave with flat days, flat nights and steep mornings."""
    at = np.arange(300) * 2 + chance.integers(0, 1440)
    return (1 + 0.8 * np.tanh(2 * np.sin(2 * np.pi * at / 1440))) * np.exp(chance.normal(0, 0.03, 300))


def with_a_gap(chance: Chance) -> Values:
    values = 0.1 * np.exp(chance.normal(0, 0.1, N))
    values[40:60] = np.nan
    return values


FAULTLESS: dict[str, Callable[[Chance], Values]] = {
    "noise": lambda c: 0.1 + c.normal(0, 0.01, N),
    "noise that grows with the value": lambda c: 0.1 * np.exp(c.normal(0, 0.3, N)),
    "noise that remembers": lambda c: 0.1 + remembering(c, 0.8, 0.01),
    "single spikes": with_spikes,
    "rare events": lambda c: c.poisson(0.1, N).astype(float),
    "a quantile that jumps between buckets": lambda c: c.choice([0.05, 0.1, 0.25], N, p=[0.6, 0.3, 0.1]),
    "a counter": lambda c: np.cumsum(c.poisson(50, N)).astype(float),
    "a counter that starts again": restarted_counter,
    "garbage collection": lambda c: 100 + 50 * ((np.arange(N) + c.integers(0, 20)) % 20) / 20 + c.normal(0, 2, N),
    "a steady leak": lambda c: 100 + np.arange(N) + c.normal(0, 2, N),
    "a gap": with_a_gap,
    "an hour of a daily wave": lambda c: wave(c, 60),
    "six hours of a daily wave": lambda c: wave(c, 360),
    "a day of a daily wave": lambda c: wave(c, 144, 10),
    "office hours": office_hours,
    "a constant": lambda _: np.full(N, 3.0),
}


@pytest.mark.parametrize("kind", FAULTLESS)
def test_ordinary_variation_is_no_change(kind: str) -> None:
    """At most one series in fifty is mistaken, of any kind of ordinary variation."""
    step = {"a day of a daily wave": 600.0, "office hours": 120.0}.get(kind, 60.0)

    mistaken = [seed for seed in range(SEEDS) if find(points(FAULTLESS[kind](np.random.default_rng(seed)), step))]

    assert len(mistaken) <= SEEDS // 50, f"false alarms for seeds {mistaken}"


JUMPY: tuple[Callable[[Chance], Values], ...] = (
    lambda c: c.choice([0.05, 0.1, 0.25], N, p=[0.6, 0.3, 0.1]),
    lambda c: c.choice([0.05, 0.1], N, p=[0.85, 0.15]),
    lambda c: c.poisson(0.3, N).astype(float),
)


def test_values_that_sit_still_and_jump_are_hardly_ever_mistaken() -> None:
    """Most differences from the middle are zero there, yet the jumps are ordinary: one mistake in a hundred at most."""
    mistaken = sum(find(points(kind(np.random.default_rng(seed)))) is not None for kind in JUMPY for seed in range(300))

    assert mistaken <= 8


def test_a_raw_counter_that_grows_faster_is_a_change_of_its_growth() -> None:
    """A counter is judged by what it grows per second, through a restart."""
    chance = np.random.default_rng(3)
    grown = chance.poisson(np.where(np.arange(N) < 80, 60, 300))
    values = np.cumsum(grown).astype(float)
    values[40:] -= values[39]

    found = find(points(values))

    assert found is not None
    assert abs(minute(found.at) - 80) <= 1
    assert found.before == pytest.approx(1.0, rel=0.1)
    assert found.after == pytest.approx(5.0, rel=0.1)


@pytest.mark.parametrize(("times", "noise"), [(1.5, 0.05), (2.0, 0.1), (5.0, 0.2), (0.4, 0.1)])
def test_a_lasting_change_is_found_where_it_began(times: float, noise: float) -> None:
    """From what to what, within two points of the right moment, nearly always."""
    right = 0
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        at = int(chance.integers(10, N - 10))
        values = 0.1 * np.exp(chance.normal(0, noise, N))
        values[at:] *= times
        found = find(points(values))
        right += (
            found is not None
            and found.ended is None
            and abs(minute(found.at) - at) <= 2
            and found.before == pytest.approx(0.1, rel=3 * noise)
            and found.after == pytest.approx(0.1 * times, rel=3 * noise)
        )

    assert right >= 0.97 * SEEDS


def test_a_change_that_is_over_is_told_with_both_moments() -> None:
    """An incident of five minutes or more has a start and an end."""
    right = 0
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        at, length = int(chance.integers(15, 70)), int(chance.integers(5, 40))
        values = 0.1 * np.exp(chance.normal(0, 0.1, N))
        values[at : at + length] *= 4
        found = find(points(values))
        right += (
            found is not None
            and found.rose
            and abs(minute(found.at) - at) <= 2
            and found.ended is not None
            and abs(minute(found.ended) - at - length) <= 2
        )

    assert right >= 0.97 * SEEDS


def test_a_change_is_found_at_the_foot_of_its_ramp() -> None:
    """What takes some minutes to get bad began when it began to rise."""
    errors = []
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        at, length = int(chance.integers(20, 90)), int(chance.integers(3, 8))
        values = np.full(N, 0.1)
        values[at:] += 0.4 * np.minimum(1, (np.arange(N - at) + 1) / length)
        found = find(points(values * np.exp(chance.normal(0, 0.1, N))))
        errors.append(abs(minute(found.at) - at) if found else 99)

    assert np.quantile(errors, 0.95) <= 4


def test_errors_that_come_out_of_nothing_are_a_change() -> None:
    """A share that was exactly zero and then varies widely is clear, wide as it varies."""
    found = 0
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        at = int(chance.integers(20, 100))
        values = np.zeros(N)
        values[at:] = chance.uniform(10, 30, N - at)
        change = find(points(values))
        found += change is not None and abs(minute(change.at) - at) <= 1

    assert found >= 0.95 * SEEDS


def test_a_change_on_top_of_a_daily_wave_is_found() -> None:
    """The wave alone is silent, the step on it is not."""
    found = 0
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        values = wave(chance, N)
        values[60:] *= 3
        change = find(points(values))
        found += change is not None and abs(minute(change.at) - 60) <= 2

    assert found >= 0.97 * SEEDS


def test_order_doubles_and_what_is_no_number_do_not_matter() -> None:
    """The same change from shuffled points with NaN and Inf among them."""
    chance = np.random.default_rng(1)
    values = np.where(np.arange(N) < 70, 1.0, 9.0) * np.exp(chance.normal(0, 0.05, N))
    plain = points(values)
    mixed = [*plain, *plain[:5], (START + timedelta(seconds=30), float("nan")), (START, values[0])]
    mixed += [(START + timedelta(seconds=90), float("inf"))]
    chance.shuffle(mixed)  # type: ignore[arg-type]

    assert find(mixed) == find(plain)
    assert isinstance(find(plain), ChangePoint)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), max_size=60))
def test_any_numbers_have_an_answer(values: list[float]) -> None:
    """Whatever comes, there is an answer, and what is found lies within what was given."""
    given_points = points(np.array(values, dtype=float))

    found = find(given_points)

    if found:
        assert given_points[0][0] <= found.at <= given_points[-1][0]
        assert found.ended is None or found.at <= found.ended <= given_points[-1][0]


def test_scaling_all_values_changes_nothing_but_the_values() -> None:
    """Milliseconds or seconds: the same moment, the same certainty."""
    chance = np.random.default_rng(5)
    values = np.where(np.arange(N) < 50, 0.2, 0.7) * np.exp(chance.normal(0, 0.1, N))

    one, other = find(points(values)), find(points(values * 1000))

    assert one is not None
    assert other is not None
    assert one.at == other.at
    assert one.score == pytest.approx(other.score, rel=0.01)
