"""Samples as awkward as life: counters that begin again, gaps, series that end and come back, NaN and infinities."""

import random

import numpy as np

from practice.promql.labels import NAME, Labels, labels_of
from practice.promql.memory import ABSENT, STALE, Floats, Memory

STEP = 15_000
MOMENTS = 240
END = 1_790_000_010_000
"""Milliseconds since the epoch, and of the last sample. Not a multiple of a minute."""
START = END - (MOMENTS - 1) * STEP

SPACES = ("shop", "bank")
SERVICES = ("cart", "pay")
BOUNDS = ("0.1", "0.5", "2.5", "+Inf")


def awkward_samples(seed: int) -> Memory:
    chance = random.Random(seed)
    series: dict[Labels, Floats] = {}

    def add(name: str, values: Floats, **labels: str) -> None:
        series[labels_of({NAME: name, **labels})] = values

    for space in SPACES:
        for service in SERVICES:
            for pod in ("a", "b", "c"):
                who = {"namespace": space, "service": service, "pod": f"{service}-{pod}"}
                rate = chance.uniform(0.1, 50)
                for code in ("200", "500"):
                    add("requests_total", _spoilt(chance, _counter(chance, rate)), code=code, **who)
                below = np.zeros(MOMENTS)
                for bound in BOUNDS:
                    below = below + _counter(chance, rate, resets=False)
                    add("seconds_bucket", below.copy(), le=bound, **who)
                add("memory_bytes", _spoilt(chance, _gauge(chance, 1e8)), **who)
                add("limit_bytes", np.full(MOMENTS, 2e8), **who)
        add("owner", np.ones(MOMENTS), namespace=space, team=chance.choice(("red", "blue")))
    # Scraped while it changed: a larger bucket may hold less than a smaller one; one is there twice, one is none.
    for bound, level in (("-1", 1.0), ("0.1", 5.0), ("1", 6.0), ("1.0", 3.0), ("2.5", 9.0), ("+Inf", 9.0), ("x", 1.0)):
        add("torn_bucket", np.floor(_gauge(chance, level)), le=bound)
    odd = _gauge(chance, 3.0)
    odd[::7], odd[3::50], odd[5::61] = np.nan, np.inf, -np.inf
    add("odd", odd, kind="odd")
    add("odd", np.round(_gauge(chance, 2.0)) - 2, kind="small")
    add("odd", np.full(MOMENTS, 0.0), kind="zero")
    once = np.full(MOMENTS, ABSENT)
    once[50], once[150] = 1.0, 4.0
    add("odd", once, kind="once")
    memory = Memory()
    memory.table("made up").extend(np.arange(START, END + 1, STEP, dtype=np.int64), series)
    return memory


def _counter(chance: random.Random, rate: float, *, resets: bool = True) -> Floats:
    values, total = np.empty(MOMENTS), chance.choice((0.0, chance.uniform(0, 1e6)))
    for place in range(MOMENTS):
        total += chance.expovariate(1 / rate) * STEP / 1000 if chance.random() < 0.9 else 0.0
        if resets and chance.random() < 0.01:
            total = chance.choice((0.0, rate))
        values[place] = round(total, 3)
    return values


def _gauge(chance: random.Random, level: float) -> Floats:
    return np.array([level * chance.lognormvariate(0, 0.3) for _ in range(MOMENTS)])


def _spoilt(chance: random.Random, values: Floats) -> Floats:
    """Some moments are missing; some series begin late, or end with a marker and may come back."""
    values = values.copy()
    for _ in range(chance.randint(0, 3)):
        start = chance.randrange(MOMENTS)
        values[start : start + chance.choice((1, 2, 10, 30))] = ABSENT
    if chance.random() < 0.3:
        values[: chance.randrange(MOMENTS)] = ABSENT
    if chance.random() < 0.4:
        end = chance.randrange(1, MOMENTS)
        values[end] = STALE
        values[end + 1 : end + chance.choice((5, 40, MOMENTS))] = ABSENT
    return values
