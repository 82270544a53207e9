"""Looks at a whole day: cluster, metrics, forecasts, record, side by side. What is gone leaves a gap, not a failure."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.cards import Chart
from domain.errors import ToolFailed
from domain.findings import Finding
from domain.look import Look, Window
from domain.objects import Scope
from domain.people import Person
from domain.proposals import ProposalState
from graphs.day import Day, scored
from store.day import DayIncident, Fired
from store.record import Store
from tools.checkup import Checkup, checkup
from tools.forecast.budgets import Budget, budgets
from tools.forecast.catalog import all_coming
from tools.forecast.outlook import Forecast, Outlook
from tools.kubernetes.changes import recent_changes
from tools.kubernetes.client import KubeClient
from tools.prometheus.asking import Asker
from tools.prometheus.signals import read_signals
from tools.prometheus.source import MetricsSource

CLOCK = Person("clock", "", "daily-report")
"""Who looks, when nobody asked."""
_SLICE = timedelta(hours=6)
"""The past is looked at in pieces, so that twenty bad minutes are still seen."""
_MOST_SLICES = 14
_WITHIN = timedelta(minutes=15)
"""The report before ended where this one begins, and was written down a little later."""
_NO_METRICS = "No metrics source is set, so nothing is told of volumes, trends, restarts and error budgets."

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Eyes:
    """Where a day is read from."""

    kube: KubeClient
    metrics: MetricsSource | None
    store: Store
    cluster: str
    """uid of kube-system; "" where it could not be asked."""
    seconds: float = 5.0


@dataclass(frozen=True)
class _Measured:
    """What the metrics say about a day."""

    past: tuple[Finding, ...] = ()
    fired: tuple[Fired, ...] = ()
    coming: tuple[Forecast, ...] = ()
    budgets: tuple[Budget, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    gap: str = ""


async def gather(eyes: Eyes, window: Window, *, tell: Tell = lambda _: None) -> Day:
    """The day from `window.start` to `window.end`, which is now."""
    look = Look(CLOCK, window.end, Scope(eyes.kube.context), eyes.seconds)
    book = eyes.store.day
    looked, measured = await asyncio.gather(_looked(eyes, look, tell), _measured(eyes, look, window, tell))
    incidents = await book.incidents(eyes.cluster, window)
    gaps = {"metrics": measured.gap} if measured.gap else {}
    day = Day(
        window=window,
        incidents=incidents,
        past=tuple(_untold(measured.past, incidents)),
        alerts=await book.alerts(eyes.cluster, window) or measured.fired,
        coming=measured.coming,
        budgets=measured.budgets,
        waiting=await eyes.store.proposals.list(ProposalState.proposed, cluster=eyes.cluster),
        deeds=await book.deeds(eyes.cluster, window),
        model=await book.model_use(window),
        score_before=await book.score_before(eyes.cluster, window.start + _WITHIN),
        audit=await book.audit_tip(),
        charts=measured.charts,
        notes=measured.notes,
        gaps=gaps,
    )
    if isinstance(looked, ToolFailed):
        return scored(replace(day, gaps={"cluster": str(looked), **gaps}), seen=False)
    still = {f.id for cause in looked.causes for f in (cause.finding, *cause.consequences)}
    day = replace(
        day,
        causes=looked.causes,
        past=tuple(one for one in day.past if one.id not in still),
        changes=recent_changes(looked.state, day.length),
        looked_at=_looked_at(looked),
        notes=(*looked.state.notes, *day.notes),
    )
    return scored(day, seen=True)


async def _looked(eyes: Eyes, look: Look, tell: Tell) -> Checkup | ToolFailed:
    try:
        return await checkup(eyes.kube, look, eyes.metrics, on_progress=tell)
    except ToolFailed as failed:
        return failed


async def _measured(eyes: Eyes, look: Look, window: Window, tell: Tell) -> _Measured:
    blind = Outlook(
        window.end, window, kube=eyes.kube, cluster=eyes.cluster, context=eyes.kube.context, seconds=eyes.seconds
    )
    if eyes.metrics is None:
        return _Measured(coming=await all_coming(blind), notes=(_NO_METRICS, *blind.notes))
    ask = Asker(eyes.metrics, look)
    try:
        names = await ask.names()
    except ToolFailed as failed:
        return _Measured(coming=await all_coming(blind), gap=str(failed))
    outlook = replace(blind, ask=ask, names=names)
    coming, left, (past, charts) = await asyncio.gather(
        all_coming(outlook), budgets(outlook), _past(eyes.metrics, look, window, tell)
    )
    drawn = [one.chart for one in coming if one.chart][:1] + charts[:1]
    notes = tuple(dict.fromkeys((*ask.notes, *outlook.notes)))
    signals = tuple(one for one in past if "recovered_at" in one.facts)
    fired = tuple(_fired(past))
    return _Measured(signals, fired, coming, tuple(left), tuple(drawn), notes)


async def _past(metrics: MetricsSource, look: Look, window: Window, tell: Tell) -> tuple[list[Finding], list[Chart]]:
    """Trouble that metrics show within the window, by slices, each finding once."""
    found: dict[str, Finding] = {}
    charts: list[Chart] = []
    for part in slices(window):
        try:
            seen = await read_signals(metrics, replace(look, window=part), namespaces=None, window=part)
        except ToolFailed:
            # One slice without an answer: what the others show still counts, and `names` was answered.
            continue
        tell(f"looked back at {part.start:%H:%M} to {part.end:%H:%M} UTC")
        charts += seen.charts
        for finding in seen.findings:
            found.setdefault(finding.id, finding)
    return list(found.values()), charts


def slices(window: Window) -> Iterator[Window]:
    """The window in equal pieces of some hours, oldest first."""
    length = window.end - window.start
    count = min(max(1, -(-length // _SLICE)), _MOST_SLICES)
    for number in range(count):
        yield Window(window.start + number * length / count, window.start + (number + 1) * length / count)


def _untold(past: Iterable[Finding], incidents: Iterable[DayIncident]) -> Iterator[Finding]:
    """One line per workload, and none where an incident tells of it already."""
    told = {(one.namespace, one.name) for one in incidents}
    for finding in sorted(past, key=lambda one: (one.since is None, one.since, one.code)):
        place = (finding.object.namespace, finding.facts.get("workload", finding.object.name))
        if place not in told and (finding.object.namespace, finding.object.name) not in told:
            told.add(place)
            yield finding


def _fired(past: Iterable[Finding]) -> Iterator[Fired]:
    """For sites whose alerts do not come in: those that Prometheus remembers."""
    for finding in past:
        if finding.code == "alert-firing":
            yield Fired(
                finding.facts.get("alert", ""), finding.object.namespace, finding.facts.get("severity", ""), 1, 0
            )


def _looked_at(done: Checkup) -> str:
    counts = [
        f"{len(done.state.objects.get(kind, ()))} {plural}"
        for kind, plural in (("Pod", "pods"), ("Deployment", "deployments"), ("Node", "nodes"))
        if done.state.can_tell(kind)
    ]
    return ", ".join(counts)
