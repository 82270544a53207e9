"""Made-up metrics of made-up services: drawn from a seed, written as OpenMetrics, served by a real Prometheus."""

import math
import random
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

Counts = Any
NOW = datetime(2026, 3, 4, 14, 30, tzinfo=UTC)
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

Course = Callable[[float], float]
"""Minutes relative to NOW (negative: before) → a value."""


def steady(value: float) -> Course:
    return lambda _: value


def raised(low: float, high: float, *, since: float, until: float = math.inf) -> Course:
    """`high` from `since` to `until` (minutes relative to NOW), else `low`."""
    return lambda minute: high if since <= minute < until else low


@dataclass
class World:
    """Series under construction; every value gets its own noise from the seed."""

    seed: int
    hours: float = 3.0
    scrape: int = 15
    families: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.moments = [
            NOW - timedelta(seconds=self.scrape * i) for i in range(int(self.hours * 3600 / self.scrape), -1, -1)
        ]

    def minute(self, at: datetime) -> float:
        return (at - NOW).total_seconds() / 60

    def name(self, *stems: str) -> str:
        return self.random.choice(stems) + "".join(self.random.choices("bcdfghjklm", k=3))

    def pods(self, workload: str, count: int = 2) -> list[str]:
        template = "".join(self.random.choices("bcdfghjklmnpqrstvwxz2456789", k=9))
        return [
            f"{workload}-{template}-" + "".join(self.random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
            for _ in range(count)
        ]

    def gauge(
        self, name: str, labels: dict[str, str], course: Course, *, noise: float = 0.05, whole: bool = False
    ) -> None:
        lines = self.family(name, "gauge")
        for at in self.moments:
            value = course(self.minute(at)) * math.exp(self.random.gauss(0, noise))
            lines.append(f"{name}{_braces(labels)} {round(value) if whole else value:.6g} {at.timestamp():.0f}")

    def counter(self, name: str, labels: dict[str, str], per_second: Course, *, noise: float = 0.1) -> None:
        stem = name.removesuffix("_total")
        lines = self.family(stem, "counter" if name.endswith("_total") else "unknown")
        total = self.random.uniform(0, 10_000)
        for at in self.moments:
            expected = per_second(self.minute(at)) * self.scrape
            total += max(0.0, expected * math.exp(self.random.gauss(0, noise)))
            lines.append(f"{name}{_braces(labels)} {total:.3f} {at.timestamp():.0f}")

    def histogram(
        self, name: str, labels: dict[str, str], per_second: Course, typical: Course, *, scale: float = 1.0,
        statuses: dict[str, Course] | None = None, status_label: str = "code",
    ) -> None:  # fmt: skip
        """Requests whose durations are log-normal around `typical` seconds."""
        for status, share in (statuses or {"": steady(1.0)}).items():
            own = {**labels, **({status_label: status} if status else {})}
            counts = [0.0] * (len(BOUNDS) + 1)
            spent = 0.0
            lines = self.family(name, "histogram")
            for at in self.moments:
                minute = self.minute(at)
                calls = per_second(minute) * self.scrape * share(minute) * math.exp(self.random.gauss(0, 0.1))
                middle = typical(minute) * math.exp(self.random.gauss(0, 0.05))
                for i, bound in enumerate(BOUNDS):
                    counts[i] += calls * _below(bound, middle)
                counts[-1] += calls
                spent += calls * middle * 1.13
                stamp = f"{at.timestamp():.0f}"
                for bound, count in zip(BOUNDS, counts, strict=False):
                    lines.append(f"{name}_bucket{_braces({**own, 'le': f'{bound * scale:g}'})} {count:.3f} {stamp}")
                lines.append(f"{name}_bucket{_braces({**own, 'le': '+Inf'})} {counts[-1]:.3f} {stamp}")
                lines.append(f"{name}_count{_braces(own)} {counts[-1]:.3f} {stamp}")
                lines.append(f"{name}_sum{_braces(own)} {spent * scale:.6f} {stamp}")

    def text(self) -> str:
        parts = []
        for name, (kind, lines) in self.families.items():
            # A metric's series must stand together, each in order of time.
            parts += [f"# TYPE {name} {kind}", *sorted(lines, key=_series_then_time)]
        return "\n".join([*parts, "# EOF", ""])

    def family(self, name: str, kind: str) -> list[str]:
        return self.families.setdefault(name, (kind, []))[1]


def _series_then_time(line: str) -> tuple[str, int]:
    series, _, stamp = line.rsplit(" ", 2)
    return series, int(stamp)


def _braces(labels: dict[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{key}="{escaped(value)}"' for key, value in labels.items()) + "}"


def _below(bound: float, middle: float) -> float:
    """The share of log-normal durations around `middle` that stay below `bound`."""
    return 0.5 * (1 + math.erf(math.log(bound / middle) / (0.5 * math.sqrt(2))))


@dataclass
class Served:
    """A real Prometheus over a world's series."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def serve(world: World, folder: Path, *, flags: tuple[str, ...] = (), rules: str = "") -> Served:
    """Backfills the world and starts Prometheus on it; the caller stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    series, data = folder / "series.txt", folder / "data"
    config = folder / "prometheus.yml"
    config.write_text(f"rule_files: ['{folder}/rules.yml']\n" if rules else "{}\n")
    (folder / "rules.yml").write_text(rules)
    if world.families:
        series.write_text(world.text())
        promtool = shutil.which("promtool") or "promtool"
        made = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(series), str(data)]
        subprocess.run(made, check=True, capture_output=True, timeout=60)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [
            shutil.which("prometheus") or "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            *flags,
        ],
        stdout=log,
        stderr=log,
    )
    log.close()
    served = Served(f"http://127.0.0.1:{port}", process)
    deadline = time.monotonic() + 20
    prefix = next((flag.partition("=")[2] for flag in flags if flag.startswith("--web.route-prefix")), "")
    while True:
        try:
            with urllib.request.urlopen(f"{served.url}{prefix}/-/ready", timeout=1):
                return served
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                served.stop()
                raise RuntimeError(f"Prometheus did not start: {(folder / 'log').read_text()[-2000:]}") from None
            time.sleep(0.05)


def ordinary_day(seed: int, space: str, *, services: int = 6, hours: float = 25.0, scrape: int = 60) -> World:
    """A day without faults: few and many requests, daily waves, garbage collection, a rollout, rare errors, spikes.

    Every request is counted as a whole one with a duration of its own, so that small numbers are as noisy as in life.
    """
    world = World(seed, hours=hours, scrape=scrape)
    chance = np.random.default_rng(seed)
    n = len(world.moments)
    minutes = np.array([world.minute(at) for at in world.moments])
    day = np.sin(2 * np.pi * (minutes + chance.uniform(0, 1440)) / 1440)
    for _ in range(services):
        service = world.name("ord", "pay", "user", "mail", "cart")
        busy = 10 ** chance.uniform(-1.5, 1.2)
        typical = 10 ** chance.uniform(-2, -0.5)
        rollout = int(chance.integers(n // 4, n - 5))
        for generation, count in ((slice(0, rollout), 2), (slice(rollout, n), 2)):
            for pod in world.pods(service, count):
                labels = {"namespace": space, "service": service, "pod": pod}
                moments, wave = world.moments[generation], day[generation]
                length = len(moments)
                calls = chance.poisson(busy / 2 * (1 + 0.6 * wave) * scrape)
                middle = typical * (1 + 0.25 * wave) * np.exp(chance.normal(0, 0.1, length))
                middle[chance.random(length) < 0.004] *= 8
                bad = chance.binomial(calls, 0.002)
                _requests(world, labels, moments, calls - bad, middle, "200", chance)
                _requests(world, labels, moments, bad, middle, "500", chance)
                used = np.minimum(20, chance.poisson(3 * (1 + 0.6 * wave)))
                rising = 120e6 + 60e6 * ((np.arange(length) * scrape / 60 % 43) / 43) + chance.normal(0, 2e6, length)
                cores = 0.15 * (1 + 0.6 * wave) * np.exp(chance.normal(0, 0.15, length))
                _write(world, "db_client_connections_usage", {**labels, "state": "used"}, moments, used)
                _write(world, "db_client_connections_max", labels, moments, np.full(length, 20))
                _write(world, "db_client_connections_pending_requests", labels, moments, chance.random(length) < 0.01)
                box = {"namespace": space, "pod": pod, "container": service}
                _write(world, "container_memory_working_set_bytes", box, moments, rising)
                _write(world, "container_cpu_usage_seconds_total", box, moments, np.cumsum(cores * scrape), "counter")
                _write(
                    world,
                    "kube_pod_container_resource_limits",
                    {**box, "resource": "cpu"},
                    moments,
                    np.full(length, 0.5),
                )
                limit = {**box, "resource": "memory"}
                _write(world, "kube_pod_container_resource_limits", limit, moments, np.full(length, 256 * 2**20))
    return world


def _requests(
    world: World, labels: dict[str, str], moments: list[datetime], calls: Counts, middle: Counts, code: str,
    chance: np.random.Generator,
) -> None:  # fmt: skip
    shares = np.array([[_below(bound, value) for bound in BOUNDS] for value in middle])
    edges = np.diff(np.concatenate([np.zeros((len(middle), 1)), shares, np.ones((len(middle), 1))], axis=1), axis=1)
    edges = np.clip(edges, 0, 1)
    each = np.array([chance.multinomial(n, p / p.sum()) for n, p in zip(calls, edges, strict=True)])
    totals = np.cumsum(np.cumsum(each, axis=0), axis=1)
    own = {**labels, "code": code}
    name = "http_request_duration_seconds"
    for i, bound in enumerate([*(f"{bound:g}" for bound in BOUNDS), "+Inf"]):
        _write(world, f"{name}_bucket", {**own, "le": bound}, moments, totals[:, i], "histogram", name)
    _write(world, f"{name}_count", own, moments, totals[:, -1], "histogram", name)
    _write(world, f"{name}_sum", own, moments, np.cumsum(calls * middle * 1.13), "histogram", name)


def _write(
    world: World, name: str, labels: dict[str, str], moments: list[datetime], values: Counts, kind: str = "gauge",
    family: str = "",
) -> None:  # fmt: skip
    lines = world.family(family or (name.removesuffix("_total") if kind == "counter" else name), kind)
    braces = _braces(labels)
    lines += [f"{name}{braces} {value:.6g} {at.timestamp():.0f}" for at, value in zip(moments, values, strict=True)]
