"""What fills up: volumes, the disks of nodes, quotas. By trend where there is one, by how full they are where not."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.cards import Chart, Series
from domain.findings import Finding, Severity
from domain.look import Window
from domain.objects import ObjectRef
from tools.forecast.outlook import HORIZON, Forecast, Outlook, named, roughly, sampled
from tools.forecast.trend import Points, Trend, trend
from tools.prometheus.promql import equals
from tools.prometheus.source import SeriesData
from tools.prometheus.units import humanised

LONG, SHORT = timedelta(days=3), timedelta(hours=6)
"""Slow growth shows over days; a log that runs wild fills a disk before breakfast."""
_STEPS = 72
FULL, NEARLY = 0.97, 0.90
_SOON = timedelta(hours=36)
_GONE = timedelta(minutes=30)
"""What says nothing for this long was deleted."""
_MOST = 8
"""Forecasts of one kind: the soonest count."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of measuring how much of something is taken."""

    code: str
    kind: str
    labels: tuple[str, ...]
    """What tells one from another; the last one is its name."""
    used: str
    capacity: str
    """Both select single series; queries take the highest of those with equal labels."""
    unit: str
    says: str
    """With {name}, {where} and, for quotas, {resource}."""
    full: str = "full"
    matcher: str = ""


_DISKS = (
    'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|autofs|nsfs|fuse.*",mountpoint!~"/run.*|/var/lib/kubelet/.*|/boot.*"'
)
WAYS = (
    Way(
        "volume-filling",
        "PersistentVolumeClaim",
        ("namespace", "persistentvolumeclaim"),
        "kubelet_volume_stats_used_bytes",
        "kubelet_volume_stats_capacity_bytes",
        "bytes",
        "Volume {name}{where}",
    ),
    Way(
        "volume-out-of-inodes",
        "PersistentVolumeClaim",
        ("namespace", "persistentvolumeclaim"),
        "kubelet_volume_stats_inodes_used",
        "kubelet_volume_stats_inodes",
        "",
        "The file table of volume {name}{where}",
    ),
    Way(
        "disk-filling",
        "Node",
        ("mountpoint", "instance"),
        "node_filesystem_size_bytes{MATCHER} - node_filesystem_avail_bytes{MATCHER}",
        "node_filesystem_size_bytes{MATCHER}",
        "bytes",
        "Disk {mountpoint} of node {name}",
        matcher=_DISKS,
    ),
    Way(
        "quota-filling",
        "ResourceQuota",
        ("namespace", "resource", "resourcequota"),
        'kube_resourcequota{type="used"}',
        'kube_resourcequota{type="hard"}',
        "",
        "The quota of {resource}{where}",
        "used up",
    ),
)


async def coming(outlook: Outlook) -> list[Forecast]:
    """What will be full within the horizon, or is nearly full now."""
    found = await asyncio.gather(*(_of(way, outlook) for way in WAYS if _known(way, outlook.names)))
    return [forecast for of_way in found for forecast in of_way]


def _known(way: Way, names: Collection[str]) -> bool:
    return way.used.partition("{")[0] in names


async def _of(way: Way, outlook: Outlook) -> list[Forecast]:
    assert outlook.ask is not None, "where names are known there is somebody to ask"
    ask, now = outlook.ask, outlook.now
    used, capacity = (f"max by ({', '.join(way.labels)}) ({_selected(q, way)})" for q in (way.used, way.capacity))
    long, short, limits = await asyncio.gather(
        ask.range(used, now - LONG, now, LONG.total_seconds() / _STEPS),
        ask.range(used, now - SHORT, now, SHORT.total_seconds() / _STEPS),
        ask.instant(capacity, now),
    )
    most = {_key(row.labels, way): row.value for row in limits}
    lately = {_key(row.labels, way): row for row in short if row.points and now - row.points[-1][0] <= _GONE}
    found = [
        forecast
        for row in long
        if row.points and (key := _key(row.labels, way)) in lately and most.get(key, 0) > 0
        for forecast in _judged(way, row, lately[key], most[key], outlook)
    ]
    return sorted(found, key=lambda one: one.at or now + HORIZON)[:_MOST]


def _judged(way: Way, long: SeriesData, short: SeriesData, limit: float, outlook: Outlook) -> Iterator[Forecast]:
    """Judged by the line that meets the limit first."""
    now, value = outlook.now, short.points[-1][1]
    lines = [line for points in (long.points, short.points) if (line := trend(points))]
    # What grew for a few hours only is not believed for longer than some more.
    meets = [(at, line) for line in lines if (at := line.reaches(limit)) and at - now <= _believed(line)]
    at, line = min(meets, key=lambda met: met[0], default=(None, None))
    share = value / limit
    if at is None and share < NEARLY:
        return
    labels = {key: named(text) for key, text in long.labels.items()}
    space, name = labels.get("namespace", ""), labels.get(way.labels[-1], "")
    ref = outlook.ref(way.kind, space, name.partition(":")[0] if way.kind == "Node" else name)
    unit = way.unit or unit_of(labels.get("resource", ""))
    badly = share >= FULL or (at is not None and at - now <= _SOON)
    yield Forecast(
        _finding(way, ref, labels, unit, value, limit, at, line, outlook, long.points, badly=badly),
        at,
        _chart(way, labels, unit, long.points, limit, at),
    )


def _believed(line: Trend) -> timedelta:
    return min(HORIZON, max(4 * (line.now - line.start), timedelta(hours=12)))


def _finding(
    way: Way,
    ref: ObjectRef,
    labels: Mapping[str, str],
    unit: str,
    value: float,
    limit: float,
    at: datetime | None,
    line: Trend | None,
    outlook: Outlook,
    points: Points,
    *,
    badly: bool,
) -> Finding:
    what = _what(way, labels)
    how_full = f"{100 * value / limit:.0f} % of {humanised(limit, unit)}"
    query = _selected(way.used, way, labels)
    daily = f", {humanised(line.per_second * 86_400, unit)} more a day" if line else ""
    summary = f"{what}: {how_full}{daily}."
    when = roughly(at - outlook.now) if at else ""
    title = f"{what} is {way.full} {when} ({how_full})" if at else f"{what} is nearly {way.full} ({how_full})"
    window = Window(points[0][0], points[-1][0])
    evidence = outlook.measured(query, summary, sampled(points, unit), window, ref)
    facts = {"namespace": ref.namespace, "used": f"{value:.6g}", "capacity": f"{limit:.6g}", "unit": unit}
    if at:
        facts["full_at"] = at.isoformat()
    severity = Severity.critical if badly else Severity.warning
    return Finding(way.code, severity, ref, title, (evidence,), None, {k: v for k, v in facts.items() if v})


def _chart(
    way: Way, labels: Mapping[str, str], unit: str, points: Points, limit: float, at: datetime | None
) -> Chart | None:
    if at is None:
        return None
    last, value = points[-1]
    ahead = (Series("if it goes on", ((last, value), (at, limit))),) if at > last else ()
    full = Series("full", ((points[0][0], limit), (max(at, last), limit)))
    return Chart(_what(way, labels), unit, (Series("used", tuple(points)), *ahead, full), last)


def _what(way: Way, labels: Mapping[str, str]) -> str:
    where = f" in {labels['namespace']}" if labels.get("namespace") else ""
    name = labels.get(way.labels[-1], "")
    return way.says.format(where=where, name=name, **{k: v for k, v in labels.items() if k not in ("name", "where")})


def _selected(query: str, way: Way, labels: Mapping[str, str] | None = None) -> str:
    """The query with its matchers; of one series, where `labels` are given."""
    one = ",".join(equals(label, labels[label]) for label in way.labels if labels and labels.get(label))
    if "MATCHER" in query:
        return query.replace("{MATCHER}", "{" + ",".join(filter(None, (way.matcher, one))) + "}")
    if not one:
        return query
    return f"{query[:-1]},{one}}}" if query.endswith("}") else f"{query}{{{one}}}"


def _key(labels: Mapping[str, str], way: Way) -> tuple[str, ...]:
    return tuple(labels.get(label, "") for label in way.labels)


def unit_of(resource: str) -> str:
    """Of what a quota counts."""
    return "bytes" if "memory" in resource or "storage" in resource else "cores" if "cpu" in resource else ""
