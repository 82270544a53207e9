"""What became of a proposal: the decision, the run, and whether it helped."""

from datetime import datetime

from domain.cards import Card, Choice, Choices, ClusterLabel, Code, Facts, Part, Text, card
from domain.proposals import Outcome, Proposal, ProposalState
from graphs.words import times
from graphs.words.small import in_practice
from store.ledger.records import ProposalRecord

_NOT_RUN = {
    ProposalState.rejected: "Rejected: nothing was changed",
    ProposalState.revoked: "Taken back: nothing was changed",
    ProposalState.expired: "Expired: nothing was changed",
    ProposalState.stale: "The cluster has changed since: nothing was run",
}


def approved_card(record: ProposalRecord, cluster: ClusterLabel, now: datetime, zone: str, waits: str = "") -> Card:
    """In place of the buttons: who said yes, when, and what happens next; `waits` says why nothing can run it now."""
    going_on = (("Next", "the executor claims it, runs it once and verifies it"),)
    waiting = (("Next", "it waits: nothing here can run it"), ("Why", waits))
    return card(
        f"Approved: {record.proposal.title}",
        Facts((*_decisions(record, now, zone), *(waiting if waits else going_on))),
        Choices((Choice("Revoke", "revoke", record.proposal.id, record.digest[:12], "danger"),)),
        cluster=cluster,
    )


def not_run_card(record: ProposalRecord, cluster: ClusterLabel, now: datetime, zone: str) -> Card:
    """A proposal that will never run, who or what said so, and why."""
    rows = [*_decisions(record, now, zone)]
    if record.why:
        rows.append(("Why", record.why))
    rows.append(("Next", "ask for the script again if it is still needed"))
    return card(_NOT_RUN[record.state], Text(record.proposal.title), Facts(tuple(rows)), cluster=cluster)


def outcome_card(
    record: ProposalRecord,
    helped: bool | None,
    reasons: tuple[str, ...],
    cluster: ClusterLabel,
    now: datetime,
    zone: str,
) -> Card:
    """Whether it helped, how that was told, and what the script said."""
    outcome = record.execution.outcome if record.execution else None
    parts: list[Part] = [Facts((*_decisions(record, now, zone), *_ran(outcome)))]
    if reasons:
        parts.append(Text("\n".join(f"- {reason}" for reason in reasons)))
    if outcome and outcome.output:
        cut = " (cut)" if outcome.truncated else ""
        parts.append(Code(outcome.output, "text", label=f"What the script said{cut}"))
    if outcome and outcome.verify_output and helped is not True:
        parts.append(Code(outcome.verify_output, "text", label="What the verification said"))
    if record.state is ProposalState.unknown:
        parts.append(Text("I do not run it again by myself. Look at the cluster, then ask me anew: **what is wrong?**"))
        settle = f"hilda proposals settle {record.proposal.id} ran|did-not-run --why 'how you know'"
        parts.append(Code(settle, "sh", "When you know how it ended, say so for the record"))
    elif outcome is not None and not record.proposal.undo_of:
        parts.append(Choices((Choice("Undo", "undo", record.proposal.id, record.digest[:12]),)))
    return card(_title(record, helped), *parts, tone=_tone(record, helped), cluster=cluster)  # type: ignore[arg-type]


def refused_card(proposal: Proposal, why: str, cluster: ClusterLabel) -> Card:
    """A private word to somebody whose decision did not count."""
    told = Text(f"{proposal.title}: {why}")
    return card("That did not count", told, *in_practice(cluster), tone="warning", cluster=cluster)


def settled_card(proposal: Proposal, why: str, cluster: ClusterLabel) -> Card:
    """A run whose end was unknown, and who says now how it ended."""
    rows = (("Settled", why), ("Next", "ask again what is wrong: only the cluster tells whether it helped"))
    return card(f"Settled: {proposal.title}", Facts(rows), cluster=cluster)


def _title(record: ProposalRecord, helped: bool | None) -> str:
    title = record.proposal.title
    if record.state is ProposalState.unknown:
        return f"I do not know how it ended: {title}"
    if helped:
        return f"Done and verified: {title}"
    if record.state is ProposalState.failed:
        return f"It failed: {title}"
    return (
        f"It ran, and did not help: {title}" if helped is False else f"It ran; I cannot tell whether it helped: {title}"
    )


def _tone(record: ProposalRecord, helped: bool | None) -> str:
    if helped:
        return "good"
    return "warning" if record.state is ProposalState.finished and helped is None else "bad"


def _decisions(record: ProposalRecord, now: datetime, zone: str) -> tuple[tuple[str, str], ...]:
    said = {"approve": "Approved by", "reject": "Rejected by"}
    return tuple(
        (said[d.verdict], f"{d.person.id} at {times.clock(d.at, now, zone)}" + (f": {d.reason}" if d.reason else ""))
        for d in record.decisions
    )


def _ran(outcome: Outcome | None) -> tuple[tuple[str, str], ...]:
    if outcome is None:
        return ()
    ended = "killed" if outcome.exit_code is None else f"exit code {outcome.exit_code}"
    rows = [("Ran", f"{outcome.took_seconds:.1f} s, {ended}")]
    if outcome.why:
        rows.append(("Why", outcome.why))
    checked = {True: "held", False: "did not hold", None: "could not be told"}[outcome.verified]
    return (*rows, ("Verification", checked))
