"""Metrics from memory beside a real Prometheus: starting with a written past, a whole look at it, and memory."""

import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from domain.look import Look
from domain.people import Person
from practice import planes, telemetries
from practice.history import Chapter
from practice.plane import Plane
from practice.series import Play
from practice.traffic import behaviour
from practice.worlds import Program
from tools.prometheus.connection import connect
from tools.prometheus.signals import read_signals

LOOKS = 5
SPACE = "shop"
PLAY = Play(SPACE, "", "", "app", "n1", "r/app:1", "", "", "x", "Running", True, 0, memory_limit=2.0**28)


async def main() -> dict[str, dict[str, float]]:
    plane = await planes.start(planes.chosen(), Path(tempfile.mkdtemp(prefix="hilda-bench-")))
    try:
        return {
            f"{pods} pods, {kind}": await _measured(kind, plane, pods)
            for pods in (30, 300)
            for kind in ("small", "real")
        }
    finally:
        await plane.stop()


async def _measured(kind: telemetries.Kind, plane: Plane, pods: int) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="hilda-bench-"))
    began = time.perf_counter()
    telemetry = await telemetries.start(kind, folder, plane, namespaces=[SPACE], chapters=_chapters(pods))
    await telemetry.goes_on()
    started = time.perf_counter() - began
    source = connect(telemetry.url, seconds=30)
    try:
        looks = []
        for _ in range(LOOKS):
            began = time.perf_counter()
            look = Look(Person("terminal", "here", "1"), datetime.now(UTC), seconds=30.0)
            assert (await read_signals(source, look, namespaces=[SPACE])).readings
            looks.append(time.perf_counter() - began)
        memory = sum(_resident(pid) for pid in telemetry.children.pids)
    finally:
        await source.close()
        await telemetry.stop()
    return {"ready after, s": round(started, 2), "a look, s": round(statistics.median(looks), 2), "MiB": round(memory)}


def _chapters(pods: int) -> list[Chapter]:
    """Three pods per service, all of them replaced twenty minutes ago."""
    now = time.time()

    def plays(release: str) -> tuple[Play, ...]:
        return tuple(_play(number, release) for number in range(pods))

    return [Chapter(now - 9 * 3600, now - 1200, plays("7f8d9c6b5")), Chapter(now - 1200, now, plays("5c4b8d7f9"))]


def _play(number: int, release: str) -> Play:
    service = f"svc-{number // 3}"
    program = Program(f"r/{service}", service=service, requests_per_second=30)
    how = behaviour(program, running=True, ready=True, sharing=3, pool_size=0)
    pod, address = f"{service}-{release}-x{number:04d}", f"10.0.{number // 250}.{number % 250}:80"
    return replace(PLAY, pod=pod, uid=f"{release}{number}", service=service, instance=address, how=how)


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))
