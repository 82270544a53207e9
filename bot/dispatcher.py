"""From what came in to what is said: who asks, which workflow, what comes of it. Every door takes this way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Literal, assert_never

from domain import job_kinds
from domain.errors import HildaError
from domain.levels import Level
from domain.messages import AlertFired, ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.people import Person, Role
from domain.plain_json import Json
from domain.proposals import Ended, ProposalState
from graphs.amending import commands_in, edited
from graphs.assist import Assist
from graphs.climbing import put_forward
from graphs.desk import Desk
from graphs.duty import Duty
from graphs.incident_acts import IncidentActs
from graphs.remediate import Remedies
from graphs.reports import Reports
from graphs.words import outcome, small, times
from graphs.words.levels import edit_card
from policy.consent import consent
from policy.roles import Act, approving, may, may_approve, may_reject, required_role

_LEVEL_WORDS = {Level.checklist: "checklist", Level.commands: "commands", Level.script: "script"}


class Dispatcher:
    def __init__(self, desk: Desk, assist: Assist, remedies: Remedies, duty: Duty) -> None:
        self._desk = desk
        self._assist = assist
        self._remedies = remedies
        self._duty = duty
        self._acts = IncidentActs(desk)
        self._reports = Reports(desk)

    async def handle(self, incoming: Incoming) -> AsyncIterator[Reply]:
        """Everything that is to be said about one thing that came in; a refusal is a reply, too."""
        match incoming:
            case Message():
                replies = self._answer(incoming)
            case ButtonPressed():
                replies = self._pressed(incoming, incoming.digest_prefix, "")
            case FormSubmitted():
                prefix = incoming.values.get("digest_prefix", "")
                replies = self._pressed(incoming, prefix, incoming.values.get("reason", ""))
            case AlertFired():
                replies = self._answer(_as_question(incoming))
            case _:
                assert_never(incoming)
        async for reply in _with_moments(replies):
            yield reply

    async def resume(self, proposal_id: str, zone: str) -> AsyncIterator[Reply]:
        """Take a proposal's own workflow as far as its record allows."""
        async for reply in _with_moments(self._remedies.advance(proposal_id, zone=zone)):
            yield reply

    async def due(self, what: str, conversation: str, at: datetime) -> AsyncIterator[tuple[str, Reply]]:
        """What the clock asks for, as (conversation, reply)."""
        match what:
            case "report":
                async for place, reply in self._reports.due(conversation, at):
                    yield place, reply
            case _:
                # Another release's; the job is kept for it.
                raise ValueError(f"nothing is known that is due as {what!r}")

    async def alerts(self, group: str) -> None:
        """Something changed about a group of alerts; what is to be said of it comes as work of its incident."""
        await self._duty.attend(group)

    async def incident(self, payload: Json) -> AsyncIterator[Reply]:
        """Work of an incident: its record changed, or its time has come."""
        async for reply in _with_moments(self._duty.its_time_has_come(payload)):
            yield reply

    async def _answer(self, message: Message) -> AsyncIterator[Reply]:
        role = await self._desk.role_of(message.author)
        if not may(role, Act.ask):
            yield self._privately(message, _no_role(message.author, role, Act.ask))
            return
        await self._desk.store.conversations.heard(message.conversation, message.author, message.text, message.id)
        act = await self._acts.meant(message)
        async for reply in self._assist.run(message) if act is None else self._acts.do(message, act):
            yield reply

    async def _pressed(self, pressed: ButtonPressed | FormSubmitted, prefix: str, reason: str) -> AsyncIterator[Reply]:
        """A button is either a decision about a proposal, or words that somebody need not type."""
        match pressed.action:
            case "approve" | "reject":
                async for reply in self._decide(pressed, prefix, pressed.action, reason):
                    yield reply
            case "revoke":
                async for reply in self._revoke(pressed, reason):
                    yield reply
            case "settle":
                yield await self._settle(pressed, reason)
            case "edit":
                async for reply in self._edit(pressed):
                    yield reply
            case "tick":
                yield await self._tick(pressed)
            case _:
                async for reply in self._answer(_as_words(pressed)):
                    yield reply

    async def _tick(self, pressed: ButtonPressed | FormSubmitted) -> Reply:
        """A task of a checklist is done; the incident remembers who said so."""
        incident, _, task = pressed.subject.partition("/")
        if await self._desk.store.incidents.get(incident) is None:
            return self._privately(pressed, "That checklist belongs to no incident any more.")
        new = await self._desk.store.incidents.add(
            incident, "ticked", f"{pressed.author.id} did {task}", {"task": task}, key=f"ticked:{task}"
        )
        return Reply(small.ticked(self._desk.label_of(pressed.author), task, new=new), key=f"{pressed.id}:ticked")

    async def _decide(
        self,
        pressed: ButtonPressed | FormSubmitted,
        prefix: str,
        verdict: Literal["approve", "reject"],
        reason: str,
    ) -> AsyncIterator[Reply]:
        """One person's yes or no; the record decides whether it counts, and says why not."""
        store, person = self._desk.store, pressed.author
        record = await store.proposals.get(pressed.subject)
        if record is None:
            yield self._privately(pressed, "There is no such proposal any more.")
            return
        role = await self._desk.role_of(person)
        own, risk = person == record.proposal.requester, record.proposal.risk
        allowed = may_approve(role, risk) if verdict == "approve" else may_reject(role, own=own)
        if not allowed:
            why = _no_role(person, role, approving(risk) if verdict == "approve" else Act.reject)
            await store.decisions.refuse(record.proposal.id, person, why, tried=verdict)
            yield self._privately(pressed, why)
            return
        result = await store.decisions.decide(
            record.proposal.id, prefix, person, verdict, reason, role, consent(record.proposal.risk)
        )
        if not result.accepted:
            label = self._desk.label_of(pressed.author)
            card = outcome.refused_card(record.proposal, result.why, label)
            yield Reply(card, key=f"{pressed.id}:refused", audience="person", person=person)
            return
        await store.journal.append(
            f"proposal:{record.proposal.id}",
            "decided",
            {"by": str(person), "verdict": verdict, "state": str(result.state), "title": record.proposal.title},
        )
        if result.state is ProposalState.proposed:
            yield self._privately(pressed, result.why)
            return
        await self._tell_the_conversation(record.proposal.id, record.proposal.conversation, pressed)

    async def _revoke(self, pressed: ButtonPressed | FormSubmitted, reason: str) -> AsyncIterator[Reply]:
        store, person = self._desk.store, pressed.author
        record = await store.proposals.get(pressed.subject)
        if record is None:
            yield self._privately(pressed, "There is no such proposal any more.")
            return
        role = await self._desk.role_of(person)
        if not may_reject(role, own=person == record.proposal.requester):
            why = _no_role(person, role, Act.reject)
            await store.decisions.refuse(record.proposal.id, person, why, tried="revoke")
            yield self._privately(pressed, why)
            return
        if not await store.proposals.revoke(record.proposal.id, person, reason or "taken back"):
            yield self._privately(pressed, "It is too late to take it back: it is claimed, run or over.")
            return
        await self._tell_the_conversation(record.proposal.id, record.proposal.conversation, pressed)

    async def _settle(self, pressed: ButtonPressed | FormSubmitted, reason: str) -> Reply:
        """A person says how a run ended that nobody can tell from the record."""
        store, person = self._desk.store, pressed.author
        record = await store.proposals.get(pressed.subject)
        if record is None:
            return self._privately(pressed, "There is no such proposal any more.")
        role = await self._desk.role_of(person)
        if not may(role, Act.settle):
            why = _no_role(person, role, Act.settle)
            await store.decisions.refuse(record.proposal.id, person, why, tried="settle")
            return self._privately(pressed, why)
        ended = pressed.values.get("ended") if isinstance(pressed, FormSubmitted) else None
        if ended not in set(Ended) or not reason.strip():
            return self._privately(pressed, "Say how it ended, ran or did-not-run, and how you know.")
        result = await store.settling.settle(record.proposal.id, person, Ended(ended), reason)
        label = self._desk.label_of(person)
        if not result.accepted:
            card = outcome.refused_card(record.proposal, result.why, label)
            return Reply(card, key=f"{pressed.id}:refused", audience="person", person=person)
        told = {"by": str(person), "state": str(result.state), "why": result.why}
        await store.journal.append(f"proposal:{record.proposal.id}", "settled", told)
        if record.proposal.incident:
            await store.incidents.add(record.proposal.incident, "settled", f"{record.proposal.title}: {result.why}")
        return Reply(outcome.settled_card(record.proposal, result.why, label), key=f"{pressed.id}:settled")

    async def _edit(self, pressed: ButtonPressed | FormSubmitted) -> AsyncIterator[Reply]:
        """A form with the command lines; sent back, they are a new proposal of whoever edited it."""
        store, label = self._desk.store, self._desk.label_of(pressed.author)
        record = await store.proposals.get(pressed.subject)
        role = await self._desk.role_of(pressed.author)
        if record is None or not may(role, Act.propose):
            why = (
                "There is no such proposal any more." if record is None else _no_role(pressed.author, role, Act.propose)
            )
            yield self._privately(pressed, why)
            return
        lines = pressed.values.get("commands") if isinstance(pressed, FormSubmitted) else None
        if lines is None:
            form = edit_card(record.proposal, commands_in(record.proposal.script.run), label)
            yield Reply(form, key=f"{pressed.id}:form", audience="person", person=pressed.author)
            return
        climb = await edited(self._desk, record.proposal, lines, pressed.author)
        await put_forward(self._desk, climb, _as_words(pressed), record.proposal.incident)
        if may_reject(role, own=pressed.author == record.proposal.requester) and await store.proposals.revoke(
            record.proposal.id, pressed.author, "edited: a new proposal takes its place"
        ):
            await self._tell_the_conversation(record.proposal.id, record.proposal.conversation, pressed)

    async def _tell_the_conversation(
        self, proposal_id: str, conversation: str, pressed: ButtonPressed | FormSubmitted
    ) -> None:
        """The decision is shown where the proposal was, which need not be where the button was."""
        payload = {"proposal": proposal_id, "zone": pressed.zone}
        kind = job_kinds.resume(self._desk.cluster)
        await self._desk.store.jobs.put(f"resume:{proposal_id}:{pressed.id}", kind, payload, conversation)

    def _privately(self, pressed: Message | ButtonPressed | FormSubmitted, why: str) -> Reply:
        card = small.not_allowed(self._desk.label_of(pressed.author), why)
        return Reply(card, key=f"{pressed.id}:private", audience="person", person=pressed.author)


async def _with_moments(replies: AsyncIterator[Reply]) -> AsyncIterator[Reply]:
    """The same replies; their clock times say what they stand for."""
    with times.noted() as found:
        async for reply in replies:
            yield replace(reply, card=times.with_moments(reply.card, found))


def failed(incoming: Incoming, why: HildaError) -> Reply:
    """The reply when something we expect went wrong on the way."""
    return Reply(small.could_not_look(None, str(why)), key=f"{incoming.id}:failed")


def stopped(incoming_id: str) -> Reply:
    """In place of the progress, when somebody stopped the work."""
    return Reply(small.stopped(None), key=f"{incoming_id}:stopped", replaces=f"{incoming_id}:looking")


def _no_role(person: Person, role: Role, act: Act) -> str:
    needed = required_role(act).name
    if role is Role.nobody:
        return f"I do not know you ({person}). An administrator can bind you to a role; to {act.value} needs {needed}."
    return f"You are {role.name} here; to {act.value} needs {needed}."


def _as_words(pressed: ButtonPressed | FormSubmitted) -> Message:
    """What somebody would have typed instead of pressing."""
    match pressed.action:
        case "next_level":
            wanted = Level(int(pressed.subject)) if pressed.subject.isdigit() else None
            text = _LEVEL_WORDS.get(wanted, "next level") if wanted else "next level"
        case "evidence":
            text = "why do you think so?"
        case "undo":
            text = f"undo {pressed.subject}" if pressed.subject else "undo that"
        case "stop":
            text = "stop"
        case _:
            text = pressed.subject
    return Message(
        pressed.id, pressed.author, pressed.conversation, text, pressed.at, pressed.zone, pressed.practice_identity
    )


def _as_question(alert: AlertFired) -> Message:
    labels = "\n".join(f"{name}: {value}" for name, value in sorted(alert.labels.items()))
    author = Person("alertmanager", "", alert.name)
    return Message(
        alert.id, author, alert.conversation, f"[FIRING] {alert.name}\nalertname: {alert.name}\n{labels}", alert.at
    )
