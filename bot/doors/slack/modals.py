"""Buttons that open a modal, and what comes back from it: reasons, edited commands, scripts read to their end."""

import re
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.counting import Counting
from bot.doors.slack.home import Home
from bot.doors.slack.reception import Reception
from bot.doors.slack.render.modals import (
    FORM,
    READ,
    REASON,
    About,
    about,
    form_view,
    is_last_page,
    message_view,
    reading_view,
    reason_view,
)
from bot.doors.slack.render.values import Pressed, pressed, submitted
from domain.cards import Action, Card, Facts, Part, Text, card
from domain.messages import ButtonPressed, FormSubmitted
from domain.people import Person
from domain.plain_json import Json, dig
from domain.proposals import ProposalState
from graphs.amending import commands_in
from graphs.words.levels import edit_card, proposal_card
from policy.roles import Act, may, may_reject, required_role
from store.ledger.records import ProposalRecord

_BUTTONS = re.compile("^hilda:(read|reject|revoke|edit|submit):")
_WORDS = {"reject": ("Reject", "Why? A rejection is final."), "revoke": ("Take back", "Why? It will not run then.")}


class Modals:
    def __init__(self, reception: Reception, home: Home) -> None:
        self._reception = reception
        self._counting = Counting(reception, home)

    def register(self, app: AsyncApp) -> None:
        app.action(_BUTTONS)(self.on_button)
        app.view(READ)(self.on_read)
        app.view(REASON)(self.on_reason)
        app.view(FORM)(self.on_form)

    async def on_button(self, body: Json, ack: AsyncAck) -> None:
        """A window where one is needed. Where none opens, the button does what it can without."""
        action = (body.get("actions") or [{}])[0]
        found = pressed(action, body.get("message") or {})
        if not found:
            await self._reception.listener.on_action(body, ack)
            return
        what = found[0]
        if what.action == "submit":
            await self._form_in_a_message(body, action, what)
        elif not await self.open_for(body, what, await self._reception.listener.conversation_of(body)):
            await self._without_a_window(body, action, what)
        await ack()

    async def open_for(self, body: Json, what: Pressed, conversation: str) -> bool:
        """Open the window that belongs to a button."""
        return await self._reception.open(body, await self._window(body, what, conversation))

    async def _window(self, body: Json, what: Pressed, conversation: str) -> Json:
        person, _ = await self._reception.who(body)
        record = await self._reception.store.proposals.get(what.subject)
        if record is None:
            return message_view(card("It is gone", Text("There is no such proposal any more."), tone="warning"))
        if record.proposal.cluster != self._reception.listener.cluster:
            told = Text("It is about another cluster than the one I look at. Decide where it was proposed.")
            return message_view(card("Not here", told, tone="warning"))
        kept = About(what.action, what.subject, what.digest_prefix, conversation)
        match what.action:
            case "read":
                return self._reading(record, About("approve", what.subject, what.digest_prefix, conversation))
            case "edit":
                return await self._editing(record, kept, person)
            case _:
                return await self._reasoning(record, kept, person)

    def _reading(self, record: ProposalRecord, kept: About) -> Json:
        if record.state is not ProposalState.proposed:
            return message_view(self._over(record))
        return reading_view(self._whole(record), kept)

    async def _editing(self, record: ProposalRecord, kept: About, person: Person) -> Json:
        role = await self._reception.role_of(person)
        if not may(role, Act.propose):
            return message_view(
                self._refused(f"You are {role.name} here; to edit needs {required_role(Act.propose).name}.")
            )
        form = edit_card(record.proposal, commands_in(record.proposal.script.run), self._reception.label)
        return form_view(form, kept)

    async def _reasoning(self, record: ProposalRecord, kept: About, person: Person) -> Json:
        role = await self._reception.role_of(person)
        if not may_reject(role, own=person == record.proposal.requester):
            needed = required_role(Act.reject).name
            return message_view(self._refused(f"You are {role.name} here; to {kept.action} it needs {needed}."))
        if kept.action == "reject" and record.state is not ProposalState.proposed:
            return message_view(self._over(record))
        label, question = _WORDS[kept.action]
        shown = card(record.proposal.title, tone="question", cluster=self._reception.label)
        return reason_view(shown, kept, submit=label, label=question)

    async def reject(self, key: str, who: tuple[Person, str], what: Pressed, why: str, conversation: str) -> None:
        """A no with its reason, typed instead of pressed."""
        person, zone = who
        values = {"reason": why, "digest_prefix": what.digest_prefix}
        at = self._reception.clock()
        await self._reception.hear(FormSubmitted(key, person, conversation, "reject", what.subject, values, at, zone))

    async def on_read(self, body: Json, view: Json, ack: AsyncAck) -> None:
        """The next page; at the end of the last one, a yes to exactly these bytes."""
        kept = about(str(view.get("private_metadata") or ""))
        record = await self._reception.store.proposals.get(kept.subject) if kept else None
        if kept is None or record is None:
            await ack(response_action="update", view=message_view(_from_another_release()))
            return
        if record.state is not ProposalState.proposed:
            await ack(response_action="update", view=message_view(self._over(record)))
            return
        if not is_last_page(self._whole(record), kept):
            following = About(kept.action, kept.subject, kept.digest_prefix, kept.conversation, kept.page + 1)
            await ack(response_action="update", view=reading_view(self._whole(record), following))
            return
        person, zone = await self._reception.who(body)
        incoming = ButtonPressed(
            id=self._key(body, view, "approve"),
            author=person,
            conversation=kept.conversation,
            action="approve",
            subject=kept.subject,
            digest_prefix=kept.digest_prefix,
            at=self._reception.clock(),
            zone=zone,
        )
        await self._counting.heard(ack, view, incoming, "Approve")

    async def on_reason(self, body: Json, view: Json, ack: AsyncAck) -> None:
        kept = about(str(view.get("private_metadata") or ""))
        reason = _values(view).get("reason", "").strip()
        if kept is not None and kept.action == "feedback":
            person, _ = await self._reception.who(body)
            await self._reception.store.ratings.rate(kept.subject, person, "missed", reason)
            await ack(response_action="update", view=message_view(card("Thank you", Text("It is in the record."))))
            return
        if kept is None or kept.action not in _WORDS:
            await ack(response_action="update", view=message_view(_from_another_release()))
            return
        values = {"reason": reason, "digest_prefix": kept.digest_prefix}
        incoming = await self._form(body, view, kept.action, kept.subject, values, kept.conversation)
        await self._counting.heard(ack, view, incoming, _WORDS[kept.action][0])

    async def on_form(self, body: Json, view: Json, ack: AsyncAck) -> None:
        kept = about(str(view.get("private_metadata") or ""))
        if kept is None or kept.action != "edit":
            await ack(response_action="update", view=message_view(_from_another_release()))
            return
        incoming = await self._form(body, view, kept.action, kept.subject, _values(view), kept.conversation)
        await self._counting.heard(ack, view, incoming, "Edit")

    async def _form(
        self, body: Json, view: Json, action: str, subject: str, values: dict[str, str], conversation: str
    ) -> FormSubmitted:
        person, zone = await self._reception.who(body)
        return FormSubmitted(
            id=self._key(body, view, action),
            author=person,
            conversation=conversation,
            action=_action(action),
            subject=subject,
            values=values,
            at=self._reception.clock(),
            zone=zone,
        )

    async def _form_in_a_message(self, body: Json, action: Json, what: Pressed) -> None:
        """The same form, where it stood in a message because no window could be opened."""
        name, _, subject = what.subject.partition("/")
        person, zone = await self._reception.who(body)
        await self._reception.hear(
            FormSubmitted(
                id=self._reception.listener.click_key(body, action),
                author=person,
                conversation=await self._reception.listener.conversation_of(body),
                action=_action(name),
                subject=subject,
                values=submitted(dig(body, "state", "values", default={})),
                at=self._reception.clock(),
                zone=zone,
            )
        )

    async def _without_a_window(self, body: Json, action: Json, what: Pressed) -> None:
        """Editing comes as a form in a message; a decision is asked for again rather than made without its question."""
        key = self._reception.listener.click_key(body, action)
        if what.action != "edit":
            again = card("The window did not open", Text("Slack was too slow. Press the button again."), tone="warning")
            await self._reception.tell(body, f"{key}:private", again)
            return
        person, zone = await self._reception.who(body)
        conversation = await self._reception.listener.conversation_of(body)
        at = self._reception.clock()
        await self._reception.hear(
            ButtonPressed(key, person, conversation, "edit", what.subject, what.digest_prefix, at, zone)
        )

    def _whole(self, record: ProposalRecord) -> Card:
        """Always the same words for the same bytes, so that pages do not move while somebody reads."""
        proposal = record.proposal
        shown = proposal_card(proposal, record.digest, self._reception.label, proposal.created_at, "UTC")
        until = ("Until", f"{proposal.expires_at:%Y-%m-%d %H:%M} UTC")
        return replace(shown, parts=tuple(_with(part, until) for part in shown.parts))

    def _over(self, record: ProposalRecord) -> Card:
        why = f": {record.why}" if record.why else ""
        return card(
            f"It is {record.state}",
            Text(f"{record.proposal.title}{why}"),
            tone="warning",
            cluster=self._reception.label,
        )

    def _refused(self, why: str) -> Card:
        return card("Not allowed", Text(why), tone="warning", cluster=self._reception.label)

    def _key(self, body: Json, view: Json, action: str) -> str:
        """One window decides once, however often it is delivered."""
        return self._reception.listener.key(body, "view", str(view.get("id")), action)


def _with(part: Part, row: tuple[str, str]) -> Part:
    """Facts with this row in place of the one of that name."""
    return Facts(tuple(row if one[0] == row[0] else one for one in part.rows)) if isinstance(part, Facts) else part


def _values(view: Json) -> dict[str, str]:
    return submitted(dig(view, "state", "values", default={}))


def _action(name: str) -> Action:
    match name:
        case "reject" | "revoke" | "edit" | "settle" | "approve":
            return name
        case _:
            return "ask"


def _from_another_release() -> Card:
    return card(
        "This no longer works",
        Text("It was opened by another release of mine, or it is gone. Ask me again."),
        tone="warning",
    )
