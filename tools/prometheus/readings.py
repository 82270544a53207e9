"""The golden signals as numbers over time, per service: one query per signal and kind of labelling."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.look import Window
from tools.prometheus import catalog
from tools.prometheus.asking import Asker
from tools.prometheus.catalog import Pool, Requests, Usage
from tools.prometheus.identity import Subject, Workloads
from tools.prometheus.inventory import Group, Survey, survey
from tools.prometheus.promql import duration, quoted, selector
from tools.prometheus.quantities import quantity
from tools.prometheus.source import Rows, SeriesData

Points = tuple[tuple[datetime, float], ...]
_FEWEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, how finely, for which namespaces: told to every reading of one look."""

    start: datetime
    end: datetime
    step_seconds: float
    namespaces: tuple[str, ...] | None

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)

    @classmethod
    def until(cls, end: datetime, length: timedelta, points: int, namespaces: Collection[str] | None) -> "Span":
        """About `points` moments, the last of them exactly `end`."""
        step = max(15.0, -(-length.total_seconds() // points // 15) * 15.0)
        steps = -(-length.total_seconds() // step)
        spaces = None if namespaces is None else tuple(sorted(set(namespaces)))
        return cls(end - timedelta(seconds=steps * step), end, step, spaces)


@dataclass(frozen=True, slots=True)
class Reading:
    """One signal of one service over a span."""

    signal: str
    """`latency`, `mean latency`, `errors`, `traffic`, `cpu`, `memory`, `pool`, `restarts`."""
    title: str
    """What a person calls it: `p95 latency`."""
    unit: str
    subject: Subject
    points: Points
    query: str
    """PromQL for just this service."""
    metric: str
    step_seconds: float
    smear_seconds: float = 0.0
    """How long a value looks back: a rate stays high for that long after it is over."""
    beside: Mapping[str, Points] = field(default_factory=dict)
    """What belongs to it: `failed` requests per second, a pool's `in_use`, `most` and `pending`, a `limit`."""
    container: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the signals of one span."""

    ask: Asker
    span: Span
    workloads: Workloads

    async def survey(self, metric: str, *, side: str = "", pods_only: bool = False) -> Survey | None:
        return await survey(
            self.ask,
            metric,
            namespaces=self.span.namespaces,
            at=self.span.end,
            back_seconds=min(7200.0, max(900.0, (self.span.end - self.span.start).total_seconds())),
            workloads=self.workloads,
            side=side,
            pods_only=pods_only,
        )

    async def _values(self, query: str) -> Rows[SeriesData]:
        return await self.ask.range(query, self.span.start, self.span.end, self.span.step_seconds)

    async def _by_service(self, query: str, group: Group) -> dict[tuple[str, str], Points]:
        found = ((group.whose(row.labels), row.points) for row in await self._values(query))
        return {whose: points for whose, points in found if whose}

    async def latency(self, way: Requests, known: Survey) -> list[Reading]:
        """p95 from a histogram; the mean where there is none."""
        window = self.window(known)
        readings = []
        for group in known.groups:
            if way.bucket:
                title, signal = "p95 latency", "latency"
                found = await self._by_service(_quantile(0.95, way, group, window), group)
            elif way.total_seconds:
                title, signal = "mean latency", "mean latency"
                found = await self._by_service(_mean(way, group, window), group)
            else:
                return []
            for (space, service), points in found.items():
                matchers = group.matchers_of(space, service)
                one = _quantile_of(0.95, way, matchers, window) if way.bucket else _mean_of(way, matchers, window)
                readings.append(
                    Reading(
                        signal,
                        title,
                        "s",
                        group.subjects[space][service],
                        tuple((at, value * way.seconds) for at, value in points),
                        one,
                        way.bucket or way.total_seconds,
                        self.span.step_seconds,
                        window,
                    )
                )
        return readings

    async def requests(self, way: Requests, known: Survey) -> list[Reading]:
        """Traffic, and the share of it that failed, where failures can be told."""
        window = self.window(known)
        status = known.first(way.status_labels)
        failing = f"{status}=~{quoted(way.failed)}" if status else ""
        counter = way.count if status else way.failures
        readings = []
        for group in known.groups:
            flow = _grouped("sum", group, _flow(way.count, (way.side, *group.matchers()), window, group))
            traffic = await self._by_service(flow, group)
            failed = {}
            if counter:
                bad = _flow(counter, (way.side, *group.matchers(), failing), window, group)
                failed = await self._by_service(_grouped("sum", group, bad), group)
            for (space, service), points in traffic.items():
                subject = group.subjects[space][service]
                matchers = (way.side, *group.matchers_of(space, service))
                all_of_it = f"sum({_rate(way.count, matchers, window)})"
                readings.append(
                    Reading(
                        "traffic",
                        "requests",
                        "1/s",
                        subject,
                        points,
                        all_of_it,
                        way.count,
                        self.span.step_seconds,
                        window,
                    )
                )
                if counter:
                    failures = failed.get((space, service), ())
                    failing_query = f"sum({_rate(counter, (*matchers, failing), window)})"
                    readings.append(
                        Reading(
                            "errors",
                            "error share",
                            "%",
                            subject,
                            _share(failures, points),
                            f"100 * {failing_query} / {all_of_it}",
                            counter,
                            self.span.step_seconds,
                            window,
                            {"failed": failures, "traffic": points},
                        )
                    )
        return readings

    async def pool(self, way: Pool, known: Survey) -> list[Reading]:
        """How much of the fullest pool of each service is taken."""
        state = known.first(catalog.STATE_LABELS) if way.used_state else ""
        used = f"{state}=~{quoted(way.used_state)}" if state else ""
        instance = known.first((*catalog.POD_LABELS, "instance"))
        inner = [label for label in (instance, known.first(catalog.POOL_LABELS)) if label]
        readings = []
        for group in known.groups:
            own = [label for label in (group.namespace_label, group.service_label) if label]
            each = ", ".join(dict.fromkeys([*own, *inner]))

            def taken(matchers: tuple[str, ...], by: str = each) -> str:
                return (
                    f"100 * sum by ({by}) ({selector(way.in_use, *matchers, used)})"
                    f" / (max by ({by}) ({selector(way.most, *matchers)}) > 0)"
                )

            def gauge(metric: str, *more: str, of: Group = group, by: str = each) -> str:
                return _grouped("max", of, of.derived(f"sum by ({by}) ({selector(metric, *of.matchers(), *more)})"))

            full = await self._by_service(_grouped("max", group, group.derived(taken(group.matchers()))), group)
            if not full:
                continue
            beside = {
                "in_use": await self._by_service(gauge(way.in_use, used), group),
                "most": await self._by_service(gauge(way.most), group),
                "pending": await self._by_service(gauge(way.pending), group) if way.pending else {},
            }
            for (space, service), points in full.items():
                mine = {name: values.get((space, service), ()) for name, values in beside.items()}
                readings.append(
                    Reading(
                        "pool",
                        "connection pool in use",
                        "%",
                        group.subjects[space][service],
                        points,
                        f"max({taken(group.matchers_of(space, service))})",
                        way.in_use,
                        self.span.step_seconds,
                        0.0,
                        {name: values for name, values in mine.items() if values},
                    )
                )
        return readings

    async def usage(self, signal: catalog.Signal, way: Usage, known: Survey) -> list[Reading]:
        """What the busiest pod of each workload takes, container by container."""
        window = self.window(known) if way.counts else 0.0
        pod, container = known.first(catalog.POD_LABELS), known.first(catalog.CONTAINER_LABELS)
        # The empty container is the sum of all of them, POD is the pause container.
        real = (f'{container}!=""', f'{container}!="POD"') if container else ()
        readings = []
        for group in known.groups:
            own = [label for label in (group.namespace_label, group.service_label, pod, container) if label]
            each = ", ".join(dict.fromkeys(own))

            def amount(matchers: tuple[str, ...], by: str = each) -> str:
                wanted = (*matchers, *real)
                return (
                    f"sum by ({by}) ({_rate(way.metric, wanted, window) if window else selector(way.metric, *wanted)})"
                )

            by = ", ".join([*group.by, *([container] if container else [])])
            for row in await self._values(f"max by ({by}) ({group.derived(amount(group.matchers()))})"):
                whose = group.whose(row.labels)
                if not whose:
                    continue
                one = (
                    *group.matchers_of(*whose),
                    *([f"{container}={quoted(row.labels[container])}"] if container else []),
                )
                readings.append(
                    Reading(
                        signal.name,
                        signal.title,
                        signal.unit,
                        group.subjects[whose[0]][whose[1]],
                        row.points,
                        f"max({amount(one)})",
                        way.metric,
                        self.span.step_seconds,
                        window,
                        container=row.labels.get(container, "") if container else "",
                    )
                )
        return readings

    async def limits(self, resource: str, names: Collection[str]) -> dict[tuple[str, str, str], float]:
        """(namespace, workload, container) → its limit, from the first series that tells limits."""
        for metric, side in catalog.LIMITS[resource]:
            known = await self.survey(metric, side=side, pods_only=True) if metric in names else None
            if not known:
                continue
            container = known.first(catalog.CONTAINER_LABELS)
            found: dict[tuple[str, str, str], float] = {}
            for group in known.groups:
                inner = group.derived(selector(metric, side, *group.matchers()))
                by = ", ".join([*group.by, *([container] if container else [])])
                for row in await self.ask.instant(f"max by ({by}) ({inner})", self.span.end):
                    whose = group.whose(row.labels)
                    # Some exporters say 0, others an absurd number, where there is no limit.
                    if whose and 0 < row.value < 2**60:
                        subject = group.subjects[whose[0]][whose[1]]
                        found[subject.namespace, subject.workload, row.labels.get(container, "")] = row.value
            if found:
                return found
        return {}

    def limit(self, reading: Reading, limits: Mapping[tuple[str, str, str], float], resource: str) -> float | None:
        who = reading.subject
        known = limits.get((who.namespace, who.workload, reading.container))
        if known is None:
            written = self.workloads.limit(who.namespace, who.workload, reading.container, resource)
            known = quantity(written) if written else None
        return known

    def window(self, known: Survey) -> float:
        """How far back a rate looks: four scrapes, so that one may be lost, and never less than a step."""
        return max(_FEWEST_SECONDS, self.span.step_seconds, 4 * known.scrape_seconds)


def merged(readings: Collection[Reading]) -> list[Reading]:
    """One reading per signal, service and container: the first, since ways come best first."""
    best: dict[tuple[str, ...], Reading] = {}
    for reading in readings:
        who = reading.subject
        signal = "latency" if reading.signal == "mean latency" else reading.signal
        best.setdefault((signal, who.namespace, who.kind, who.workload, reading.container), reading)
    return list(best.values())


def _rate(metric: str, matchers: tuple[str, ...], window: float) -> str:
    return f"rate({selector(metric, *matchers)}[{duration(window)}])"


def _flow(metric: str, matchers: tuple[str, ...], window: float, group: Group) -> str:
    return group.derived(_rate(metric, matchers, window))


def _grouped(how: str, group: Group, inner: str) -> str:
    return f"{how} by ({', '.join(group.by)}) ({inner})"


def _quantile(share: float, way: Requests, group: Group, window: float) -> str:
    flow = _flow(way.bucket, (way.side, *group.matchers()), window, group)
    return f"histogram_quantile({share:g}, sum by (le, {', '.join(group.by)}) ({flow}))"


def _quantile_of(share: float, way: Requests, matchers: tuple[str, ...], window: float) -> str:
    flow = _rate(way.bucket, (way.side, *matchers), window)
    scale = "" if way.seconds == 1 else f"{way.seconds:g} * "
    return f"{scale}histogram_quantile({share:g}, sum by (le) ({flow}))"


def _mean(way: Requests, group: Group, window: float) -> str:
    matchers = (way.side, *group.matchers())
    spent = _grouped("sum", group, _flow(way.total_seconds, matchers, window, group))
    return f"{spent} / {_grouped('sum', group, _flow(way.count, matchers, window, group))}"


def _mean_of(way: Requests, matchers: tuple[str, ...], window: float) -> str:
    scale = "" if way.seconds == 1 else f"{way.seconds:g} * "
    matchers = (way.side, *matchers)
    return f"{scale}sum({_rate(way.total_seconds, matchers, window)}) / sum({_rate(way.count, matchers, window)})"


def _share(part: Points, whole: Points) -> Points:
    """Percent of `whole` that is `part`; a counter of failures that does not exist yet counts as none."""
    values: dict[datetime, float] = defaultdict(float, part)
    return tuple((at, min(100.0, 100 * values[at] / value)) for at, value in whole if value > 0)
