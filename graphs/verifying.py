"""Did it help? The executor's own checks, what the metrics were expected to say, and a fresh look for the cause."""

import asyncio
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from domain.errors import ToolFailed
from domain.look import Look
from domain.objects import Scope
from domain.proposals import Proposal, ProposalState
from domain.scripts import Expectation
from graphs.desk import Desk
from graphs.words.levels import expected
from graphs.words.numbers import measured
from store.ledger.records import ProposalRecord
from tools.checkup import checkup

SETTLES_WITHIN = timedelta(minutes=3)
"""Rates are averages over minutes: a metric may need that long to show what is already true."""
_EVERY = 2.0

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    helped: bool | None
    """None where it could not be told."""
    reasons: tuple[str, ...]


async def did_it_help(desk: Desk, record: ProposalRecord, *, every: float = _EVERY) -> Verdict:
    """Looks until everything holds or the time in which it should settle has passed."""
    outcome = record.execution.outcome if record.execution else None
    if record.state is ProposalState.unknown or outcome is None:
        reasons = (
            "Its executor vanished while it ran, so nobody can say how far it came.",
            *await _still_wrong(desk, record),
        )
        return Verdict(None, reasons)
    if outcome.verified is False or record.state is ProposalState.failed:
        return Verdict(False, ("The verification script did not hold.",) if outcome.exit_code == 0 else ())
    deadline = desk.clock() + SETTLES_WITHIN
    while True:
        met, unmet, unknown = await _measured(desk, record.proposal)
        if not unmet:
            unmet = await _still_wrong(desk, record)
        if not unmet and not unknown:
            return Verdict(outcome.verified, tuple(met))
        if desk.clock() > deadline:
            return Verdict(None if unknown and not unmet else False, tuple(unmet or unknown))
        await asyncio.sleep(every)


async def _measured(desk: Desk, proposal: Proposal) -> tuple[list[str], list[str], list[str]]:
    """Expectations that hold, those that do not, and those that nobody can tell; each with what was measured."""
    met: list[str] = []
    unmet: list[str] = []
    unknown: list[str] = []
    for wanted in proposal.expectations:
        try:
            value = await _value(desk, wanted)
        except ToolFailed as failed:
            unknown.append(f"{wanted.title}: {failed}")
            continue
        if value is None:
            unknown.append(f"{wanted.title}: Prometheus has no value for it now.")
        elif _COMPARISONS[wanted.comparison](value, wanted.bound):
            met.append(f"{expected(wanted)}: it is {measured(str(value), wanted.unit)}.")
        else:
            unmet.append(f"{expected(wanted)}: not so, it is {measured(str(value), wanted.unit)}.")
    return met, unmet, unknown


async def _value(desk: Desk, wanted: Expectation) -> float | None:
    if desk.metrics is None:
        raise ToolFailed("no Prometheus is set.")
    samples = await desk.metrics.instant(wanted.query, desk.clock())
    return max((sample.value for sample in samples), default=None)


async def _still_wrong(desk: Desk, record: ProposalRecord) -> list[str]:
    """What a fresh look still finds of the cause that this was to mend; metrics have their own expectations."""
    proposal = record.proposal
    if not proposal.cause_key or proposal.undo_of:
        return []
    scope = Scope(desk.kube.context, proposal.observed_namespaces or None)
    look = Look(asker=proposal.requester, now=desk.clock(), scope=scope, seconds=desk.look_seconds)
    try:
        seen = await checkup(desk.kube, look, None)
    except ToolFailed as failed:
        return [f"I could not look again: {failed}"]
    # All that was found, not only the gravest causes: what else is wrong by now must not hide it.
    return [
        f"Still there: {found.title}" for found in seen.findings if found.key == proposal.cause_key and found.is_trouble
    ]
