"""What a day was like: everything a daily report is written from, gathered side by side; what is gone leaves a gap."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from domain.cards import Chart
from domain.errors import ToolFailed
from domain.evidence import Evidence
from domain.findings import Cause, Finding, Severity
from domain.look import Look, Window
from domain.objects import Scope
from domain.people import Person
from domain.proposals import ProposalState
from domain.subscriptions import Filters
from policy import health_score
from policy.health_score import Score
from store.day import AuditTip, DayIncident, Deeds, Fired
from store.ledger.records import ProposalRecord
from store.record import Store
from tools.checkup import Checkup, checkup
from tools.kubernetes.changes import Change, recent_changes
from tools.kubernetes.client import KubeClient
from tools.prometheus.source import MetricsSource

CLOCK = Person("clock", "", "daily-report")
"""Who looks, when nobody asked."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Eyes:
    """Where a day is read from. What is not there, or gone, becomes a gap in the report and not its end."""

    kube: KubeClient
    metrics: MetricsSource | None
    store: Store
    cluster: str
    """uid of kube-system; "" where it could not be asked."""
    seconds: float = 5.0


@dataclass(frozen=True)
class Day:
    window: Window
    incidents: tuple[DayIncident, ...] = ()
    causes: tuple[Cause, ...] = ()
    """What is wrong at the window's end."""
    past: tuple[Finding, ...] = ()
    """What metrics show to have come and gone."""
    alerts: tuple[Fired, ...] = ()
    changes: tuple[Change, ...] = ()
    coming: tuple[Finding, ...] = ()
    """What is about to break, soonest first."""
    waiting: tuple[ProposalRecord, ...] = ()
    deeds: Deeds = field(default_factory=Deeds)
    audit: AuditTip | None = None
    charts: tuple[Chart, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    """What could not be read, and why: by the part of the report that lacks it."""
    looked_at: str = ""
    score: Score = field(default_factory=lambda: Score(None))

    @property
    def open(self) -> tuple[DayIncident, ...]:
        return tuple(one for one in self.incidents if one.ended_at is None)

    @property
    def over(self) -> tuple[DayIncident, ...]:
        return tuple(one for one in self.incidents if one.ended_at is not None)

    @property
    def unreported(self) -> tuple[Cause, ...]:
        """Causes that no incident stands for."""
        known = {one.cause_key for one in self.open}
        return tuple(cause for cause in self.causes if cause.key not in known)


async def gather(eyes: Eyes, window: Window, *, tell: Tell = lambda _: None) -> Day:
    """The day from `window.start` to `window.end`, which is now."""
    look = Look(CLOCK, window.end, Scope(eyes.kube.context), eyes.seconds)
    book = eyes.store.day
    looked, incidents, alerts, deeds, tip, waiting = await asyncio.gather(
        _looked(eyes, look, tell),
        book.incidents(eyes.cluster, window),
        book.alerts(window),
        book.deeds(eyes.cluster, window),
        book.audit_tip(),
        eyes.store.proposals.list(ProposalState.proposed, cluster=eyes.cluster),
    )
    gaps: dict[str, str] = {}
    done: Checkup | None = None
    if isinstance(looked, ToolFailed):
        gaps["cluster"] = str(looked)
    else:
        done = looked
    day = Day(
        window=window,
        incidents=incidents,
        causes=done.causes if done else (),
        alerts=alerts,
        changes=recent_changes(done.state, window.end - window.start) if done else (),
        waiting=waiting,
        deeds=deeds,
        audit=tip,
        charts=tuple(done.signals.charts[:1]) if done and done.signals else (),
        gaps=gaps,
        looked_at=_looked_at(done) if done else "",
    )
    return scored(day, seen=done is not None)


def narrowed(day: Day, filters: Filters) -> Day:
    """The same day as far as a channel wants to hear of it; with a score of its own."""
    if filters == Filters():
        return day

    def wanted(namespace: str, severity: Severity = Severity.critical) -> bool:
        return (not filters.namespaces or namespace in filters.namespaces) and severity >= filters.lowest

    def findings(all_of_them: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(one for one in all_of_them if wanted(one.object.namespace, one.severity))

    return scored(
        replace(
            day,
            incidents=tuple(one for one in day.incidents if wanted(one.namespace, _severity(one.severity))),
            causes=tuple(c for c in day.causes if wanted(c.finding.object.namespace, c.finding.severity)),
            past=findings(day.past),
            alerts=tuple(one for one in day.alerts if wanted(one.namespace, _severity(one.severity))),
            changes=tuple(one for one in day.changes if wanted(one.object.namespace)),
            coming=findings(day.coming),
            waiting=tuple(one for one in day.waiting if wanted(one.proposal.namespace)),
        ),
        seen=day.score.value is not None,
    )


def _severity(word: str) -> Severity:
    """What is not known to be less counts as a warning."""
    return Severity[word] if word in Severity.__members__ else Severity.warning


def scored(day: Day, *, seen: bool) -> Day:
    """The day with its health score."""
    found = [
        health_score.wrong_now(cause.finding.severity, cause.finding.title, _ids(cause.finding)) for cause in day.causes
    ]
    found += [health_score.over(one.title, (one.id,)) for one in day.over]
    return replace(day, score=health_score.score(found, seen=seen))


async def _looked(eyes: Eyes, look: Look, tell: Tell) -> Checkup | ToolFailed:
    try:
        return await checkup(eyes.kube, look, eyes.metrics, on_progress=tell)
    except ToolFailed as failed:
        return failed


def _looked_at(done: Checkup) -> str:
    counts = [
        f"{len(done.state.objects.get(kind, ()))} {plural}"
        for kind, plural in (("Pod", "pods"), ("Deployment", "deployments"), ("Node", "nodes"))
        if done.state.can_tell(kind)
    ]
    return ", ".join(counts)


def _ids(finding: Finding) -> tuple[str, ...]:
    return tuple(item.id for item in finding.evidence)


def evidence_of(day: Day) -> dict[str, Evidence]:
    """Every observation that the day rests on, by id."""
    found = [e for c in day.causes for f in (c.finding, *c.consequences) for e in f.evidence]
    found += [e for f in (*day.past, *day.coming) for e in f.evidence]
    found += [change.evidence for change in day.changes]
    return {item.id: item for item in found}
