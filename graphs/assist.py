"""One turn of the conversation, from what was said to what is answered. Always ends, never interrupts, never acts.

    understand   what is asked, about what, in which span of time
    look         detectors and golden signals, in parallel
    recall       the runbook that fits, and what helped before
    explain      the answer, in a model's words where they hold and ours otherwise
    climb        checklist, commands, proposal: as far as was asked

Questions that need no diagnosis (logs, lists, metrics, help) leave after `understand`.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from domain.cards import Progress
from domain.errors import NotAllowed, ToolFailed
from domain.findings import Cause
from domain.levels import Level
from domain.messages import Message, Reply
from graphs import grammar, reading, silencing
from graphs.amending import way_back
from graphs.climbing import put_forward, with_effects
from graphs.desk import Desk
from graphs.diagnosis import Looking, Recalled, Seen, explain, look_around, recall
from graphs.focus import Focus
from graphs.langgraph_strictly import END, START, BaseCheckpointSaver, Runtime, StateGraph, get_stream_writer
from graphs.replying import Replies
from graphs.report_asked import REPORT
from graphs.silence_wish import wish_in
from graphs.silenced_alerts import meant
from graphs.understanding import Intent, Names, Understanding, understand
from graphs.words import levels, small
from graphs.words.answer import answer_card, nothing_to_mend_card, sources
from graphs.words.follow_up import since_card, why_card
from graphs.words.silences import which_card
from policy.kubectl import for_people
from policy.roles import Act, may, required_role

_DIAGNOSED = frozenset({Intent.diagnose, Intent.since, Intent.why, Intent.climb})


class Turn(TypedDict, total=False):
    """What is remembered between turns and steps: plain values, small; what was found is in `Memory`."""

    message: str
    """Id of the message under way."""
    focus: dict[str, Any]
    """What the conversation is about (graphs/focus.py)."""
    intent: str
    level: int
    """Where to climb to in this turn; 0 for nowhere."""


@dataclass
class Memory:
    """What one turn holds in hand; gone when it ends, since every turn looks afresh. The focus keeps the cause."""

    desk: Desk
    message: Message
    reply: Replies
    understood: Understanding | None = None
    seen: Seen | None = None
    recalled: Recalled | None = None

    @property
    def question(self) -> Understanding:
        assert self.understood is not None, "`understand` comes first"
        return self.understood

    @property
    def found(self) -> Seen:
        assert self.seen is not None, "`look` comes before whatever uses it"
        return self.seen


async def _names(memory: Memory) -> Names:
    """The cluster's; none where it is gone and the record is to be told all the same."""
    try:
        return await memory.desk.names()
    except ToolFailed:
        if not REPORT.search(memory.message.text):
            raise
        return Names()


async def _understand(state: Turn, runtime: Runtime[Memory]) -> Turn:
    memory, focus = runtime.context, Focus.of(state)
    names = await _names(memory)
    memory.understood = understand(memory.message, names, focus_namespace=focus.namespace)
    focus = focus.turned_to(memory.understood)
    return {
        "message": memory.message.id,
        "focus": focus.as_json(),
        "intent": memory.understood.intent.value,
        "level": _climb_to(memory.understood, focus),
    }


def _climb_to(understood: Understanding, focus: Focus) -> int:
    if understood.intent is not Intent.climb:
        return 0
    return int(understood.level or min(max(focus.level, Level.answer) + 1, Level.automatic))


def _what_next(state: Turn, runtime: Runtime[Memory]) -> Literal["look", "read", "undo", "silence"]:
    intent = Intent(state["intent"])
    if intent is Intent.undo:
        return "undo"
    if intent is Intent.silence:
        return "silence"
    return "look" if intent in _DIAGNOSED and not runtime.context.question.unknown_name else "read"


async def _read(state: Turn, runtime: Runtime[Memory]) -> Turn:
    """Questions that one look answers: logs, lists, metrics, status, changes, help, small talk."""
    memory = runtime.context
    if memory.question.intent is Intent.report:
        # A whole day takes some seconds to look at.
        memory.reply.progress("Looking back", Progress((("looking at the day", "running"),)))
    for card in await reading.answer(memory.desk, memory.message, memory.question, Focus.of(state)):
        memory.reply.say(card)
    return {}


async def _look(state: Turn, runtime: Runtime[Memory]) -> Turn:
    memory = runtime.context
    looking = Looking(memory.reply)
    looking.show()
    memory.seen = await look_around(memory.desk, memory.message, Focus.of(state), looking=looking)
    return {}


async def _recall(state: Turn, runtime: Runtime[Memory]) -> Turn:
    memory = runtime.context
    if memory.found.causes:
        memory.recalled = await recall(memory.desk, memory.found.causes[0])
    return {}


async def _explain(state: Turn, runtime: Runtime[Memory]) -> Turn:
    """Says what was found; someone who climbs has heard it and hears the next level instead.

    Where a fresh look shows another cause than the one that was told, that is said first: nobody climbs unawares.
    """
    memory, before, desk = runtime.context, Focus.of(state), runtime.context.desk
    first = memory.found.causes[0] if memory.found.causes else None
    focus = before.explaining(first, memory.found.state)
    is_another = first is not None and bool(before.cause) and first.key != before.cause
    kept = first.finding.evidence if first else ()
    if first is not None and state["level"] >= Level.checklist and not is_another:
        await desk.store.conversations.remember_evidence(memory.message.conversation, kept)
        return {"focus": focus.as_json()}
    now, zone, label = desk.clock(), memory.message.zone, desk.label_for(memory.message)
    answer = await explain(desk, memory.message, memory.found, memory.recalled, before, memory.reply)
    match Intent(state["intent"]):
        case Intent.why if first is not None and not is_another:
            memory.reply.say(why_card(first, label, now, zone))
        case Intent.since if first is not None and not is_another:
            memory.reply.say(since_card(first, answer, label, now, zone))
        case Intent.climb if first is None:
            memory.reply.say(nothing_to_mend_card(answer, label, now, zone))
        case _:
            memory.reply.say(answer_card(answer, label, now, zone, desk.highest))
    await desk.store.conversations.remember_evidence(memory.message.conversation, (*sources(answer), *kept))
    return {"focus": focus.to(level=max(focus.level, int(Level.answer))).as_json(), "level": 0}


def _climb_or_end(state: Turn) -> Literal["climb", "__end__"]:
    return "climb" if state["level"] >= Level.checklist else "__end__"


async def _climb(state: Turn, runtime: Runtime[Memory]) -> Turn:
    """Checklist, commands or proposal for the first cause, checked against the live system."""
    memory, focus, desk = runtime.context, Focus.of(state), runtime.context.desk
    label, wanted = desk.label_for(memory.message), Level(state["level"])
    if wanted > desk.highest:
        memory.reply.say(small.not_allowed(label, levels.stops_here(desk.highest)))
        return {}
    cause = memory.found.causes[0]
    await _of_an_alert(desk, memory.message.conversation, cause)
    plan = memory.recalled.plan if memory.recalled else None
    if plan is None:
        memory.reply.say(levels.no_runbook_card(cause, label))
        return {}
    incident = await desk.store.incidents.open_or_join(
        cause.key, cause.finding.title, desk.cluster, memory.message.conversation
    )
    focus = focus.to(incident=incident.id, level=int(wanted))
    if wanted is Level.checklist:
        memory.reply.say(levels.checklist_card(plan, label, desk.highest, incident))
        return {"focus": focus.as_json()}
    observed = tuple({ref for step in plan.steps for ref in step.objects})
    climb = await with_effects(desk, plan, observed)
    if wanted is Level.commands or climb.refused:
        lines = [for_people(step.command.text, desk.kube.context) if step.command else "" for step in climb.plan.steps]
        memory.reply.say(levels.commands_card(climb.plan, lines, label, desk.highest, climb.refused))
        return {"focus": focus.as_json()}
    await _must_be_allowed(memory, Act.propose)
    return {"focus": focus.to(proposal=await put_forward(desk, climb, memory.message, incident.id)).as_json()}


async def _of_an_alert(desk: Desk, conversation: str, cause: Cause) -> None:
    """An incident that alerts began without a cause is about this one, once somebody climbs for it in its thread."""
    incident = await desk.store.incidents.of_conversation(conversation)
    if incident is not None and incident.alive and incident.cause_key.startswith("alerts|"):
        await desk.store.incident_states.found_cause(incident.id, cause.key, cause.finding.title)


async def _must_be_allowed(memory: Memory, act: Act) -> None:
    role = await memory.desk.role_of(memory.message.author)
    if not may(role, act):
        raise NotAllowed(f"You are {role.name} here; to {act.value} needs {required_role(act).name}.")


async def _undo(state: Turn, runtime: Runtime[Memory]) -> Turn:
    memory, focus, desk = runtime.context, Focus.of(state), runtime.context.desk
    named = grammar.PROPOSAL.search(memory.message.text)
    wanted = named[0] if named else focus.proposal
    record = await desk.store.proposals.get(wanted) if wanted else None
    if record is None or record.execution is None or record.proposal.cluster != desk.cluster:
        memory.reply.say(small.nothing_to_undo(desk.label_for(memory.message)))
        return {}
    await _must_be_allowed(memory, Act.propose)
    climb = await way_back(desk, record.proposal)
    proposed = await put_forward(desk, climb, memory.message, record.proposal.incident, undo_of=record.proposal.id)
    return {"focus": focus.to(proposal=proposed).as_json()}


async def _silence(state: Turn, runtime: Runtime[Memory]) -> Turn:
    """A proposal that keeps alerts quiet for a while: those that fire now and are meant, and no others."""
    memory, focus, desk = runtime.context, Focus.of(state), runtime.context.desk
    message, label = memory.message, desk.label_for(memory.message)
    wish = wish_in(message.text)
    found = await meant(desk, message, focus, wish, memory.question.namespace)
    if found.unclear:
        memory.reply.say(which_card(found.unclear, wish.length, label))
        return {}
    plan = await silencing.plan_for(desk, wish, found.alerts, message.author, found.incident)
    climb = await with_effects(desk, plan, silencing.targets(plan))
    if climb.refused or desk.highest < Level.script:
        lines = [step.command.text if step.command else "" for step in climb.plan.steps]
        memory.reply.say(levels.commands_card(climb.plan, lines, label, desk.highest, climb.refused))
        return {}
    await _must_be_allowed(memory, Act.propose)
    return {"focus": focus.to(proposal=await put_forward(desk, climb, message, found.incident)).as_json()}


def build(checkpoints: BaseCheckpointSaver[str]) -> Any:
    graph = StateGraph(Turn, context_schema=Memory)
    graph.add_node("understand", _understand)
    graph.add_node("read", _read)
    graph.add_node("undo", _undo)
    graph.add_node("silence", _silence)
    graph.add_node("look", _look)
    graph.add_node("recall", _recall)
    graph.add_node("explain", _explain)
    graph.add_node("climb", _climb)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", _what_next, ["look", "read", "undo", "silence"])
    graph.add_edge("read", END)
    graph.add_edge("undo", END)
    graph.add_edge("silence", END)
    graph.add_edge("look", "recall")
    graph.add_edge("recall", "explain")
    graph.add_conditional_edges("explain", _climb_or_end, {"climb": "climb", "__end__": END})
    graph.add_edge("climb", END)
    return graph.compile(checkpointer=checkpoints)


class Assist:
    """All conversations; each has a thread named after it."""

    def __init__(self, desk: Desk, checkpoints: BaseCheckpointSaver[str]) -> None:
        self._desk = desk
        self._graph = build(checkpoints)

    async def begin(self, conversation: str, focus: Focus) -> None:
        """What a conversation is about that Hilda began: what is said there next follows up on it."""
        config = {"configurable": {"thread_id": conversation}}
        await self._graph.aupdate_state(config, {"focus": focus.as_json()}, as_node="read")

    async def run(self, message: Message) -> AsyncIterator[Reply]:
        """Answer one message, progress first. A look that fails is an answer too; anything else is a bug and loud."""
        config = {"configurable": {"thread_id": message.conversation}}
        label = self._desk.label_for(message)
        memory = Memory(self._desk, message, Replies(message, lambda reply: get_stream_writer()(reply), label))
        try:
            # Kept once, at its end: a turn never acts, and one that was cut short begins anew with its job.
            async for reply in self._graph.astream(
                {"message": message.id}, config, context=memory, stream_mode="custom", durability="exit"
            ):
                yield reply
            if looked := memory.reply.looked():
                yield looked
        except ToolFailed as failed:
            yield memory.reply.answer(small.could_not_look(label, str(failed)))
        except NotAllowed as refused:
            yield memory.reply.answer(small.not_allowed(label, str(refused)))
