"""From what came in to what is said: who asks, which workflow, what comes of it. Every door takes this way."""

from collections.abc import AsyncIterator
from typing import Literal, assert_never

from domain import job_kinds
from domain.errors import HildaError
from domain.levels import Level
from domain.messages import AlertFired, ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.people import Person, Role
from domain.proposals import ProposalState
from graphs.assist import Assist
from graphs.desk import Desk
from graphs.remediate import Remedies
from graphs.words import outcome, small
from policy.consent import consent
from policy.roles import Act, may, required_role

_LEVEL_WORDS = {Level.checklist: "checklist", Level.commands: "commands", Level.script: "script"}


class Dispatcher:
    def __init__(self, desk: Desk, assist: Assist, remedies: Remedies) -> None:
        self._desk = desk
        self._assist = assist
        self._remedies = remedies

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
        async for reply in replies:
            yield reply

    async def resume(self, proposal_id: str, zone: str) -> AsyncIterator[Reply]:
        """Take a proposal's own workflow as far as its record allows."""
        async for reply in self._remedies.advance(proposal_id, zone=zone):
            yield reply

    async def _answer(self, message: Message) -> AsyncIterator[Reply]:
        role = await self._desk.store.identities.role_of(message.author)
        if not may(role, Act.ask):
            yield self._privately(message, _no_role(message.author, role, Act.ask))
            return
        await self._desk.store.conversations.heard(message.conversation, message.author, message.text, message.id)
        async for reply in self._assist.run(message):
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
            case "tick":
                await self._desk.store.journal.append(
                    f"conversation:{pressed.conversation}",
                    "ticked",
                    {"item": pressed.subject, "by": str(pressed.author)},
                )
            case _:
                async for reply in self._answer(_as_words(pressed)):
                    yield reply

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
        role = await store.identities.role_of(person)
        own = person == record.proposal.requester
        act = Act.approve if verdict == "approve" else Act.reject
        if not may(role, act) and not (verdict == "reject" and own):
            why = _no_role(person, role, act)
            await store.decisions.refuse(record.proposal.id, person, why, tried=verdict)
            yield self._privately(pressed, why)
            return
        result = await store.decisions.decide(
            record.proposal.id, prefix, person, verdict, reason, role, consent(record.proposal.risk)
        )
        if not result.accepted:
            label = self._desk.label
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
        role = await store.identities.role_of(person)
        if person != record.proposal.requester and not may(role, Act.approve):
            why = _no_role(person, role, Act.approve)
            await store.decisions.refuse(record.proposal.id, person, why, tried="revoke")
            yield self._privately(pressed, why)
            return
        if not await store.proposals.revoke(record.proposal.id, person, reason or "taken back"):
            yield self._privately(pressed, "It is too late to take it back: it is claimed, run or over.")
            return
        await self._tell_the_conversation(record.proposal.id, record.proposal.conversation, pressed)

    async def _tell_the_conversation(
        self, proposal_id: str, conversation: str, pressed: ButtonPressed | FormSubmitted
    ) -> None:
        """The decision is shown where the proposal was, which need not be where the button was."""
        payload = {"proposal": proposal_id, "zone": pressed.zone}
        kind = job_kinds.resume(self._desk.cluster)
        await self._desk.store.jobs.put(f"resume:{proposal_id}:{pressed.id}", kind, payload, conversation)

    def _privately(self, pressed: Message | ButtonPressed | FormSubmitted, why: str) -> Reply:
        card = small.not_allowed(self._desk.label, why)
        return Reply(card, key=f"{pressed.id}:private", audience="person", person=pressed.author)


def failed(incoming: Incoming, why: HildaError) -> Reply:
    """The reply when something we expect went wrong on the way."""
    return Reply(small.could_not_look(None, str(why)), key=f"{incoming.id}:failed")


def _no_role(person: Person, role: Role, act: Act) -> str:
    needed = required_role(act).name
    if role is Role.nobody:
        return f"I do not know you ({person}). An administrator can bind you to a role; {act.value} needs {needed}."
    return f"You are {role.name} here; {act.value} needs {needed}."


def _as_words(pressed: ButtonPressed | FormSubmitted) -> Message:
    """What somebody would have typed instead of pressing."""
    match pressed.action:
        case "next_level":
            wanted = Level(int(pressed.subject)) if pressed.subject.isdigit() else None
            text = _LEVEL_WORDS.get(wanted, "next level") if wanted else "next level"
        case "evidence":
            text = "why do you think so?"
        case "undo":
            text = "undo that"
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
