"""Latency, traffic and errors: what a service's callers see."""

from collections import defaultdict
from datetime import datetime

from tools.prometheus.catalog import Requests
from tools.prometheus.inventory import Group, Survey
from tools.prometheus.promql import quoted
from tools.prometheus.readings import Points, Reader, Reading, grouped, rate


async def latency(reader: Reader, way: Requests, known: Survey, *, mean: bool = False) -> list[Reading]:
    """p95 from a histogram; the mean where there is none, or where `mean` is enough (it is far cheaper to compute)."""
    window = reader.window(known)
    mean = mean or not way.bucket
    if mean and not way.total_seconds:
        return []
    readings = []
    for group in known.groups:
        wide = _mean(way, group, window) if mean else _p95(way, group, window)
        for (space, service), points in (await reader.by_service(wide, group)).items():
            matchers = (way.side, *group.matchers_of(space, service))
            readings.append(
                Reading(
                    signal="mean latency" if mean else "latency",
                    title="mean latency" if mean else "p95 latency",
                    unit="s",
                    subject=group.subjects[space][service],
                    points=tuple((at, value * way.seconds) for at, value in points),
                    query=_in_seconds(way, _mean_of(way, matchers, window) if mean else _p95_of(way, matchers, window)),
                    wide=_in_seconds(way, wide),
                    metric=way.total_seconds if mean else way.bucket,
                    step_seconds=reader.span.step_seconds,
                    smear_seconds=window,
                )
            )
    return readings


async def requests(reader: Reader, way: Requests, known: Survey) -> list[Reading]:
    """Traffic, and the share of it that failed, where failures can be told."""
    window = reader.window(known)
    status = known.first(way.status_labels)
    failing = f"{status}=~{quoted(way.failed)}" if status else ""
    counter = way.count if status else way.failures
    readings = []
    for group in known.groups:
        flow = grouped("sum", group, group.derived(rate(way.count, (way.side, *group.matchers()), window)))
        traffic = await reader.by_service(flow, group)
        failed: dict[tuple[str, str], Points] = {}
        bad = ""
        if counter:
            inner = rate(counter, (way.side, *group.matchers(), failing), window)
            bad = grouped("sum", group, group.derived(inner))
            failed = await reader.by_service(bad, group)
        for (space, service), points in traffic.items():
            matchers = (way.side, *group.matchers_of(space, service))
            all_of_it = f"sum({rate(way.count, matchers, window)})"
            common = Reading(
                signal="traffic",
                title="requests",
                unit="1/s",
                subject=group.subjects[space][service],
                points=points,
                query=all_of_it,
                wide=flow,
                metric=way.count,
                step_seconds=reader.span.step_seconds,
                smear_seconds=window,
            )
            readings.append(common)
            if counter:
                failures = failed.get((space, service), ())
                failing_of_it = f"sum({rate(counter, (*matchers, failing), window)})"
                readings.append(
                    Reading(
                        signal="errors",
                        title="error share",
                        unit="%",
                        subject=common.subject,
                        points=_share(failures, points),
                        query=f"100 * {failing_of_it} / {all_of_it}",
                        wide=f"100 * {bad} / {flow}",
                        metric=counter,
                        step_seconds=reader.span.step_seconds,
                        smear_seconds=window,
                        beside={"failed": failures, "traffic": points},
                    )
                )
    return readings


def _p95(way: Requests, group: Group, window: float) -> str:
    flow = group.derived(rate(way.bucket, (way.side, *group.matchers()), window))
    return f"histogram_quantile(0.95, {grouped('sum', group, flow, 'le')})"


def _p95_of(way: Requests, matchers: tuple[str, ...], window: float) -> str:
    return f"histogram_quantile(0.95, sum by (le) ({rate(way.bucket, matchers, window)}))"


def _mean(way: Requests, group: Group, window: float) -> str:
    matchers = (way.side, *group.matchers())
    spent, count = (
        grouped("sum", group, group.derived(rate(metric, matchers, window)))
        for metric in (way.total_seconds, way.count)
    )
    return f"{spent} / {count}"


def _mean_of(way: Requests, matchers: tuple[str, ...], window: float) -> str:
    return f"sum({rate(way.total_seconds, matchers, window)}) / sum({rate(way.count, matchers, window)})"


def _in_seconds(way: Requests, query: str) -> str:
    return query if way.seconds == 1 else f"{way.seconds:g} * {query}"


def _share(part: Points, whole: Points) -> Points:
    """Percent of `whole` that is `part`; a counter of failures that does not exist yet counts as none."""
    values: dict[datetime, float] = defaultdict(float, part)
    return tuple((at, min(100.0, 100 * values[at] / value)) for at, value in whole if value > 0)
