"""One proposal, from the card that shows it to what was learned. One thread each; it proposes and reads, never acts.

    show            the card with all the bytes
    ask_a_person    waits for the decision (alone in its step: a resumed step runs again from its first line)
    tell            what was decided
    await_outcome   waits for the executor, a process of its own that reads the same record
    verify          did it help? the executor's checks, the metrics, and a fresh look for the cause
    learn           the incident keeps what helped; where it did not, the way back is offered

What resumes it is only a reason to look at the record again: the record decides, so a resume that comes twice, late or
out of order changes nothing.
"""

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

from domain.messages import Reply
from domain.proposals import Proposal, ProposalState, changing
from domain.silences import is_about_alertmanager
from graphs import telling
from graphs.closing import mended
from graphs.desk import Desk
from graphs.langgraph_strictly import END, START, BaseCheckpointSaver, Command, Runtime, StateGraph, interrupt
from graphs.verifying import did_it_help
from graphs.words import outcome as words
from graphs.words.levels import proposal_card
from store.heartbeat import why_nobody_runs
from store.ledger.records import ProposalRecord

_WAITING_FOR_A_DECISION = frozenset({ProposalState.proposed})
_WILL_RUN = frozenset({ProposalState.approved, ProposalState.claimed, ProposalState.started})
_RAN = frozenset({ProposalState.finished, ProposalState.failed, ProposalState.unknown})


class Remedy(TypedDict, total=False):
    proposal: str
    zone: str
    helped: str
    """`yes`, `no`, `unknown`."""
    reasons: list[str]


@dataclass
class Memory:
    desk: Desk
    record: ProposalRecord
    learned: list[str] = field(default_factory=list)


async def _show(state: Remedy, runtime: Runtime[Memory]) -> Remedy:
    record, desk = runtime.context.record, runtime.context.desk
    card = proposal_card(
        record.proposal, record.digest, desk.label_of(record.proposal.requester), desk.clock(), state["zone"]
    )
    runtime.stream_writer(Reply(card, key=card_key(record.proposal.id)))
    return {}


async def _ask_a_person(state: Remedy) -> Remedy:
    interrupt({"wait_for": "decision", "proposal": state["proposal"]})
    return {}


async def _tell(state: Remedy, runtime: Runtime[Memory]) -> Remedy:
    record, desk = runtime.context.record, runtime.context.desk
    will_run = record.state in _WILL_RUN | _RAN
    label, now, zone = desk.label_of(record.proposal.requester), desk.clock(), state["zone"]
    if will_run:
        card = words.approved_card(record, label, now, zone, await _why_it_waits(desk, record))
    else:
        card = words.not_run_card(record, label, now, zone)
    key = card_key(record.proposal.id)
    runtime.stream_writer(Reply(card, key=f"{key}:decided", replaces=key))
    return {}


async def _why_it_waits(desk: Desk, record: ProposalRecord) -> str:
    if record.state is not ProposalState.approved:
        return ""
    return await why_nobody_runs(desk.store, desk.cluster, datetime.now(UTC))


def _will_it_run(state: Remedy, runtime: Runtime[Memory]) -> Literal["await_outcome", "__end__"]:
    return "await_outcome" if runtime.context.record.state in _WILL_RUN | _RAN else "__end__"


async def _await_outcome(state: Remedy) -> Remedy:
    interrupt({"wait_for": "outcome", "proposal": state["proposal"]})
    return {}


async def _verify(state: Remedy, runtime: Runtime[Memory]) -> Remedy:
    verdict = await did_it_help(runtime.context.desk, runtime.context.record)
    helped = {True: "yes", False: "no", None: "unknown"}[verdict.helped]
    return {"helped": helped, "reasons": list(verdict.reasons)}


async def _learn(state: Remedy, runtime: Runtime[Memory]) -> Remedy:
    record, desk = runtime.context.record, runtime.context.desk
    proposal = record.proposal
    helped = {"yes": True, "no": False, "unknown": None}[state["helped"]]
    if any(map(is_about_alertmanager, proposal.writes)):
        await _note_the_silence(desk, proposal, helped=helped)
    elif record.execution and record.execution.outcome:
        told = dataclasses.replace(record.execution.outcome, verified=helped)
        await desk.store.incidents.outcome(proposal, told, [write.command for write in changing(proposal)])
    if helped and proposal.incident and proposal.cause_key and not proposal.undo_of:
        await mended(desk, proposal.incident, f"{proposal.title}: verified")
    card = words.outcome_card(
        record, helped, tuple(state["reasons"]), desk.label_of(proposal.requester), desk.clock(), state["zone"]
    )
    runtime.stream_writer(Reply(card, key=f"{card_key(proposal.id)}:outcome"))
    return {}


async def _note_the_silence(desk: Desk, proposal: Proposal, *, helped: bool | None) -> None:
    """A silence mends nothing: the incident remembers it, and stays as it is."""
    if not proposal.incident:
        return
    how = {True: "", False: ": it did not come about", None: ": whether it came about could not be told"}[helped]
    text = f"{proposal.title}{how}"
    told = {"proposal": proposal.id, "by": str(proposal.requester)}
    kind = "unsilenced" if proposal.undo_of else "silenced"
    await desk.store.incidents.add(proposal.incident, kind, text, told, key=f"outcome:{proposal.id}")
    await telling.later(desk, proposal.incident)


def build(checkpoints: BaseCheckpointSaver[str]) -> Any:
    graph = StateGraph(Remedy, context_schema=Memory)
    graph.add_node("show", _show)
    graph.add_node("ask_a_person", _ask_a_person)
    graph.add_node("tell", _tell)
    graph.add_node("await_outcome", _await_outcome)
    graph.add_node("verify", _verify)
    graph.add_node("learn", _learn)
    graph.add_edge(START, "show")
    graph.add_edge("show", "ask_a_person")
    graph.add_edge("ask_a_person", "tell")
    graph.add_conditional_edges("tell", _will_it_run, {"await_outcome": "await_outcome", "__end__": END})
    graph.add_edge("await_outcome", "verify")
    graph.add_edge("verify", "learn")
    graph.add_edge("learn", END)
    return graph.compile(checkpointer=checkpoints)


class Remedies:
    """All remediations; each has a thread named after its proposal."""

    def __init__(self, desk: Desk, checkpoints: BaseCheckpointSaver[str]) -> None:
        self._desk = desk
        self._graph = build(checkpoints)

    async def advance(self, proposal_id: str, *, zone: str = "UTC") -> AsyncIterator[Reply]:
        """Take the proposal as far as its record allows, and say what there is to say. Safe to repeat."""
        config = {"configurable": {"thread_id": f"proposal:{proposal_id}"}}
        while (record := await self._desk.store.proposals.get(proposal_id)) is not None:
            going_on = await self._what_next(config, record, zone)
            if going_on is None:
                return
            memory = Memory(self._desk, record)
            async for reply in self._graph.astream(
                going_on.input, config, context=memory, stream_mode="custom", durability="sync"
            ):
                yield reply

    async def _what_next(self, config: Any, record: ProposalRecord, zone: str) -> "_GoOn | None":
        """How to go on from where the thread stands; None where it has to wait or is over."""
        snapshot = await self._graph.aget_state(config)
        if not snapshot.values:
            return _GoOn({"proposal": record.proposal.id, "zone": zone})
        if not snapshot.next:
            return None
        waiting = [found for task in snapshot.tasks for found in task.interrupts]
        if not waiting:
            # A crash cut a step short: LangGraph goes on from its checkpoint when it is given nothing new.
            return _GoOn(None)
        (asked,) = waiting
        not_yet = _WAITING_FOR_A_DECISION if asked.value["wait_for"] == "decision" else _WILL_RUN
        # By the interrupt's own id: a bare resume would answer whichever question is pending.
        return None if record.state in not_yet else _GoOn(Command(resume={asked.id: record.state.value}))


@dataclass(frozen=True, slots=True)
class _GoOn:
    input: Any


def card_key(proposal_id: str) -> str:
    """The key of the post that shows a proposal and, later, its decision in the same place."""
    return f"proposal:{proposal_id}"
