"""What containers take of CPU and memory, how much they may, and how often they restarted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from tools.prometheus import catalog
from tools.prometheus.catalog import Signal, Usage
from tools.prometheus.inventory import Survey
from tools.prometheus.promql import duration, equals, selector
from tools.prometheus.quantities import quantity
from tools.prometheus.readings import Reader, Reading, grouped, rate

Limits = Mapping[tuple[str, str, str], float]


async def usage(
    reader: Reader, signal: Signal, ways: Sequence[Usage], names: Collection[str], *, of: Literal["busiest", "all"]
) -> list[Reading]:
    """By the first way that has series here: each container of the busiest pod, or all pods of a workload together."""
    for way in ways:
        known = await reader.survey(way.metric, pods_only=way.title == "containers") if way.metric in names else None
        if known:
            return await (_busiest(reader, signal, way, known) if of == "busiest" else _all(reader, signal, way, known))
    return []


async def restarts(reader: Reader, names: Collection[str]) -> list[Reading]:
    """How many restarts there were in each step of the span."""
    step = duration(reader.span.step_seconds)
    readings: list[Reading] = []
    for way in catalog.RESTART_COUNTS:
        known = await reader.survey(way.metric, pods_only=True) if way.metric in names and not readings else None
        for group in known.groups if known else ():
            wide = grouped("sum", group, group.derived(f"increase({selector(way.metric, *group.matchers())}[{step}])"))
            readings += [
                Reading(
                    signal=catalog.RESTARTS.name,
                    title=catalog.RESTARTS.title,
                    unit="",
                    subject=group.subjects[space][service],
                    points=points,
                    query=f"sum(increase({selector(way.metric, *group.matchers_of(space, service))}[{step}]))",
                    wide=wide,
                    metric=way.metric,
                    step_seconds=reader.span.step_seconds,
                )
                for (space, service), points in (await reader.by_service(wide, group)).items()
            ]
    return readings


async def limits(reader: Reader, resource: str, names: Collection[str]) -> Limits:
    """(namespace, workload, container) → its limit, from the first series that tells limits."""
    found: dict[tuple[str, str, str], float] = {}
    for metric, side in catalog.LIMITS[resource]:
        known = await reader.survey(metric, side=side, pods_only=True) if metric in names else None
        for group in known.groups if known else ():
            container = known.first(catalog.CONTAINER_LABELS) if known else ""
            inner = group.derived(selector(metric, side, *group.matchers()))
            query = grouped("max", group, inner, *([container] if container else []))
            for row in await reader.ask.instant(query, reader.span.end):
                whose = group.whose(row.labels)
                # Some exporters say 0, others an absurd number, where there is no limit.
                if whose and 0 < row.value < 2**60:
                    who = group.subjects[whose[0]][whose[1]]
                    found[who.namespace, who.workload, row.labels.get(container, "")] = row.value
        if found:
            break
    return found


def with_limit(reader: Reader, reading: Reading, known: Limits, resource: str) -> Reading:
    """`reading` with its limit beside it: from the metrics, else from the pods' own specification."""
    who = reading.subject
    limit = known.get((who.namespace, who.workload, reading.container))
    if limit is None:
        written = reader.workloads.limit(who.namespace, who.workload, reading.container, resource)
        limit = quantity(written) if written else None
    if not limit or not reading.points:
        return reading
    return replace(reading, beside={**reading.beside, "limit": ((reading.points[-1][0], limit),)})


async def _busiest(reader: Reader, signal: Signal, way: Usage, known: Survey) -> list[Reading]:
    container = known.first(catalog.CONTAINER_LABELS)
    more = [container] if container else []
    readings = []
    for group in known.groups:
        amount = _Amount(reader, way, known, more)
        by = [label for label in (group.namespace_label, group.service_label) if label]
        each = tuple(dict.fromkeys([*by, *([amount.pod] if amount.pod else []), *more]))
        wide = grouped("max", group, group.derived(amount.of(group.matchers(), each)), *more)
        for row in await reader.values(wide):
            whose = group.whose(row.labels)
            if whose:
                box = row.labels.get(container, "") if container else ""
                matchers = (*group.matchers_of(*whose), *([equals(container, box)] if box else []))
                readings.append(
                    Reading(
                        signal=signal.name,
                        title=signal.title,
                        unit=signal.unit,
                        subject=group.subjects[whose[0]][whose[1]],
                        points=row.points,
                        query=f"max({amount.of(matchers, each)})",
                        wide=wide,
                        metric=way.metric,
                        step_seconds=reader.span.step_seconds,
                        smear_seconds=amount.window,
                        container=box,
                    )
                )
    return readings


async def _all(reader: Reader, signal: Signal, way: Usage, known: Survey) -> list[Reading]:
    readings = []
    for group in known.groups:
        amount = _Amount(reader, way, known, [known.first(catalog.CONTAINER_LABELS)])
        wide = grouped("sum", group, group.derived(amount.each(group.matchers())))
        for whose, points in (await reader.by_service(wide, group)).items():
            readings.append(
                Reading(
                    signal=signal.name,
                    title=signal.title,
                    unit=signal.unit,
                    subject=group.subjects[whose[0]][whose[1]],
                    points=points,
                    query=f"sum({amount.each(group.matchers_of(*whose))})",
                    wide=wide,
                    metric=way.metric,
                    step_seconds=reader.span.step_seconds,
                    smear_seconds=amount.window,
                )
            )
    return readings


class _Amount:
    """PromQL for what is taken: a rate of a counter, or a gauge as it is."""

    def __init__(self, reader: Reader, way: Usage, known: Survey, containers: Sequence[str]) -> None:
        self.window = reader.window(known) if way.counts else 0.0
        self.pod = known.first(catalog.POD_LABELS)
        self._metric = way.metric
        # The empty container is the sum of all of them; POD is the pause container.
        self._real = tuple(f'{label}!="{not_one}"' for label in containers if label for not_one in ("", "POD"))

    def each(self, matchers: tuple[str, ...]) -> str:
        wanted = (*matchers, *self._real)
        return rate(self._metric, wanted, self.window) if self.window else selector(self._metric, *wanted)

    def of(self, matchers: tuple[str, ...], by: tuple[str, ...]) -> str:
        return f"sum by ({', '.join(by)}) ({self.each(matchers)})"
