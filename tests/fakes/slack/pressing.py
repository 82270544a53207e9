"""What people press, tick, choose, command."""

import copy
from dataclasses import dataclass

from tests.fakes.slack import interactions
from tests.fakes.slack.elements import OPTION
from tests.fakes.slack.methods.views import first_state as untouched
from tests.fakes.slack.places import NotThere, Place
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.roads import Attempt
from tests.fakes.slack.seen import Seen, SeenView, elements_in, labels_of, seen_message
from tests.fakes.slack.shapes import Items, Json
from tests.fakes.slack.triggers import answered
from tests.fakes.slack.workspace import Message, View, Workspace
from tests.fakes.slack.writing import HeldBack, Writer

BUTTONS = ("button", "feedback_buttons", "icon_button", "workflow_button")
MENUS = ("radio_buttons", "overflow", "static_select", "external_select", "users_select")
CHANNEL_MENUS = ("conversations_select", "channels_select")
TROUBLE = "We had some trouble connecting. Try again?"


@dataclass
class Presser(Writer):
    """A person with a mouse."""

    async def presses(self, on: Seen | SeenView, what: str, *, stale: bool = False, confirm: bool = True) -> Attempt:
        """Press a button by its label, action_id or value. `stale`: as a client that has not seen the last change.

        A button that asks first is pressed only with `confirm`, which is how most people are.
        """
        block, element = self._look_for(on, what, BUTTONS, stale=stale)
        if element.get("confirm") and not confirm:
            return Attempt(failed="the person said no")
        kind = element["type"]
        action: dict[str, Json] = {"type": kind, "action_id": element["action_id"], "block_id": block["block_id"]}
        if kind == "feedback_buttons":
            side = next(
                element[one]
                for one in ("positive_button", "negative_button")
                if what in (element[one]["text"]["text"], element[one]["value"], element["action_id"])
            )
            action |= {"value": side["value"], "text": side["text"]}
        else:
            action |= {key: element[key] for key in ("text", "value", "style") if key in element}
        return await self._acts(on, action)

    async def ticks(self, on: Seen | SeenView, *labels: str, action_id: str = "") -> Attempt:
        """Set the check marks of one group of checkboxes to exactly these labels (or values)."""
        block, element = self._look_for(on, action_id or (labels[0] if labels else ""), ("checkboxes",))
        chosen = [option_of(element, label) for label in labels]
        action = {
            "type": "checkboxes",
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "selected_options": chosen,
        }
        return await self._acts(on, action, {"type": "checkboxes", "selected_options": chosen})

    async def chooses(self, on: Seen | SeenView, what: str, option: str) -> Attempt:
        """Choose in a menu, radio buttons or an overflow menu, by the option's label or value."""
        block, element = self._look_for(on, what, (*MENUS, *CHANNEL_MENUS))
        kind = element["type"]
        if kind in ("users_select", *CHANNEL_MENUS):
            key, chosen = f"selected_{kind.partition('s_')[0]}", option
        else:
            key, chosen = "selected_option", option_of(element, option)
        action = {"type": kind, "action_id": element["action_id"], "block_id": block["block_id"], key: chosen}
        return await self._acts(on, action, None if kind == "overflow" else {"type": kind, key: chosen})

    async def asks_options(self, on: Seen | SeenView, action_id: str, typed: str) -> list[Json]:
        """Type into an external select: the options that the app offers, as far as Slack takes them."""
        block, element = self._look_for(on, action_id, ("external_select", "multi_external_select"))
        if len(typed) < element.get("min_query_length", 3):
            return []
        payload = interactions.block_suggestion(
            self.slack, self.user, self._place(on), element, block["block_id"], typed
        )
        attempt = await self.slack.send("interactive", payload)
        options = (attempt.answer or {}).get("options", []) if isinstance(attempt.answer, dict) else []
        if list(Items(OPTION, 0, 100).faults(options, "/options")):
            self.errors.append("No results")
            return []
        return list(options)

    async def _acts(self, on: Seen | SeenView, action: dict[str, Json], kept: Json = None) -> Attempt:
        if isinstance(on, SeenView):
            view = self.view(on.id)
            if kept:
                view.state.setdefault(action["block_id"], {})[action["action_id"]] = kept
            place, state, more = interactions.of_view(view), view.state, {}
        else:
            channel, message = self.find(on)
            message = message or gone(on)
            chosen = message.chosen.setdefault(self.user.id, {})
            if kept:
                chosen.setdefault(action["block_id"], {})[action["action_id"]] = kept
            state = first_state(self.slack.workspace, message)
            for block_id, actions in chosen.items():
                state.setdefault(block_id, {}).update(actions)
            place = self._place(on)
            more = {"response_url": self.slack.response_urls.issue(self.user.id, channel, message)}
        payload = interactions.block_actions(self.slack, self.user, action, place, copy.deepcopy(state), **more)
        attempt = await self.slack.send("interactive", payload)
        if not attempt.acked:
            self.errors.append("⚠ This app is not responding.")
        return attempt

    def _place(self, on: Seen | SeenView) -> dict[str, Json]:
        if isinstance(on, SeenView):
            return interactions.of_view(self.view(on.id))
        channel, message = self.find(on)
        message = message or gone(on)
        shown = message.shown(self.slack.workspace.files)
        return interactions.of_message(self.slack, channel, message, shown)

    def _look_for(
        self, on: Seen | SeenView, what: str, kinds: tuple[str, ...], *, stale: bool = False
    ) -> tuple[Json, Json]:
        blocks = on.blocks if isinstance(on, SeenView) else on.all_blocks
        if not stale and isinstance(on, Seen):
            channel, message = self.find(on)
            if (channel.private or channel.direct) and self.user.id not in channel.members:
                raise NotThere(f"{self.user.name} is not in that conversation.")
            if message is None:
                raise NotThere(f"The message {on.text!r} is gone.")
            if message.only_for not in ("", self.user.id):
                raise NotThere(f"{self.user.name} does not see {on.text!r}.")
            blocks = seen_message(self.slack.workspace, message).all_blocks
        there = [(block, element) for block, element in elements_in(blocks) if element["type"] in kinds]
        for block, element in there:
            if what in (*labels_of(element), element["action_id"], element.get("value"), block.get("block_id")):
                return block, element
        for block, element in there:
            if any(option["value"] == what for option in element.get("options", [])):
                return block, element
        known = [label for _, element in there for label in (*labels_of(element), element["action_id"])]
        raise NotThere(f"Nothing called {what!r} there. There is: {', '.join(known) or 'nothing'}")

    async def runs(self, line: str, place: Place) -> Attempt:
        """Run a slash command in a channel; not in a thread, Slack has no such thing."""
        name, _, text = line.partition(" ")
        known = self.slack.app.commands.get(name)
        if known is None:
            raise HeldBack(f"{name} is not a valid command.")
        if known.get("should_escape"):
            text = self.encoded(text)
        payload = interactions.command(self.slack, self.user, place.channel, name, text.strip())
        attempt = await self.slack.send("slash_commands", payload)
        if not attempt.acked:
            late = "timeout" in attempt.failed
            error = "operation_timeout" if late else "dispatch_failed"
            self.errors.append(f"{name} failed with the error “{error}”")
            return attempt
        answer = attempt.answer
        said = {"text": answer} if isinstance(answer, str) and answer.strip() else answer
        if isinstance(said, dict) and said:
            try:
                answered(self.slack, said, self.user.id, place.channel)
            except Refused as refused:
                self.errors.append(f"{name} failed with the error “{refused.error}”")
        return attempt

    async def shortcut(self, callback_id: str, on: Seen | None = None) -> Attempt:
        """A global shortcut, or a message shortcut on a message."""
        kinds = self.slack.app.shortcuts
        if kinds and kinds.get(callback_id) != ("message" if on else "global"):
            raise HeldBack(f"There is no such shortcut here: {callback_id}. There is: {kinds}")
        if on is None:
            payload = interactions.shortcut(self.slack, self.user, callback_id)
        else:
            channel, message = self.find(on)
            assert message is not None
            payload = interactions.message_action(self.slack, self.user, callback_id, channel, message)
        attempt = await self.slack.send("interactive", payload)
        if not attempt.acked:
            self.errors.append(TROUBLE)
        return attempt

    def view(self, view_id: str) -> View:
        home = self.user.home
        if home is not None and home.id == view_id:
            return home  # type: ignore[no-any-return]
        for view in self.user.modals:
            if view.id == view_id:
                return view
        raise NotThere(f"{self.user.name} has no such view open.")


def first_state(workspace: Workspace, message: Message) -> dict[str, Json]:
    """What state says of a message nobody has touched: every element that has a value, as the app set it."""
    return untouched(seen_message(workspace, message).all_blocks)


def gone(seen: Seen) -> Message:
    """What a client still shows of a message that is no more."""
    return Message(seen.channel, seen.ts, seen.user, seen.text, seen.blocks, seen.thread_ts, only_for=seen.only_for)


def option_of(element: Json, wanted: str) -> Json:
    options = [
        *element.get("options", []),
        *(one for group in element.get("option_groups", []) for one in group["options"]),
    ]
    for option in options:
        if wanted in (option["text"]["text"], option["value"]):
            return option
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": wanted}, "value": wanted}
    raise NotThere(f"No option {wanted!r}. There is: {', '.join(one['text']['text'] for one in options)}")
