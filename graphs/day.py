"""A day as a value: everything that a report is written from, what of it a channel wants to hear, and its score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.cards import Chart
from domain.evidence import Evidence
from domain.findings import Cause, Finding, Severity
from domain.look import Window
from domain.model_use import ModelUse
from domain.subscriptions import Filters
from policy import health_score
from policy.health_score import Deduction, Score
from store.day import AuditTip, DayIncident, Deeds, Fired
from store.ledger.records import ProposalRecord
from tools.forecast.budgets import Budget
from tools.forecast.outlook import Forecast
from tools.kubernetes.changes import Change


@dataclass(frozen=True)
class Day:
    window: Window
    """Its end is the moment of the report."""
    incidents: tuple[DayIncident, ...] = ()
    causes: tuple[Cause, ...] = ()
    """What is wrong at the end."""
    past: tuple[Finding, ...] = ()
    """What metrics show to have come and gone."""
    alerts: tuple[Fired, ...] = ()
    changes: tuple[Change, ...] = ()
    coming: tuple[Forecast, ...] = ()
    """What is about to break, soonest first."""
    budgets: tuple[Budget, ...] = ()
    waiting: tuple[ProposalRecord, ...] = ()
    deeds: Deeds = field(default_factory=Deeds)
    model: ModelUse = field(default_factory=ModelUse)
    audit: AuditTip | None = None
    charts: tuple[Chart, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    """What could not be read, and why: `cluster`, `metrics`."""
    notes: tuple[str, ...] = ()
    looked_at: str = ""
    score: Score = field(default_factory=lambda: Score(None))
    score_before: int | None = None
    """Of the report before, where it is remembered and was about the same."""

    @property
    def open(self) -> tuple[DayIncident, ...]:
        """Incidents that go on, worst first."""
        going_on = (one for one in self.incidents if one.ended_at is None)
        return tuple(sorted(going_on, key=lambda one: (-severity_of(one.severity), one.opened_at)))

    @property
    def over(self) -> tuple[DayIncident, ...]:
        return tuple(one for one in self.incidents if one.ended_at is not None)

    @property
    def unreported(self) -> tuple[Cause, ...]:
        """Causes that no incident stands for."""
        known = {one.cause_key for one in self.open}
        return tuple(cause for cause in self.causes if cause.key not in known)

    @property
    def length(self) -> timedelta:
        return self.window.end - self.window.start


def narrowed(day: Day, filters: Filters) -> Day:
    """The same day as far as a channel wants to hear of it; with a score of its own."""
    if filters == Filters():
        return day

    def wanted(namespace: str, severity: Severity = Severity.critical) -> bool:
        return (not filters.namespaces or namespace in filters.namespaces) and severity >= filters.lowest

    coming = tuple(
        one
        for one in day.coming
        if wanted(one.finding.object.namespace, one.finding.severity) or not one.finding.object.namespace
    )
    return scored(
        replace(
            day,
            score_before=None,
            incidents=tuple(one for one in day.incidents if wanted(one.namespace, severity_of(one.severity))),
            causes=tuple(c for c in day.causes if wanted(c.finding.object.namespace, c.finding.severity)),
            past=tuple(one for one in day.past if wanted(one.object.namespace)),
            alerts=tuple(one for one in day.alerts if wanted(one.namespace, severity_of(one.severity))),
            changes=tuple(one for one in day.changes if wanted(one.object.namespace)),
            coming=coming,
            budgets=tuple(one for one in day.budgets if wanted(one.namespace) or not one.namespace),
            waiting=tuple(one for one in day.waiting if wanted(one.proposal.namespace)),
        ),
        seen=day.score.value is not None,
    )  # fmt: skip


def severity_of(word: str) -> Severity:
    """What is not known to be less counts as a warning."""
    return Severity[word] if word in Severity.__members__ else Severity.warning


def scored(day: Day, *, seen: bool) -> Day:
    """The day with its health score; unknown unless enough was `seen`."""
    return replace(day, score=health_score.score(_deductions(day), seen=seen))


def _deductions(day: Day) -> Iterable[Deduction]:
    for cause in day.causes:
        yield health_score.wrong_now(cause.finding.severity, cause.finding.title, _ids(cause.finding.evidence))
    stands = {cause.key for cause in day.causes}
    for one in day.open:
        if one.cause_key not in stands:
            yield health_score.wrong_now(severity_of(one.severity), one.title, (one.id,))
    for budget in day.budgets:
        yield health_score.budget(
            budget.left, f"{budget.name}, {max(100 * budget.left, 0):.0f} % left", (budget.evidence.id,)
        )
    for forecast in day.coming:
        left = None if forecast.at is None else forecast.at - day.window.end
        yield health_score.coming(left, forecast.finding.title, _ids(forecast.finding.evidence))
    for one in day.over:
        yield health_score.over(one.title, (one.id,))
    for finding in day.past:
        yield health_score.over(finding.title, _ids(finding.evidence))


def _ids(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(item.id for item in evidence)
