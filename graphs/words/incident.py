"""An incident in words: one message that shows it and changes in place, its first line enough for a lock screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.alerts import Alert
from domain.cards import Card, Choice, Choices, ClusterLabel, Facts, Tone, card
from domain.levels import Level
from domain.plain_json import Json
from graphs.words import times
from graphs.words.answer import Answer, impact
from policy.redaction import redact
from policy.untrusted import clean
from store.incident_record import Incident, TimelineEntry

_LONGEST_SUMMARY = 160
_MOST_NAMES = 3
_STATES = {
    "open": "open; nobody has acknowledged it",
    "acknowledged": "acknowledged",
    "resolved": "nothing fires any more; closed when it stays so",
    "closed": "closed",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An incident with what fires of it, as it is shown to readers of one zone."""

    incident: Incident
    alerts: tuple[Alert, ...]
    """Every episode, oldest first."""
    label: ClusterLabel
    now: datetime
    zone: str = "UTC"
    highest: Level = Level.commands
    silences: bool = False
    """Whether an alert can be silenced from here."""

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if alert.firing)

    @property
    def began(self) -> datetime:
        return min((alert.began for alert in self.alerts), default=self.incident.opened_at)

    @property
    def found(self) -> Json:
        """What the last look found, {} where there was none or it found no cause."""
        return next((line.details for line in reversed(self.incident.timeline) if line.kind == "found"), {})

    def last(self, *kinds: str) -> TimelineEntry | None:
        return next((line for line in reversed(self.incident.timeline) if line.kind in kinds), None)

    def clock(self, at: datetime) -> str:
        """ "14:03 CET": a card that many read says whose time it is."""
        return times.clock_for_all(at, self.now, self.zone)

    def lasted(self, until: datetime | None) -> str:
        return times.length((until or self.now) - self.began)


def what_was_found(answer: Answer) -> Json:
    """The part of an answer that the message about its incident shows, and that its report keeps."""
    cause = answer.causes[0]
    since = cause.finding.since
    helped = [f"{fix.title}, which helped {fix.helped} of {fix.tried} times" for fix in answer.helped[:1]]
    return {
        "cause": cause.key,
        "title": cause.finding.title,
        "confidence": cause.confidence,
        "against": "; ".join(cause.against[:2]),
        "since": since.isoformat() if since else "",
        "impact": impact(cause, answer.state),
        "fix": answer.fix,
        "helped": "".join(helped),
    }


def named_by(alerts: Sequence[Alert]) -> str:
    """What fired, where no cause is known: the rule's own summary where it is one alert, else their names."""
    first = alerts[0]
    said = first.annotations.get("summary") or first.annotations.get("message") or first.annotations.get("description")
    where = f" in {clean(first.namespace, cap=63)}" if first.namespace else ""
    if said and len({alert.fingerprint for alert in alerts}) == 1:
        return redact(f"{clean(first.name, cap=80)}: {clean(said, cap=_LONGEST_SUMMARY).splitlines()[0]}")
    return f"{_names(alerts)}{where}"


def head_card(shown: Shown) -> Card:
    """The one message of an incident."""
    incident = shown.incident
    rows = [row for row in _rows(shown) if row[1]]
    parts = [Facts(tuple(rows))]
    choices = tuple(_choices(shown))
    buttons = [Choices(choices)] if choices else []
    return card(_title(shown), *parts, *buttons, tone=tone(incident), cluster=shown.label)


def tone(incident: Incident) -> Tone:
    match incident.state:
        case "closed" | "resolved":
            return "neutral" if incident.merged_into else "good"
        case _:
            return "bad" if incident.severity == "critical" else "warning"


def _title(shown: Shown) -> str:
    """What, how sure, since when; or how it ended, since that is what is read last."""
    incident, found = shown.incident, shown.found
    if incident.merged_into:
        return f"Goes on as {incident.merged_into}: {incident.title}"
    if incident.state == "resolved":
        return f"Resolved after {shown.lasted(incident.resolved_at)}: {incident.title}"
    if incident.state == "closed":
        return f"Over after {shown.lasted(incident.resolved_at or incident.closed_at)}: {incident.title}"
    unknown = "cause not found" if incident.cause_key.startswith("alerts|") else ""
    sure = f"{found['confidence']:.0%} sure" if found else unknown
    return " · ".join(part for part in (incident.title, sure, f"since {shown.clock(shown.began)}") if part)


def _rows(shown: Shown) -> Iterable[tuple[str, str]]:
    incident, found = shown.incident, shown.found
    yield "Fired", fired(shown)
    if odd := next((alert.odd_clock for alert in shown.alerts if alert.odd_clock), ""):
        yield "Its clock", f"{odd}, so the time is that of its arrival"
    if found:
        yield "Cause", found["title"] if found["title"] != incident.title else ""
        yield "Impact", found["impact"]
        yield "Against it", found["against"]
        yield "Fix", found["fix"] if incident.alive else ""
        yield "Helped before", found["helped"] if incident.alive else ""
    elif blind := shown.last("blind"):
        yield "Cause", f"not looked for: {blind.text}"
    elif shown.last("nothing found"):
        yield "Cause", "I looked and found none; the thread says where"
    yield "Flapping", flapping(incident)
    yield "State", _state(shown)
    yield from _people(shown)
    yield "Incident", incident.id


def fired(shown: Shown) -> str:
    """ "HighErrorRate, KubePodNotReady (3 firing) at 14:03 CET"."""
    if not shown.alerts:
        return ""
    firing = shown.firing
    hushed = sum(bool(alert.suppressed) for alert in firing)
    count = f"{len(firing)} firing" if firing else "none fires now"
    silenced = f", {hushed} of them silenced" if hushed else ""
    return f"{_names(shown.alerts)} ({count}{silenced}), first at {shown.clock(shown.began)}"


def flapping(incident: Incident) -> str:
    """That it comes and goes, with how often; "" while it does not."""
    times_fired = max((int(line.details.get("flaps", 0)) for line in incident.timeline), default=0)
    return f"it comes and goes: fired {times_fired} times within an hour" if times_fired else ""


def who(person: str) -> str:
    """Somebody by the id that their own platform shows by name."""
    return person.rpartition(":")[2] or person


def _people(shown: Shown) -> Iterable[tuple[str, str]]:
    incident = shown.incident
    if incident.acknowledged_by:
        at = f" at {shown.clock(incident.acknowledged_at)}" if incident.acknowledged_at else ""
        yield "Acknowledged by", f"{who(incident.acknowledged_by)}{at}"
    if incident.owner:
        yield "Owner", who(incident.owner)
    if incident.alive and incident.snoozed_until and incident.snoozed_until > shown.now:
        yield "Snoozed", f"until {shown.clock(incident.snoozed_until)}"


def _state(shown: Shown) -> str:
    incident = shown.incident
    if incident.merged_into:
        return f"merged into {incident.merged_into}"
    if incident.state == "closed" and incident.summary:
        return f"closed: {incident.summary}"
    if incident.alive and shown.firing and all(alert.suppressed for alert in shown.firing):
        return f"{incident.state}; {shown.firing[0].suppressed}"
    return _STATES[incident.state]


def _names(alerts: Sequence[Alert]) -> str:
    names = list(dict.fromkeys(clean(alert.name, cap=80) for alert in alerts))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _choices(shown: Shown) -> Iterable[Choice]:
    incident = shown.incident
    if not incident.alive:
        yield Choice("Report", "tend", f"report of {incident.id}")
        return
    if incident.state == "resolved":
        yield Choice("Close", "tend", f"close {incident.id}", style="primary")
        return
    if incident.state == "open":
        yield Choice("Acknowledge", "tend", f"acknowledge {incident.id}", style="primary")
    if not incident.owner:
        yield Choice("Take it", "tend", f"take {incident.id}")
    if shown.found and shown.highest >= Level.checklist:
        yield Choice("Checklist", "next_level", "2")
    yield Choice("Snooze 1 h", "tend", f"snooze {incident.id} for 1h")
    if shown.silences and any(not alert.suppressed for alert in shown.firing):
        yield Choice("Silence 1 h", "tend", f"silence {incident.id} for 1h")
