"""After a window was submitted: it says that the answer is being counted, and a moment later what came of it."""

import asyncio

from slack_bolt.async_app import AsyncAck

from bot.doors.slack.home import Home
from bot.doors.slack.reception import Reception
from bot.doors.slack.render.modals import busy_view, message_view
from domain.cards import Card, Facts, Text, card
from domain.messages import ButtonPressed, FormSubmitted
from domain.plain_json import Json
from domain.proposals import ProposalState
from store.ledger.records import ProposalRecord

_ENDS = {"reject": ProposalState.rejected, "revoke": ProposalState.revoked}


class Counting:
    def __init__(self, reception: Reception, home: Home) -> None:
        self._reception = reception
        self._home = home

    async def heard(self, ack: AsyncAck, view: Json, incoming: ButtonPressed | FormSubmitted, title: str) -> None:
        """Durable first; then Slack hears that the window was understood."""
        await self._reception.hear(incoming)
        await ack(response_action="update", view=busy_view(title, "Your answer is being counted. You may close this."))
        self._reception.later(self._tell_what_came_of_it(str(view.get("id") or ""), incoming))

    async def _tell_what_came_of_it(self, view_id: str, incoming: ButtonPressed | FormSubmitted) -> None:
        await asyncio.sleep(0.3)
        done = await self._reception.done(incoming.conversation)
        record = await self._reception.store.proposals.get(incoming.subject)
        if record is not None:
            title, words = _came_of_it(record, incoming) if done else _later()
            await self._reception.change(view_id, message_view(self._card(title, words, record)))
        await self._home.publish(incoming.author)

    def _card(self, title: str, words: str, record: ProposalRecord) -> Card:
        return card(title, Text(words), Facts((("Proposal", record.proposal.title),)), cluster=self._reception.label)


def _later() -> tuple[str, str]:
    return "It takes longer", "The answer comes in the conversation."


def _came_of_it(record: ProposalRecord, incoming: ButtonPressed | FormSubmitted) -> tuple[str, str]:
    if incoming.action == "edit":
        return "Checked", "What came of it stands in the conversation: a proposal of yours, or why not."
    counted = any(decision.person == incoming.author for decision in record.decisions)
    if counted or record.state is _ENDS.get(incoming.action):
        return "It counts", f"The proposal is {record.state} now."
    return "It did not count", "The reason stands in the conversation, where only you see it."
