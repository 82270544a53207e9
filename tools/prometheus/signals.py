"""The golden signals of some namespaces, looked at once: what is not as it should be, and what was looked at."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from domain.cards import Chart
from domain.cluster_state import ClusterState
from domain.errors import ToolFailed
from domain.evidence import Evidence
from domain.findings import Finding
from domain.look import Look, Window
from tools.prometheus import alerts, catalog, judgement, telling
from tools.prometheus.asking import Asker
from tools.prometheus.identity import Workloads
from tools.prometheus.readings import Reader, Reading, Span, merged
from tools.prometheus.source import MetricsSource

BACK = timedelta(hours=2)
EITHER_SIDE = timedelta(minutes=10)
_BEFORE_A_WINDOW = timedelta(minutes=45)
_AFTER_A_WINDOW = timedelta(minutes=30)
_MOST_WAYS = 6
"""Kinds of instrumentation that one look reads."""
_MOST_CHARTS = 6

OnProgress = Callable[[str], object]


@dataclass(frozen=True)
class Signals:
    """What the metrics say. `findings` of what is over carry `recovered_at`; causes come before their consequences."""

    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """Of the findings, and of everything else that was looked at."""
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be seen, in sentences."""
    readings: tuple[Reading, ...] = field(default=(), repr=False)


async def read_signals(
    source: MetricsSource,
    look: Look,
    *,
    namespaces: Collection[str] | None,
    window: Window | None = None,
    state: ClusterState | None = None,
    on_progress: OnProgress | None = None,
) -> Signals:
    """Latency, errors, traffic and saturation of `namespaces` (None: all), and firing alerts.

    With a window (or `look.window`) the question is about then: ten minutes either side of it count. `state` helps to
    tell which workload a series belongs to and what its limits are. Raises `ToolFailed` when nothing can be read.
    """
    window = window or look.window
    ask = Asker(source, look)
    workloads = Workloads(state)
    span = _span(look, window, namespaces)
    reader = Reader(ask, span, workloads)
    tell = on_progress or (lambda _: None)
    names = await ask.names()
    if not names:
        raise ToolFailed(
            f"Prometheus at {source.url} has no series at all. Is it scraping, and is the tenant (X-Scope-OrgID) right?"
        )
    tell(f"Prometheus knows {len(names)} metrics")

    reads: list[Coroutine[Any, Any, list[Reading]]] = [_requests(reader, way) for way in _ways(names)]
    reads += [_pool(reader, way) for way in catalog.pools(names)[:_MOST_WAYS]]
    reads += [_usage(reader, catalog.CPU, names), _usage(reader, catalog.MEMORY, names)]
    firing, *answers = await asyncio.gather(alerts.firing(ask, span, past=window is not None), *reads)
    readings = merged([reading for answer in answers for reading in answer])
    if not readings and not firing and ask.failed:
        raise ask.failed[0]
    tell(f"read {len(readings)} signals")

    troubled = _troubled(readings, look, window, ask, span)
    findings = [telling.finding(r, t, span, cluster=workloads.cluster, url=ask.url) for r, t in troubled]
    findings += [alerts.finding(alert, workloads, url=ask.url) for alert in firing]
    unique = tuple({finding.id: finding for finding in reversed(findings)}.values())[::-1]
    if not readings:
        ask.note(f"Prometheus has no series of golden signals for {_spaces(span)}.")
    return Signals(
        unique,
        tuple(dict.fromkeys([e for found in unique for e in found.evidence]))
        + tuple(_overviews(readings, span, ask.url)),
        tuple(telling.chart(r, t) for r, t in troubled[:_MOST_CHARTS]),
        ask.notes,
        tuple(readings),
    )


def _span(look: Look, window: Window | None, namespaces: Collection[str] | None) -> Span:
    if window is None:
        return Span.until(look.now, BACK, 120, namespaces)
    end = min(look.now, window.end + _AFTER_A_WINDOW)
    start = min(window.start, end) - _BEFORE_A_WINDOW
    return Span.until(end, end - start, 240, namespaces)


def _ways(names: Collection[str]) -> Sequence[catalog.Requests]:
    return catalog.requests(names)[:_MOST_WAYS]


async def _requests(reader: Reader, way: catalog.Requests) -> list[Reading]:
    known = await reader.survey(way.count, side=way.side)
    if known is None:
        return []
    latency, requests = await asyncio.gather(reader.latency(way, known), reader.requests(way, known))
    return [*latency, *requests]


async def _pool(reader: Reader, way: catalog.Pool) -> list[Reading]:
    known = await reader.survey(way.in_use)
    return await reader.pool(way, known) if known else []


async def _usage(reader: Reader, signal: catalog.Signal, names: Collection[str]) -> list[Reading]:
    """Use of CPU or memory, with the limit beside it where one is known."""
    ways = catalog.CPU_USAGE if signal is catalog.CPU else catalog.MEMORY_USAGE
    for way in ways:
        if way.metric not in names:
            continue
        known = await reader.survey(way.metric, pods_only=way.title == "containers")
        if known is None:
            continue
        used, limits = await asyncio.gather(reader.usage(signal, way, known), reader.limits(signal.name, names))
        return [_with_limit(reading, reader.limit(reading, limits, signal.name)) for reading in used]
    return []


def _with_limit(reading: Reading, limit: float | None) -> Reading:
    if limit is None or not reading.points:
        return reading
    return replace(reading, beside={**reading.beside, "limit": ((reading.points[-1][0], limit),)})


def _troubled(
    readings: Sequence[Reading], look: Look, window: Window | None, ask: Asker, span: Span
) -> list[tuple[Reading, judgement.Trouble]]:
    """Readings in trouble that the question is about: what goes on before what is over, causes before effects."""
    found = []
    for reading in readings:
        trouble = judgement.judge(reading)
        if trouble is None:
            continue
        sides = (window.start - EITHER_SIDE, window.end + EITHER_SIDE) if window else (None, None)
        if not judgement.concerns(trouble, now=look.now, start=sides[0], end=sides[1]):
            continue
        if trouble.recovered_at is None and judgement.is_stale(reading.points, span.end):
            ask.note(
                f"The {reading.title} of {reading.subject.service} ends at {reading.points[-1][0]:%H:%M} UTC: "
                "whether it is still so cannot be told."
            )
        found.append((reading, trouble))
    order = list(telling.CODES.values())
    rank = {"pool-exhausted": 0, "cpu-saturated": 1, "errors-high": 2, "latency-high": 3, "memory-near-limit": 4}
    assert set(rank) == set(order)
    return sorted(
        found,
        key=lambda item: (item[1].recovered_at is not None, rank[telling.CODES[item[0].signal]], not item[1].badly),
    )


def _overviews(readings: Sequence[Reading], span: Span, url: str) -> list[Evidence]:
    by_signal: dict[tuple[str, str], list[Reading]] = {}
    for reading in readings:
        by_signal.setdefault((reading.signal, reading.metric), []).append(reading)
    return [
        telling.overview(group, span, url=url, query=_all_of_it(group, span), title=group[0].title, unit=group[0].unit)
        for group in by_signal.values()
    ]


def _all_of_it(group: Sequence[Reading], span: Span) -> str:
    """The query of one service stands for those of the others: it is what a person would edit."""
    return max(group, key=lambda reading: reading.points[-1][1] if reading.points else 0.0).query


def _spaces(span: Span) -> str:
    if span.namespaces is None:
        return "this cluster"
    return f"the namespace{'s' if len(span.namespaces) != 1 else ''} {', '.join(span.namespaces[:5])}"
