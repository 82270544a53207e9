"""A day in its public JSON form: `hilda report -o json`. Times in ISO 8601; evidence once, by id, at the end."""

from datetime import datetime

from domain.evidence import Evidence, evidence_as_json
from domain.findings import Finding
from domain.plain_json import Json
from graphs.day import Day
from graphs.words.cited import record
from store.day import DayIncident


def as_json(day: Day) -> Json:
    """Everything that the report's words are made from, whole."""
    seen: dict[str, Evidence] = {}

    def ids(*evidence: Evidence) -> list[str]:
        seen.update((item.id, item) for item in evidence)
        return [item.id for item in evidence]

    def finding(one: Finding) -> Json:
        since = one.since.isoformat() if one.since else None
        return {
            "code": one.code,
            "severity": one.severity.name,
            "object": one.object.as_json(),
            "title": one.title,
            "since": since,
            "evidence": ids(*one.evidence),
        }

    def incident(one: DayIncident) -> Json:
        return {
            "id": one.id,
            "title": one.title,
            "severity": one.severity,
            "state": one.state,
            "owner": one.owner,
            "namespace": one.namespace,
            "opened_at": one.opened_at.isoformat(),
            "ended_at": _time(one.ended_at),
            "evidence": ids(record(one)),
        }

    told: Json = {
        "since": day.window.start.isoformat(),
        "until": day.window.end.isoformat(),
        "health": {
            "score": day.score.value,
            "taken_away": [
                {"points": one.points, "for": one.ground.value, "why": one.why, "evidence": list(one.evidence)}
                for one in day.score.deductions
            ],
        },
        "incidents": {"open": [*map(incident, day.open)], "over": [*map(incident, day.over)]},
        "wrong_now": [finding(cause.finding) for cause in day.causes],
        "came_and_went": [{**finding(one), "until": one.facts.get("recovered_at")} for one in day.past],
        "about_to_break": [{**finding(one.finding), "at": _time(one.at)} for one in day.coming],
        "error_budgets": [
            {"name": one.name, "left": one.left, "spent_today": one.spent_today, "evidence": ids(one.evidence)}
            for one in day.budgets
        ],
        "changes": [
            {
                "at": one.at.isoformat(),
                "object": one.object.as_json(),
                "what": one.what,
                "detail": one.detail,
                "evidence": ids(one.evidence),
            }
            for one in day.changes
        ],
        "alerts": [
            {"name": one.name, "namespace": one.namespace, "fired": one.times, "firing": one.firing}
            for one in day.alerts
        ],
        "waiting": [
            {"proposal": one.proposal.id, "title": one.proposal.title, "until": one.proposal.expires_at.isoformat()}
            for one in day.waiting
        ],
        "done": {
            "questions": day.deeds.questions,
            "people": day.deeds.people,
            "incidents": day.deeds.incidents,
            "proposals": day.deeds.proposed,
            "scripts": day.deeds.ran,
            "helped": day.deeds.helped,
        },
        "model": day.model.as_json(),
        "audit_tip": {"sequence": day.audit.sequence, "mac": day.audit.mac} if day.audit else None,
        "not_seen": [*(f"{part}: {why}" for part, why in day.gaps.items()), *day.notes],
    }
    return {**told, "evidence": [evidence_as_json(item) for item in seen.values()]}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
