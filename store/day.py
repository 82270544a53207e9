"""What the record says of a span of time: incidents, alerts, what Hilda did. For the daily report; reads only."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from domain.look import Window
from domain.model_use import ModelUse
from store.clock import from_micros, to_micros
from store.database import Database
from store.schema import alert, audit, execution, fix, incident, journal, message, proposal


@dataclass(frozen=True, slots=True)
class DayIncident:
    id: str
    title: str
    severity: str
    state: str
    owner: str
    """`str(person)`, "" for nobody."""
    acknowledged_by: str
    namespace: str
    name: str
    cause_key: str
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    summary: str

    @property
    def ended_at(self) -> datetime | None:
        return self.resolved_at or self.closed_at


@dataclass(frozen=True, slots=True)
class Fired:
    """How often one alert fired."""

    name: str
    namespace: str
    severity: str
    times: int
    firing: int
    """How many of it have not resolved."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What Hilda did, counted."""

    questions: int = 0
    people: int = 0
    incidents: int = 0
    proposed: int = 0
    ran: int = 0
    helped: int = 0
    audited: dict[str, int] = field(default_factory=dict)
    """Rows of the audit by what was done."""


MODEL_USE = "model"
"""Topic of the journal under which processes write down what they asked of the model."""


def health_topic(cluster: str) -> str:
    """Topic of the journal under which daily reports write down the whole cluster's score."""
    return f"health@{cluster}"


@dataclass(frozen=True, slots=True)
class AuditTip:
    sequence: int
    mac: str
    """Signature of the newest row: whoever writes it down elsewhere can tell later that nothing before it changed."""


class DayBook:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def incidents(self, cluster: str, window: Window) -> tuple[DayIncident, ...]:
        """Those that are not over, and those that ended within the window; oldest first. Cluster "" means all."""
        start, end = to_micros(window.start), to_micros(window.end)
        ended = func.coalesce(incident.c.resolved_at, incident.c.closed_at)
        wanted = (
            select(incident)
            .where(
                _of(incident.c.cluster, cluster),
                incident.c.merged_into == "",
                incident.c.opened_at < end,
                or_(and_(ended.is_(None), incident.c.state != "closed"), ended >= start),
            )
            .order_by(incident.c.opened_at, incident.c.id)
        )
        async with self._database.read() as tx:
            return tuple(_incident(row) for row in (await tx.execute(wanted)).mappings())

    async def alerts(self, cluster: str, window: Window) -> tuple[Fired, ...]:
        """Alerts that came in within the window, those that fired most often first."""
        wanted = select(alert.c.name, alert.c.severity, alert.c.labels, alert.c.resolved_at).where(
            alert.c.at >= to_micros(window.start),
            alert.c.at < to_micros(window.end),
            alert.c.suppressed == "",
            alert.c.source.endswith(f"@{cluster}", autoescape=True) if cluster else true(),
        )
        times: Counter[tuple[str, str, str]] = Counter()
        firing: Counter[tuple[str, str, str]] = Counter()
        async with self._database.read() as tx:
            for row in await tx.execute(wanted):
                which = (row.name, row.labels.get("namespace", ""), row.severity)
                times[which] += 1
                firing[which] += row.resolved_at is None
        ordered = sorted(times.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Fired(*which, number, firing[which]) for which, number in ordered)

    async def deeds(self, cluster: str, window: Window) -> Deeds:
        """What was asked of Hilda and what she did; of proposals only those for this cluster."""
        start, end = to_micros(window.start), to_micros(window.end)
        ours = _of(proposal.c.cluster, cluster)
        asked = select(func.count().label("questions"), func.count(message.c.who.distinct()).label("people")).where(
            message.c.who != "hilda", message.c.at >= start, message.c.at < end
        )
        opened = select(func.count()).where(
            _of(incident.c.cluster, cluster), incident.c.opened_at >= start, incident.c.opened_at < end
        )
        proposed = select(func.count()).where(ours, proposal.c.stored_at >= start, proposal.c.stored_at < end)
        ran = select(func.count()).where(
            ours,
            execution.c.proposal == proposal.c.id,
            execution.c.started_at >= start,
            execution.c.started_at < end,
        )
        helped = select(func.count()).where(
            _of(fix.c.cluster, cluster), fix.c.helped.is_(True), fix.c.at >= start, fix.c.at < end
        )
        times = func.count().label("times")
        by_what = select(audit.c.what, times).where(audit.c.at >= start, audit.c.at < end).group_by(audit.c.what)
        async with self._database.read() as tx:
            talked = (await tx.execute(asked)).one()
            counts = [int((await tx.execute(count)).scalar_one()) for count in (opened, proposed, ran, helped)]
            audited = {row.what: int(row.times) for row in await tx.execute(by_what)}
        return Deeds(talked.questions, talked.people, counts[0], counts[1], counts[2], counts[3], audited)

    async def model_use(self, window: Window) -> ModelUse:
        """What was asked of the model, as far back as the journal goes."""
        start, end = to_micros(window.start), to_micros(window.end)
        wanted = select(journal.c.payload).where(
            journal.c.topic == MODEL_USE, journal.c.at >= start, journal.c.at < end
        )
        async with self._database.read() as tx:
            return sum((ModelUse.parse(found) for found in (await tx.execute(wanted)).scalars()), ModelUse())

    async def score_before(self, cluster: str, at: datetime) -> int | None:
        """The newest health score of that cluster that was told up to then, as far back as the journal goes."""
        wanted = (
            select(journal.c.payload)
            .where(journal.c.topic == health_topic(cluster), journal.c.at <= to_micros(at))
            .order_by(journal.c.id.desc())
            .limit(1)
        )
        async with self._database.read() as tx:
            found = (await tx.execute(wanted)).scalar()
        return None if found is None else int(found["score"])

    async def audit_tip(self) -> AuditTip | None:
        """The newest row of the audit; None while nothing was done."""
        wanted = select(audit.c.sequence, audit.c.mac).order_by(audit.c.sequence.desc()).limit(1)
        async with self._database.read() as tx:
            row = (await tx.execute(wanted)).first()
        return AuditTip(row.sequence, row.mac) if row else None


def _of(column: ColumnElement[str], cluster: str) -> ColumnElement[bool]:
    return column == cluster if cluster else true()


def _incident(row: Any) -> DayIncident:
    def moment(name: str) -> datetime | None:
        return None if row[name] is None else from_micros(row[name])

    return DayIncident(
        id=row["id"],
        title=row["title"],
        severity=row["severity"],
        state=row["state"],
        owner=row["owner"],
        acknowledged_by=row["acknowledged_by"],
        namespace=row["namespace"],
        name=row["name"],
        cause_key=row["cause_key"],
        opened_at=from_micros(row["opened_at"]),
        resolved_at=moment("resolved_at"),
        closed_at=moment("closed_at"),
        summary=row["summary"],
    )
