"""The report of an incident, in Markdown: what happened, why, what was done by whom, and how that is known."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.alerts import Alert
from domain.evidence import Evidence
from domain.visible import one_line
from graphs.windows import zone_of
from graphs.words import times
from graphs.words.incident import flapping, who
from policy.redaction import redact
from policy.untrusted import clean
from store.conversations import Said
from store.incident_record import Incident, TimelineEntry
from store.ledger.records import ProposalRecord

_MOST_ALERTS = 40
_MOST_EVIDENCE = 12
_BLOCK = re.compile(r"^(\d+(?=[.)])|(?=[-+=]))")
"""What begins a list or underlines a heading, where it stands first."""
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~!])")
_KINDS = {
    "opened": "opened",
    "seen": "came up again",
    "fired": "fired",
    "found": "cause found",
    "nothing found": "looked, found no cause",
    "blind": "not looked into",
    "severity": "severity",
    "acknowledged": "acknowledged",
    "taken": "taken",
    "handed over": "handed over",
    "snoozed": "snoozed",
    "woke": "snooze over",
    "ticked": "task done",
    "outcome": "outcome",
    "mended": "mended",
    "resolved": "resolved",
    "reopened": "fired again",
    "merged": "merged",
    "joined": "another joined",
    "silenced": "silenced",
    "hushed": "quiet at its source",
    "audible": "quiet no longer",
    "closed": "closed",
}


@dataclass(frozen=True, slots=True)
class Told:
    """All that the record has about one incident."""

    incident: Incident
    alerts: tuple[Alert, ...] = ()
    proposals: tuple[ProposalRecord, ...] = ()
    """Oldest first."""
    said: tuple[Said, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    cluster: str = ""


def incident_report(told: Told, now: datetime, zone: str) -> str:
    """Whole, whatever strangers wrote into labels and messages: their words stay words."""
    clock = _Clock(now, zone)
    parts = [
        f"# {plain(told.incident.title)}",
        "\n".join(f"- **{name}**: {value}" for name, value in _summary(told, clock) if value),
        *_section("Cause", _cause(told, clock)),
        *_section("What was done", _done(told, clock)),
        *_section("Timeline", _timeline(told, clock)),
        *_section("Alerts", _alerts(told, clock)),
        *_section("Evidence", _evidence(told)),
    ]
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """One line of anybody's words, which means nothing in Markdown."""
    escaped = _MARKUP.sub(r"\\\1", one_line(redact(clean(text, cap=500))))
    return _BLOCK.sub(r"\1\\", escaped)


class _Clock:
    def __init__(self, now: datetime, zone: str) -> None:
        self._zone = zone_of(zone)
        self.now = now

    def __call__(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z}"


def _summary(told: Told, clock: _Clock) -> Iterator[tuple[str, str]]:
    incident = told.incident
    began = min((alert.began for alert in told.alerts), default=incident.opened_at)
    ended = incident.resolved_at or incident.closed_at
    yield "Incident", f"{incident.id}, {incident.state}{f', {incident.severity}' if incident.severity else ''}"
    yield "Cluster", plain(told.cluster or incident.cluster)
    yield "Namespace", plain(incident.namespace)
    yield "Began", clock(began)
    yield "Ended", f"{clock(ended)}, after {times.length(ended - began)}" if ended else "not yet"
    if incident.acknowledged_by and incident.acknowledged_at:
        waited = times.length(incident.acknowledged_at - began)
        yield "Acknowledged", f"by {plain(who(incident.acknowledged_by))} after {waited}"
    yield "Owner", plain(who(incident.owner))
    yield "Flapping", flapping(incident)
    yield "Merged into", incident.merged_into
    yield "Closed because", plain(incident.summary)


def _cause(told: Told, clock: _Clock) -> Iterator[str]:
    for line in told.incident.timeline:
        if line.kind != "found":
            continue
        found = line.details
        yield f"{plain(found['title'])}: {found['confidence']:.0%} sure, found {clock(line.at)}."
        facts = [("Impact", found["impact"]), ("Against it", found["against"]), ("Helped before", found["helped"])]
        if found["since"]:
            facts.insert(0, ("Since", clock(datetime.fromisoformat(found["since"]))))
        yield "\n".join(f"- {name}: {plain(str(value))}" for name, value in facts if value)
    if not any(line.kind == "found" for line in told.incident.timeline):
        yield "None was found."


def _done(told: Told, clock: _Clock) -> Iterator[str]:
    for record in told.proposals:
        proposal = record.proposal
        lines = [f"- **{plain(proposal.title)}** ({proposal.risk.name} risk): {record.state}"]
        lines.append(f"  - asked for by {plain(proposal.requester.id)} at {clock(proposal.created_at)}")
        for decision in record.decisions:
            why = f": {plain(decision.reason)}" if decision.reason else ""
            verb = "approved" if decision.verdict == "approve" else "rejected"
            lines.append(f"  - {verb} by {plain(decision.person.id)} at {clock(decision.at)}{why}")
        outcome = record.execution.outcome if record.execution else None
        if record.execution and outcome:
            checked = {True: "verified", False: "not verified", None: "could not be verified"}[outcome.verified]
            lines.append(f"  - ran at {clock(record.execution.claimed_at)} for {outcome.took_seconds:.1f} s, {checked}")
        yield "\n".join(lines)
    if not told.proposals:
        yield "Nothing was changed through Hilda."


def _timeline(told: Told, clock: _Clock) -> Iterator[str]:
    rows = ((clock(at), plain(what), plain(text)) for at, what, text in happened(told))
    yield "\n".join(f"- {at} **{what}**{f' {text}' if text else ''}" for at, what, text in rows)


def happened(told: Told) -> list[tuple[datetime, str, str]]:
    """When, what, and in which words: the record, what people said, proposals, decisions and runs; oldest first."""
    rows = [(line.at, _KINDS.get(line.kind, line.kind), _words(line)) for line in told.incident.timeline]
    rows += [(said.at, f"{who(said.who)} said", said.text[:300]) for said in told.said]
    for record in told.proposals:
        proposal, ran = record.proposal, record.execution
        rows.append((proposal.created_at, "proposed", f"{proposal.title}, for {proposal.requester.id}"))
        for decision in record.decisions:
            verb = "approved" if decision.verdict == "approve" else "rejected"
            rows.append((decision.at, verb, f"by {decision.person.id}"))
        if ran:
            rows.append((ran.claimed_at, "run", f"{proposal.title}, by {ran.worker}"))
        if ran and ran.finished_at:
            rows.append((ran.finished_at, "run over", f"{proposal.title}: {record.state}"))
    return sorted(rows, key=lambda row: row[0])


def _words(line: TimelineEntry) -> str:
    by = who(str(line.details.get("by", "")))
    return " ".join(part for part in (line.text, f"by {by}" if by else "") if part)


def _alerts(told: Told, clock: _Clock) -> Iterator[str]:
    if not told.alerts:
        return
    lines = ["| alert | severity | began | ended |", "|---|---|---|---|"]
    for alert in told.alerts[:_MOST_ALERTS]:
        ended = clock(alert.resolved_at) if alert.resolved_at else "fires"
        lines.append(f"| {plain(alert.name)} | {plain(alert.severity)} | {clock(alert.began)} | {ended} |")
    yield "\n".join(lines)
    if len(told.alerts) > _MOST_ALERTS:
        yield f"{len(told.alerts) - _MOST_ALERTS} more are in the record."


def _evidence(told: Told) -> Iterator[str]:
    yield from _listed(told.evidence[:_MOST_EVIDENCE])


def _listed(evidence: Sequence[Evidence]) -> Iterator[str]:
    for item in evidence:
        fence = "`" * (max((len(run) for run in re.findall(r"`+", item.check)), default=0) + 1)
        check = one_line(item.check)
        padded = f" {check} " if "`" in check else check
        yield f"- {plain(item.summary)}" + (f": {fence}{padded}{fence}" if check else "")


def _section(title: str, paragraphs: Iterable[str]) -> Iterator[str]:
    body = [paragraph for paragraph in paragraphs if paragraph]
    if body:
        yield f"## {title}\n\n" + "\n\n".join(body)
