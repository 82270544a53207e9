"""A proposal as the record has it, whole: as a card and as JSON."""

from dataclasses import asdict

from bot.doors.terminal.zones import reader_zone
from domain.cards import Card, Code, Facts, Part, Table, Tone, card
from domain.plain_json import Json
from domain.proposals import ProposalState
from domain.risk import Risk
from store.ledger.records import ProposalRecord

_TONES: dict[ProposalState, Tone] = {
    ProposalState.proposed: "question",
    ProposalState.finished: "good",
    ProposalState.failed: "bad",
    ProposalState.unknown: "warning",
}


def record_card(record: ProposalRecord, zone: str) -> Card:
    """All bytes that would run, what they may change, and what became of it."""
    p, reader = record.proposal, reader_zone(zone)
    facts = [
        ("Proposal", p.id),
        ("State", f"{record.state}: {record.why}" if record.why else str(record.state)),
        ("Risk", p.risk.name),
        ("Where", f"{p.context}, namespace {p.namespace or '(cluster)'}"),
        ("Requested by", str(p.requester)),
        ("Until", f"{p.expires_at.astimezone(reader):%Y-%m-%d %H:%M:%S %Z}"),
        ("Digest", record.digest),
    ]
    said = {"approve": "Approved by", "reject": "Rejected by"}
    facts += [(said[d.verdict], f"{d.person} {d.reason}".strip()) for d in record.decisions]
    parts: list[Part] = [Facts(tuple(facts)), Code(p.script.run, "sh", "run", p.risk)]
    parts.append(Code(p.script.verify, "sh", "verify", Risk.read))
    if p.script.undo:
        parts.append(Code(p.script.undo, "sh", "undo", p.risk))
    rows = tuple((w.verb, w.resource, w.namespace, w.name) for w in p.writes)
    parts.append(Table(("VERB", "RESOURCE", "NAMESPACE", "NAME"), rows, "It may change"))
    if record.execution and record.execution.outcome:
        outcome = record.execution.outcome
        parts.append(Facts((("Exit code", str(outcome.exit_code)), ("Verified", str(outcome.verified)))))
        parts.append(Code(outcome.output, "text", "output"))
    return card(p.title, *parts, tone=_TONES.get(record.state, "neutral"))


def record_as_json(record: ProposalRecord) -> Json:
    """The public form: scripts as text, people and enums by name, times in ISO 8601."""
    p = record.proposal
    return {
        "id": p.id,
        "title": p.title,
        "state": str(record.state),
        "why": record.why,
        "digest": record.digest,
        "risk": p.risk.name,
        "cluster": p.cluster,
        "context": p.context,
        "namespace": p.namespace,
        "requester": str(p.requester),
        "author": p.author,
        "incident": p.incident,
        "created_at": p.created_at.isoformat(),
        "expires_at": p.expires_at.isoformat(),
        "script": asdict(p.script),
        "writes": [request.as_json() for request in p.writes],
        "decisions": [
            {"person": str(d.person), "verdict": d.verdict, "reason": d.reason, "at": d.at.isoformat()}
            for d in record.decisions
        ],
        "outcome": asdict(record.execution.outcome) if record.execution and record.execution.outcome else None,
    }
