"""From a judged reading to words: the finding, the evidence with its PromQL, and the chart with the change marked."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from domain.cards import Chart, Series
from domain.evidence import Evidence, observed
from domain.findings import Finding, Severity
from domain.look import Window
from domain.objects import ObjectRef
from policy.untrusted import clean
from tools.prometheus.judgement import Trouble
from tools.prometheus.readings import Points, Reading, Span
from tools.prometheus.units import difference, humanised

CODES = {
    "latency": "latency-high",
    "mean latency": "latency-high",
    "errors": "errors-high",
    "pool": "pool-exhausted",
    "cpu": "cpu-saturated",
    "memory": "memory-near-limit",
}
_MOMENTS = 10
"""How many values a sample shows."""


def finding(reading: Reading, trouble: Trouble, span: Span, *, cluster: str, url: str) -> Finding:
    """What a person is told about a reading in trouble."""
    who = reading.subject
    ref = who.ref(cluster)
    title = _title(reading, trouble)
    evidence = observed(
        "prometheus",
        reading.query,
        _summary(reading, trouble),
        sample=sample(reading.points, reading.unit, mark=trouble.since),
        check=reading.query,
        window=span.window,
        link=link(url, reading.query, span.window),
        trust="team",
        objects=(ref,),
    )
    severity = Severity.info if trouble.recovered_at else Severity.critical if trouble.badly else Severity.warning
    return Finding(
        CODES[reading.signal], severity, ref, title, (evidence,), trouble.since, _facts(reading, trouble, ref)
    )


def of_one(reading: Reading, span: Span, *, cluster: str, url: str) -> Evidence:
    """Evidence about one service that nothing is said to be wrong with."""
    latest = humanised(reading.points[-1][1], reading.unit)
    return observed(
        "prometheus",
        reading.query,
        f"{reading.title} of {clean(reading.subject.service, cap=80)}: {latest} at {_clock(reading.points[-1][0])}.",
        sample=sample(reading.points, reading.unit),
        check=reading.query,
        window=span.window,
        link=link(url, reading.query, span.window),
        trust="team",
        objects=(reading.subject.ref(cluster),) if cluster else (),
    )


def overview(readings: Sequence[Reading], span: Span, *, url: str) -> Evidence:
    """One piece of evidence about a signal of all services together: what was looked at, and how it is now."""
    title, unit, query = readings[0].title, readings[0].unit, readings[0].wide
    latest = sorted(
        ((reading.points[-1][1], reading.subject.service, reading.container) for reading in readings), reverse=True
    )
    low, high = humanised(latest[-1][0], unit), humanised(latest[0][0], unit)
    between = low if low == high else f"between {low} and {high}"
    services = len({(reading.subject.namespace, reading.subject.service) for reading in readings})
    lines = [f"{name}{f' ({box})' if box else ''}: {humanised(value, unit)}" for value, name, box in latest]
    return observed(
        "prometheus",
        query,
        f"{title} of {services} service{'s' if services != 1 else ''}: {between} at {_clock(span.end)}.",
        sample=clean("\n".join(lines[:20])),
        check=query,
        window=span.window,
        link=link(url, query, span.window),
        trust="team",
    )


def chart(reading: Reading, trouble: Trouble) -> Chart:
    name = clean(reading.subject.service, cap=80)
    title = f"{reading.title[0].upper()}{reading.title[1:]} of {name}"
    return Chart(title, reading.unit, (Series(name, reading.points),), trouble.since)


def sample(points: Points, unit: str, *, mark: datetime | None = None) -> str:
    """A few of the values, the moment of change among them."""
    chosen = {round(i * (len(points) - 1) / (_MOMENTS - 1)) for i in range(_MOMENTS)} if points else set()
    if mark:
        changed = next((i for i, (at, _) in enumerate(points) if at >= mark), 0)
        chosen |= {max(0, changed - 1), changed}
    lines = (f"{_clock(points[i][0])} {humanised(points[i][1], unit)}" for i in sorted(chosen))
    return "\n".join(line + (" ← change" if mark and line.startswith(_clock(mark)) else "") for line in lines)


def link(url: str, query: str, window: Window) -> str:
    """The same query in Prometheus's own page."""
    minutes = max(1, round((window.end - window.start).total_seconds() / 60))
    fields = {
        "g0.expr": query,
        "g0.tab": "0",
        "g0.range_input": f"{minutes}m",
        "g0.end_input": f"{window.end:%Y-%m-%d %H:%M:%S}",
    }
    return f"{url}/graph?{urlencode(fields)}"


def _title(reading: Reading, trouble: Trouble) -> str:
    name = clean(reading.subject.service, cap=80)
    over = ", and is back to normal" if trouble.recovered_at else ""
    match reading.signal:
        case "pool":
            how = f"{_last(reading, 'in_use', trouble)} of {_last(reading, 'most', trouble)} connections in use"
            known = "in_use" in reading.beside and "most" in reading.beside
            waiting = _peak(reading, "pending", trouble)
            queue = f", {humanised(waiting, '')} waiting" if waiting else ""
            was = "was" if trouble.recovered_at else "is"
            return f"The connection pool of {name} {was} exhausted{f': {how}{queue}' if known else ''}{over}"
        case "cpu" | "memory":
            limit = reading.beside["limit"][0][1]
            share = f"{humanised(100 * trouble.level / limit, '%')} of its limit ({humanised(limit, reading.unit)})"
            was = "was" if trouble.recovered_at else "is"
            return f"{'CPU' if reading.signal == 'cpu' else 'Memory'} of {name} {was} at {share}{over}"
        case _:
            if trouble.before is None:
                return f"The {reading.title} of {name} is {humanised(trouble.level, reading.unit)}, all along"
            change = f"from {humanised(trouble.before, reading.unit)} to {humanised(trouble.level, reading.unit)}"
            return f"The {reading.title} of {name} rose {change}{over}"


def _summary(reading: Reading, trouble: Trouble) -> str:
    name = clean(reading.subject.service, cap=80)
    level = humanised(trouble.level, reading.unit)
    parts = [f"{reading.title} of {name}: {level}"]
    if trouble.before is not None:
        change = difference(trouble.before, trouble.level, reading.unit)
        parts.append(f"{humanised(trouble.before, reading.unit)} before ({change})")
    if trouble.since:
        parts.append(f"since {_clock(trouble.since)}")
    if trouble.recovered_at:
        parts.append(f"normal again at {_clock(trouble.recovered_at)}")
    return ", ".join(parts) + "."


def _facts(reading: Reading, trouble: Trouble, ref: ObjectRef) -> dict[str, str]:
    who = reading.subject
    facts = {
        "namespace": who.namespace,
        "service": who.service,
        "workload": ref.name,
        "workload_kind": ref.kind,
        "metric": reading.metric,
        "unit": reading.unit,
        "to": f"{trouble.level:.6g}",
        "to_text": humanised(trouble.level, reading.unit),
        "query": reading.query,
    }
    if trouble.before is not None:
        facts |= {
            "from": f"{trouble.before:.6g}",
            "from_text": humanised(trouble.before, reading.unit),
            "change_text": difference(trouble.before, trouble.level, reading.unit),
        }
    if trouble.recovered_at:
        facts["recovered_at"] = trouble.recovered_at.isoformat()
    if trouble.since_within:
        facts["since_within"] = f"{round(trouble.since_within.total_seconds() / 60)} min"
    if reading.container:
        facts["container"] = reading.container
    if "limit" in reading.beside:
        limit = reading.beside["limit"][0][1]
        facts |= {"limit": f"{limit:.6g}", "limit_text": humanised(limit, reading.unit)}
    if reading.signal == "pool":
        facts |= _pool_facts(reading, trouble)
    return facts


def _pool_facts(reading: Reading, trouble: Trouble) -> dict[str, str]:
    facts = {
        name: _last(reading, key, trouble)
        for name, key in (("pool_max", "most"), ("pool_in_use", "in_use"))
        if key in reading.beside
    }
    if "pending" in reading.beside:
        facts["pending"] = humanised(_peak(reading, "pending", trouble), "").replace(",", "")
    most = reading.beside.get("most", ())
    if trouble.since and most:
        earlier = [value for at, value in most if at < trouble.since]
        now = [value for at, value in most if at >= trouble.since]
        if earlier and now and earlier[0] != now[-1]:
            facts["previous_pool_max"] = f"{earlier[0]:g}"
    return facts


def _last(reading: Reading, key: str, trouble: Trouble) -> str:
    """The value at the end of the trouble."""
    inside = [
        value for at, value in reading.beside.get(key, ()) if not trouble.recovered_at or at < trouble.recovered_at
    ]
    return f"{inside[-1]:g}" if inside else "?"


def _peak(reading: Reading, key: str, trouble: Trouble) -> float:
    inside = [
        value
        for at, value in reading.beside.get(key, ())
        if (not trouble.since or at >= trouble.since) and (not trouble.recovered_at or at < trouble.recovered_at)
    ]
    return max(inside, default=0.0)


def _clock(at: datetime) -> str:
    return f"{at:%H:%M} UTC"
