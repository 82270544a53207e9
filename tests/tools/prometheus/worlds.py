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

NOW = datetime(2026, 3, 4, 14, 30, tzinfo=UTC)
SCRAPE = 15
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
    families: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.moments = [NOW - timedelta(seconds=SCRAPE * i) for i in range(int(self.hours * 3600 / SCRAPE), -1, -1)]

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
        lines = self._family(name, "gauge")
        for at in self.moments:
            value = course(self.minute(at)) * math.exp(self.random.gauss(0, noise))
            lines.append(f"{name}{_braces(labels)} {round(value) if whole else value:.6g} {at.timestamp():.0f}")

    def counter(self, name: str, labels: dict[str, str], per_second: Course, *, noise: float = 0.1) -> None:
        stem = name.removesuffix("_total")
        lines = self._family(stem, "counter" if name.endswith("_total") else "unknown")
        total = self.random.uniform(0, 10_000)
        for at in self.moments:
            expected = per_second(self.minute(at)) * SCRAPE
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
            lines = self._family(name, "histogram")
            for at in self.moments:
                minute = self.minute(at)
                calls = per_second(minute) * SCRAPE * share(minute) * math.exp(self.random.gauss(0, 0.1))
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

    def _family(self, name: str, kind: str) -> list[str]:
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
