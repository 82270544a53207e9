"""A proposal shown again where somebody asked for it: that copy, too, loses its buttons once the matter is decided."""

import hashlib
from dataclasses import replace

from bot import outbox
from domain.cards import Card, Choices, ClusterLabel
from domain.messages import Reply
from domain.proposals import ProposalState
from graphs.desk import utc_now
from graphs.words.levels import proposal_card
from graphs.words.outcome import approved_card, not_run_card
from store.ledger.records import ProposalRecord
from store.record import Store

_NEVER_RUNS = frozenset({ProposalState.rejected, ProposalState.revoked, ProposalState.expired, ProposalState.stale})


def shown_again(record: ProposalRecord, asked: str, label: ClusterLabel, zone: str) -> Reply:
    """The whole proposal with the buttons that decide; `asked`: the delivery that wanted to see it."""
    card = proposal_card(record.proposal, record.digest, label, utc_now(), zone)
    return Reply(card, key=_prefix(record.proposal.id) + hashlib.sha256(asked.encode()).hexdigest()[:16])


async def close_copies(store: Store, label: ClusterLabel, proposal: str) -> None:
    """In place of every copy: who decided and when, and nothing to press."""
    record = await store.proposals.get(proposal)
    if record is None or record.state is ProposalState.proposed:
        return
    for key, conversation in await store.outbox.beginning_with(_prefix(proposal)):
        if key.endswith(":over") or await store.outbox.known(f"{key}:over"):
            continue
        await outbox.put(store, conversation, Reply(over(record, label), key=f"{key}:over", replaces=key))


def over(record: ProposalRecord, label: ClusterLabel) -> Card:
    """What became of a proposal that waits no more, with nothing to press."""
    now = utc_now()
    if record.state in _NEVER_RUNS:
        return not_run_card(record, label, now, "UTC")
    card = approved_card(record, label, now, "UTC")
    return replace(card, parts=tuple(part for part in card.parts if not isinstance(part, Choices)))


def _prefix(proposal: str) -> str:
    return f"proposal:{proposal}:copy:"
