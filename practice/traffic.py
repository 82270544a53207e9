"""What load does to a program, as numbers: requests, latency, errors, a database pool, CPU and memory. Pure.

Everything cumulative has a closed form over time, so that the past can be written down and the present goes on from it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from practice.worlds import Program

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SPREAD = 0.5
"""Sigma of the logarithm of latencies: p95 is 2.3 times the median."""

Amount: TypeAlias = float | NDArray[np.float64]
"""At one moment, or at many: what holds for one holds for each of them."""
Totals: TypeAlias = dict[str, Amount]
"""Counters by a short name: `ok`, `failed`, `seconds`, `cpu`, `le:<bound>` for each bucket; and, of those that failed,
`timeouts` of the pool and `upstream` for what others did not answer."""


@dataclass(frozen=True)
class Behaviour:
    """How one container does for a while."""

    serving: bool = False
    requests_per_second: float = 0.0
    latency_ms: float = 0.0
    """The median."""
    error_ratio: float = 0.0
    """Of all requests, whoever is to blame."""
    upstream: str = ""
    """Address of the program that fails it most."""
    upstream_says: str = ""
    upstream_ratio: float = 0.0
    """The share of requests that fail because others fail."""
    pool_name: str = ""
    pool_size: int = 0
    pool_used: float = 0.0
    pool_waiting: float = 0.0
    cpu_cores: float = 0.0
    memory_bytes: float = 0.0
    wobble: int = 0
    """Where in its ups and downs this service is, so that not all of them move alike."""

    @property
    def failure(self) -> str:
        """The status of most of its failures."""
        if self.upstream_ratio > self.error_ratio / 2:
            return "502"
        return "503" if self.pool_waiting else "500"


def behaviour(
    program: Program, *, running: bool, ready: bool, sharing: int, pool_size: int, called: float = 0.0
) -> Behaviour:
    """Of one container of the program, when `sharing` pods share the service's requests.

    `called` is what other programs ask of the whole service, in requests per second, beside what people ask.
    """
    if not running:
        return Behaviour()
    rate = (program.requests_per_second + called) / sharing if ready and sharing else 0.0
    slower, used, waiting, timeouts = 1.0, 0.0, 0.0, 0.0
    if program.pool and pool_size:
        wanted = rate * program.pool.hold_ms / 1000
        pressure = wanted / pool_size
        used = min(wanted, float(pool_size))
        if pressure > 0.8:
            slower = 1 + 8 * (pressure - 0.8)
            used = float(pool_size)
            waiting = math.ceil(max(wanted - pool_size, 0.2 * pool_size) * 2)
            timeouts = program.pool.gives_up * min(0.3 * pressure, 1.0)
    if program.capacity and rate > 0.8 * program.capacity:
        slower *= 1 + 6 * (rate / program.capacity - 0.8)
    return Behaviour(
        serving=ready,
        requests_per_second=rate,
        latency_ms=program.latency_ms * slower,
        error_ratio=min(program.error_ratio + timeouts, 1.0),
        pool_name=program.pool.name if program.pool else "",
        pool_size=pool_size,
        pool_used=used,
        pool_waiting=waiting,
        cpu_cores=0.01 + rate * program.cpu_ms / 1000,
        memory_bytes=program.memory_mib * 2.0**20,
        wobble=crc32(program.service.encode()) % 1000,
    )


def grown(how: Behaviour, start: float, end: Amount) -> Totals:
    """What the counters gain while the container does so from `start` to `end` (seconds since the epoch)."""
    if np.all(end <= start):
        return {}
    totals: Totals = {"cpu": how.cpu_cores * _volume(start, end, 347, how.wobble)}
    if not how.requests_per_second:
        return totals
    # Two streams with their own ups and downs: together the rate and the quantiles move a little, as they do in life.
    streams = [
        (how.requests_per_second / 2 * _volume(start, end, 613, how.wobble), how.latency_ms * 0.92 / 1000),
        (how.requests_per_second / 2 * _volume(start, end, 241, how.wobble + 77), how.latency_ms * 1.1 / 1000),
    ]
    requests = sum(count for count, _ in streams)
    totals |= {
        "ok": requests * (1 - how.error_ratio),
        "failed": requests * how.error_ratio,
        "timeouts": requests * (how.error_ratio - how.upstream_ratio) if how.pool_waiting else 0.0,
        "upstream": requests * how.upstream_ratio,
        "seconds": sum(count * median * math.exp(SPREAD**2 / 2) for count, median in streams),
    }
    for bound in BUCKETS:
        totals[f"le:{bound}"] = sum(count * _share_below(bound, median) for count, median in streams)
    return totals


def added(base: Mapping[str, Amount], more: Mapping[str, Amount]) -> Totals:
    return {key: base.get(key, 0.0) + more.get(key, 0.0) for key in (*base, *(key for key in more if key not in base))}


@dataclass
class Meter:
    """The counters of one container, carried on whenever it begins to do differently."""

    how: Behaviour
    since: float
    base: Totals

    def at(self, now: float, how: Behaviour) -> Totals:
        """The totals now; from now on it does as `how` says."""
        totals = added(self.base, grown(self.how, self.since, now))
        if how != self.how:
            self.how, self.since, self.base = how, now, totals
        return totals


def _volume(start: float, end: Amount, period: float, phase: float) -> Amount:
    """The integral of 1 + 0.2 sin(…) from start to end."""
    turn = 2 * math.pi / period
    return (end - start) + 0.2 / turn * (math.cos(turn * start + phase) - np.cos(turn * end + phase))


def _share_below(bound: float, median: float) -> float:
    return 0.5 * (1 + math.erf(math.log(bound / median) / (SPREAD * math.sqrt(2))))
