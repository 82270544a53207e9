"""Plain questions about one metric: "CPU of all services in the last hour", answered as table, chart and evidence."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from difflib import get_close_matches
from statistics import fmean
from typing import Literal

from domain.cards import Chart, Series, Table
from domain.cluster_state import ClusterState
from domain.errors import ToolFailed
from domain.evidence import Evidence
from domain.look import Look
from policy.untrusted import clean
from tools.prometheus import catalog, consuming, serving, telling
from tools.prometheus.asking import Asker
from tools.prometheus.identity import Workloads
from tools.prometheus.inventory import Survey
from tools.prometheus.readings import Reader, Reading, Span, merged
from tools.prometheus.source import MetricsSource
from tools.prometheus.units import humanised

What = Literal["cpu", "memory", "latency", "errors", "traffic", "restarts"]
TITLES: dict[What, str] = {
    "cpu": "CPU",
    "memory": "Memory",
    "latency": "Latency (p95)",
    "errors": "Error share",
    "traffic": "Requests",
    "restarts": "Restarts",
}
_NEEDED: dict[What, str] = {
    "cpu": "container_cpu_usage_seconds_total from cAdvisor, or process_cpu_seconds_total from the service",
    "memory": "container_memory_working_set_bytes from cAdvisor, or process_resident_memory_bytes from the service",
    "latency": "a histogram of request durations, like http_server_request_duration_seconds_bucket",
    "errors": "a counter of requests with their status, like http_requests_total",
    "traffic": "a counter of requests, like http_requests_total",
    "restarts": "kube_pod_container_status_restarts_total from kube-state-metrics",
}
_MOST_LINES = 8
"""Series on one chart that people can still tell apart."""
_MOST_ROWS = 40
_POINTS = 60


async def answer_metric_question(
    source: MetricsSource,
    look: Look,
    what: What,
    namespaces: Collection[str] | None,
    service: str | None = None,
    hours: float = 1,
    *,
    state: ClusterState | None = None,
) -> tuple[Table, Chart, list[Evidence]]:
    """One metric of all services (or one), highest first. `ToolFailed` says when there is none, or no such service."""
    ask = Asker(source, look)
    end = look.window.end if look.window else look.now
    length = look.window.end - look.window.start if look.window else timedelta(hours=hours)
    span = Span.until(end, max(length, timedelta(minutes=5)), _POINTS, namespaces)
    reader = Reader(ask, span, Workloads(state))
    found = [reading for reading in await _read(reader, what, await ask.names()) if reading.points]
    if not found:
        raise ToolFailed(_nothing(ask, span, what))
    asked = _of(service, found) if service else found
    ranked = sorted(asked, key=lambda reading: (-_now(reading), reading.subject.service))
    return _table(ranked, what, span, ask), _chart(ranked, what), _evidence(asked, span, ask, reader.workloads.cluster)


async def _read(reader: Reader, what: What, names: frozenset[str]) -> list[Reading]:
    match what:
        case "cpu":
            return merged(await consuming.usage(reader, catalog.CPU, catalog.CPU_USAGE, names, of="all"))
        case "memory":
            return merged(await consuming.usage(reader, catalog.MEMORY, catalog.MEMORY_USAGE, names, of="all"))
        case "restarts":
            return merged(await consuming.restarts(reader, names))
        case "latency" | "errors" | "traffic":

            async def one(way: catalog.Requests) -> list[Reading]:
                known: Survey | None = await reader.survey(way.count, side=way.side)
                if not known:
                    return []
                ask = serving.latency if what == "latency" else serving.requests
                return await ask(reader, way, known)

            answers = await asyncio.gather(*(one(way) for way in catalog.requests(names)))
            wanted = ("latency", "mean latency") if what == "latency" else (what,)
            return merged([reading for some in answers for reading in some if reading.signal in wanted])


def _of(service: str, found: Sequence[Reading]) -> list[Reading]:
    wanted = service.casefold()
    mine = [r for r in found if wanted in (r.subject.service.casefold(), r.subject.workload.casefold())]
    if mine:
        return mine
    known = sorted({reading.subject.service for reading in found})
    close = get_close_matches(wanted, known, n=3, cutoff=0.5) or [name for name in known if wanted in name][:3]
    asked = clean(service, cap=80)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"It has: {', '.join(known[:10])}."
    raise ToolFailed(f"Prometheus has no series of a service called {asked} there. {clean(hint, cap=600)}")


def _nothing(ask: Asker, span: Span, what: What) -> str:
    if ask.failed:
        return str(ask.failed[0])
    where = "any namespace" if span.namespaces is None else f"namespace {', '.join(span.namespaces[:5]) or '(none)'}"
    return (
        f"Prometheus at {ask.url} has no series for {TITLES[what]} in {where} between {span.start:%H:%M} and "
        f"{span.end:%H:%M} UTC. It would need {_NEEDED[what]}."
    )


def _table(ranked: Sequence[Reading], what: What, span: Span, ask: Asker) -> Table:
    many = len({reading.subject.namespace for reading in ranked}) > 1
    over = _ago(span)
    columns = ("In all", "Most at once") if what == "restarts" else ("Now", "Average", "Peak")
    rows = []
    for reading in ranked[:_MOST_ROWS]:
        values = [value for _, value in reading.points]
        numbers = (sum(values), max(values)) if what == "restarts" else (values[-1], fmean(values), max(values))
        who = [reading.subject.service, *([reading.subject.namespace] if many else [])]
        said = (f"{value:.0f}" if what == "restarts" else humanised(value, reading.unit) for value in numbers)
        rows.append((*(clean(name, cap=120) for name in who), *said))
    more = f" The other {len(ranked) - _MOST_ROWS} are lower." if len(ranked) > _MOST_ROWS else ""
    notes = "".join(f" {note}" for note in ask.notes)
    return Table(
        ("Service", *(["Namespace"] if many else []), *columns),
        tuple(rows),
        f"{TITLES[what]}, {over}, highest first.{more}{notes}",
    )


def _chart(ranked: Sequence[Reading], what: What) -> Chart:
    many = len({reading.subject.namespace for reading in ranked}) > 1
    series = tuple(
        Series(
            clean(f"{r.subject.namespace}/{r.subject.service}" if many else r.subject.service, cap=120),
            r.points,
        )
        for r in ranked[:_MOST_LINES]
    )
    return Chart(TITLES[what], ranked[0].unit, series)


def _evidence(found: Sequence[Reading], span: Span, ask: Asker, cluster: str) -> list[Evidence]:
    if len(found) == 1:
        return [telling.of_one(found[0], span, cluster=cluster, url=ask.url)]
    by_query: dict[str, list[Reading]] = {}
    for reading in found:
        by_query.setdefault(reading.wide, []).append(reading)
    return [telling.overview(group, span, url=ask.url) for group in by_query.values()]


def _now(reading: Reading) -> float:
    return sum(value for _, value in reading.points) if reading.signal == "restarts" else reading.points[-1][1]


def _ago(span: Span) -> str:
    minutes = round((span.end - span.start).total_seconds() / 60)
    length = f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:g} hours"
    return f"the {length} until {span.end:%H:%M} UTC"
