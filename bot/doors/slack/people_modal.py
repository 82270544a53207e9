"""Settings as a modal: how Hilda is set here, and for administrators who may do what. Every change is audited."""

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.doors.slack.conversations import DOOR
from bot.doors.slack.home import SETTINGS_BUTTON
from bot.doors.slack.reception import Reception
from bot.doors.slack.render import small
from bot.doors.slack.render.modals import message_view
from domain.cards import Card, Facts, Text, card
from domain.people import Person, Role
from domain.plain_json import Json, dig
from policy.roles import Act, may

SETTINGS = "hilda:settings"
_WHO, _ROLE = "hilda:settings:who", "hilda:settings:role"
_ROLES = tuple(role for role in Role if role is not Role.nobody)


class PeopleModal:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def register(self, app: AsyncApp) -> None:
        app.action(SETTINGS_BUTTON)(self.on_button)
        app.view(SETTINGS)(self.on_submit)

    async def on_button(self, body: Json, ack: AsyncAck) -> None:
        await self.open_for(body)
        await ack()

    async def open_for(self, body: Json) -> bool:
        person, zone = await self._reception.who(body)
        return await self._reception.open(body, await self.view(person, zone))

    async def view(self, person: Person, zone: str) -> Json:
        """Facts for everybody; for administrators a person and a role to give them."""
        role = await self._reception.role_of(person)
        shown = message_view(self._settings(person, role, zone))
        if not may(role, Act.manage_people):
            return shown
        blocks = [*shown["blocks"], {"type": "divider"}, _pick_a_person(), _pick_a_role()]
        plain = {"submit": small.plain("Give the role", 24), "close": small.plain("Close", 24)}
        return shown | {"callback_id": SETTINGS, "blocks": blocks} | plain

    async def on_submit(self, body: Json, view: Json, ack: AsyncAck) -> None:
        """The role of who submits is looked at again: they may have lost it since the modal opened."""
        by, _ = await self._reception.who(body)
        state = dig(view, "state", "values", default={})
        user = str(dig(state, _WHO, "who", "selected_user", default=""))
        role = str(dig(state, _ROLE, "role", "selected_option", "value", default=""))
        if not await self._reception.may(by, Act.manage_people):
            why = "To give roles needs admin, and you are none any more."
            await self._reception.store.audit.note(str(by), "refused", "roles", why=why)
            await ack(response_action="update", view=message_view(self._told("Not allowed", why)))
            return
        account = await self._reception.listener.people.account(user, 1.0)
        if account is None or not account.able:
            await ack(response_action="errors", errors={_WHO: "Slack does not know this account as a person at work."})
            return
        someone, wanted = Person(DOOR, account.tenant, user), Role[role]
        if someone == by and wanted < Role.admin:
            await ack(response_action="errors", errors={_ROLE: "Another administrator has to take your role away."})
            return
        await self._reception.store.identities.bind(someone, wanted, by)
        told = self._told("The role is given", f"{someone} is {wanted.name} now. It is in the audit record.")
        await ack(response_action="update", view=message_view(told))

    def _settings(self, person: Person, role: Role, zone: str) -> Card:
        policy, level = self._reception.listener.people.policy, self._reception.highest
        facts = (
            ("You are", str(person)),
            ("Your role", role.name),
            ("Your time zone", f"{zone}, from your Slack profile"),
            ("Highest level here", f"{level.value}, {level.title}"),
            ("People nobody bound", policy.unknown),
            ("Guests", policy.guests),
            ("Other workspaces", policy.strangers),
        )
        where = Text("Levels and policies are set where I run: docs/configure.md.")
        return card("Settings", Facts(facts), where, cluster=self._reception.label)

    def _told(self, title: str, words: str) -> Card:
        return card(title, Text(words), cluster=self._reception.label)


def _pick_a_person() -> Json:
    element = {"type": "users_select", "action_id": "who"}
    return {"type": "input", "block_id": _WHO, "label": small.plain("Give a person", 2000), "element": element}


def _pick_a_role() -> Json:
    options = [{"text": small.plain(role.name, 75), "value": role.name} for role in _ROLES]
    element = {"type": "static_select", "action_id": "role", "options": options}
    return {"type": "input", "block_id": _ROLE, "label": small.plain("this role", 2000), "element": element}
