"""The two shortcuts: "Investigate this" on any message, "Ask Hilda" from anywhere."""

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.manifest import ASK_HILDA, INVESTIGATE
from bot.doors.slack.reception import Reception
from bot.doors.slack.render.modals import ASK, About, message_view, question_view
from bot.doors.slack.render.values import submitted
from bot.doors.slack.spoken import whole
from domain.cards import Text, card
from domain.plain_json import Json, dig


class Shortcuts:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def register(self, app: AsyncApp) -> None:
        app.message_shortcut(INVESTIGATE)(self.on_message)
        app.global_shortcut(ASK_HILDA)(self.on_ask)
        app.view(ASK)(self.on_question)

    async def on_message(self, body: Json, ack: AsyncAck) -> None:
        listener, message = self._reception.listener, body.get("message") or {}
        who, place = await self._reception.who(body), listener.place_of(body)
        key = listener.key(body, "investigate", place.channel, str(message.get("ts")), str(body.get("action_ts")))
        said = whole(message, listener.installation.bot_user)
        if said:
            await self._reception.ask(key, f"what is wrong?\n{said}", who, place)
        else:
            nothing = card("There is nothing to read", Text("That message has no words. Paste what you see as text."))
            await self._reception.tell(body, f"{key}:private", nothing)
        await ack()

    async def on_ask(self, body: Json, ack: AsyncAck) -> None:
        await self._reception.open(body, question_view("Ask Hilda", "What would you like to know?", About("ask")))
        await ack()

    async def on_question(self, body: Json, view: Json, ack: AsyncAck) -> None:
        """Heard in the direct conversation; the modal says where the answer comes."""
        text = submitted(dig(view, "state", "values", default={})).get("text", "").strip()
        who = await self._reception.who(body)
        place = await self._reception.direct(who[0].id)
        key = self._reception.listener.key(body, "ask", str(view.get("id")))
        await self._reception.ask(key, text or "help", who, place)
        told = card("I am looking", Text("The answer comes in our direct conversation."))
        await ack(response_action="update", view=message_view(told))
