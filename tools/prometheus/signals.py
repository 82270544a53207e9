"""The golden signals of some namespaces, looked at once: what is not as it should be, and what was looked at."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.cards import Chart
from domain.cluster_state import ClusterState
from domain.errors import ToolFailed
from domain.evidence import Evidence
from domain.findings import Finding
from domain.look import Look, Window
from tools.prometheus import alerts, catalog, consuming, earlier, judgement, pooling, serving, telling
from tools.prometheus.asking import Asker
from tools.prometheus.identity import Workloads
from tools.prometheus.readings import Reader, Reading, Span, merged
from tools.prometheus.source import MetricsSource

BACK = timedelta(hours=2)
EITHER_SIDE = timedelta(minutes=10)
_BEFORE_A_WINDOW = timedelta(minutes=45)
_AFTER_A_WINDOW = timedelta(minutes=30)
_SAYS_NOTHING_ANY_MORE = timedelta(minutes=30)
_MANY_PODS = 150
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

    long = Reader(ask, earlier.span(look.now, span), workloads) if window is None else None
    firing, served, saturation = await asyncio.gather(
        alerts.firing(ask, span, past=window is not None),
        _served(reader, long, names),
        _saturation(reader, names),
    )
    readings = merged([*served.now, *saturation])
    if not readings and not firing and ask.failed:
        raise ask.failed[0]
    tell(f"read {len(readings)} signals")

    troubled = _troubled(readings, look, window, ask, span)
    if long:
        troubled += earlier.long_standing(merged(served.long), troubled, readings, span)
        troubled = [(r, await earlier.told_from(long, r, t)) for r, t in troubled]
    troubled = _worst_first(troubled)
    findings = [telling.finding(r, t, span, cluster=workloads.cluster, url=ask.url) for r, t in troubled]
    findings += [alerts.finding(alert, workloads, url=ask.url) for alert in firing]
    unique = tuple({finding.id: finding for finding in reversed(findings)}.values())[::-1]
    if not readings:
        ask.note(f"Prometheus has no series of golden signals for {_spaces(span)}.")
    of_findings = tuple(dict.fromkeys(evidence for found in unique for evidence in found.evidence))
    return Signals(
        unique,
        of_findings + tuple(_overviews(readings, span, ask.url)),
        tuple(telling.chart(r, t) for r, t in troubled[:_MOST_CHARTS]),
        ask.notes,
        tuple(readings),
    )


def _near(span: Span) -> Span:
    """Half the usual look back, for quantiles over many pods: they are by far the dearest queries."""
    return replace(span, start=span.start + (span.end - span.start) / 2)


def _span(look: Look, window: Window | None, namespaces: Collection[str] | None) -> Span:
    if window is None:
        return Span.until(look.now, BACK, 120, namespaces)
    end = min(look.now, window.end + _AFTER_A_WINDOW)
    start = min(window.start, end) - _BEFORE_A_WINDOW
    return Span.until(end, end - start, 240, namespaces)


@dataclass(frozen=True, slots=True)
class _Served:
    now: list[Reading]
    long: list[Reading]


async def _served(reader: Reader, long: Reader | None, names: Collection[str]) -> _Served:
    """Latency, traffic and errors; and over a longer time, coarsely, what may have been wrong since before."""

    async def one(way: catalog.Requests) -> tuple[list[Reading], list[Reading]]:
        known = await reader.survey(way.count, side=way.side)
        if known is None:
            return [], []
        near = replace(reader, span=_near(reader.span)) if long and known.rows > _MANY_PODS else reader
        questions = [serving.latency(near, way, known), serving.requests(reader, way, known)]
        if long:
            questions += [serving.latency(long, way, known, mean=True), serving.requests(long, way, known)]
        latency, requests, *earlier_ones = await asyncio.gather(*questions)
        return [*latency, *requests], [reading for some in earlier_ones for reading in some]

    answers = await asyncio.gather(*(one(way) for way in catalog.requests(names)[:_MOST_WAYS]))
    return _Served([r for now, _ in answers for r in now], [r for _, before in answers for r in before])


async def _saturation(reader: Reader, names: Collection[str]) -> list[Reading]:
    """Pools, CPU and memory: what a service may run out of."""
    answers = await asyncio.gather(
        *(_pooled(reader, way) for way in catalog.pools(names)[:_MOST_WAYS]),
        _used(reader, catalog.CPU, catalog.CPU_USAGE, names),
        _used(reader, catalog.MEMORY, catalog.MEMORY_USAGE, names),
    )
    return [reading for answer in answers for reading in answer]


async def _pooled(reader: Reader, way: catalog.Pool) -> list[Reading]:
    known = await reader.survey(way.in_use)
    return await pooling.pool(reader, way, known) if known else []


async def _used(
    reader: Reader, signal: catalog.Signal, ways: Sequence[catalog.Usage], names: Collection[str]
) -> list[Reading]:
    """Use of CPU or memory, with the limit beside it where one is known."""
    used, limits = await asyncio.gather(
        consuming.usage(reader, signal, ways, names, of="busiest"), consuming.limits(reader, signal.name, names)
    )
    return [consuming.with_limit(reader, reading, limits, signal.name) for reading in used]


def _troubled(
    readings: Sequence[Reading], look: Look, window: Window | None, ask: Asker, span: Span
) -> list[tuple[Reading, judgement.Trouble]]:
    """Readings in trouble that the question is about."""
    found = []
    for reading in readings:
        trouble = judgement.judge(reading)
        if trouble is None:
            continue
        sides = (window.start - EITHER_SIDE, window.end + EITHER_SIDE) if window else (None, None)
        if not judgement.concerns(trouble, now=look.now, start=sides[0], end=sides[1]):
            continue
        if trouble.recovered_at is None and judgement.is_stale(reading.points, span.end):
            if reading.points[-1][0] < span.end - _SAYS_NOTHING_ANY_MORE:
                continue
            ask.note(
                f"The {reading.title} of {reading.subject.service} ends at {reading.points[-1][0]:%H:%M} UTC: "
                "whether it is still so cannot be told."
            )
        found.append((reading, trouble))
    return found


_RANK = ("pool-exhausted", "cpu-saturated", "errors-high", "latency-high", "memory-near-limit")


def _worst_first(troubled: Sequence[tuple[Reading, judgement.Trouble]]) -> list[tuple[Reading, judgement.Trouble]]:
    """What goes on before what is over, causes before effects."""
    return sorted(
        troubled,
        key=lambda item: (
            item[1].recovered_at is not None,
            _RANK.index(telling.CODES[item[0].signal]),
            not item[1].badly,
        ),
    )


def _overviews(readings: Sequence[Reading], span: Span, url: str) -> list[Evidence]:
    """One piece of evidence per query, whether it showed trouble or not."""
    by_query: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.points:
            by_query.setdefault(reading.wide, []).append(reading)
    return [telling.overview(group, span, url=url) for group in by_query.values()]


def _spaces(span: Span) -> str:
    if span.namespaces is None:
        return "this cluster"
    return f"the namespace{'s' if len(span.namespaces) != 1 else ''} {', '.join(span.namespaces[:5])}"
