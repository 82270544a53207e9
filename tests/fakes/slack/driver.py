"""People and channels, as tests use them. The same words work over HTTP and over Socket Mode."""

import asyncio
import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

from tests.fakes.slack import interactions
from tests.fakes.slack.elements import OPTION
from tests.fakes.slack.methods.views import change, pushed_view
from tests.fakes.slack.refusals import Refused, must_be_view
from tests.fakes.slack.roads import Attempt
from tests.fakes.slack.seen import Seen, SeenView, elements_in, labels_of, seen_message, seen_view
from tests.fakes.slack.shapes import Items, Json
from tests.fakes.slack.triggers import answered
from tests.fakes.slack.web_api import Call
from tests.fakes.slack.workspace import Channel, Message, User, View, Workspace

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

Wanted = str | Callable[[Seen], bool]
TROUBLE = "We had some trouble connecting. Try again?"


class NotThere(AssertionError):
    """A person looked for something that is not to be seen."""


class HeldBack(AssertionError):
    """Slack's client does not send this: it asks the person to mend it first."""


@dataclass
class Place:
    """A channel or a direct conversation."""

    slack: "FakeSlack"
    channel: Channel

    @property
    def id(self) -> str:
        return self.channel.id

    def seen(self, message: Message) -> Seen:
        return seen_message(self.slack.workspace, message)

    def messages(self, by: "Person | None" = None) -> list[Seen]:
        """Everything there, threads included, oldest first; private ones only for whom they are."""
        reader = by.user.id if by else ""
        return [self.seen(one) for one in self.channel.messages if one.only_for in ("", reader)]

    def thread(self, of: Seen, by: "Person | None" = None) -> list[Seen]:
        """A message and its replies."""
        parent = of.thread_ts or of.ts
        return [one for one in self.messages(by) if parent in (one.ts, one.thread_ts)]

    def again(self, seen: Seen) -> Seen:
        """The same message as it is now."""
        message = self.channel.find(seen.ts)
        if message is None:
            raise NotThere(f"The message {seen.text!r} is gone.")
        return self.seen(message)

    async def sees(
        self, wanted: Wanted, *, within: float = 5.0, by: "Person | None" = None, after: Seen | None = None
    ) -> Seen:
        """Wait for a message: one that reads so (case does not matter) or of which the function is true."""
        fits = wanted if callable(wanted) else _reads(wanted)
        since = after.ts if after else ""
        try:
            async with asyncio.timeout(within):
                while True:
                    for seen in reversed(self.messages(by)):
                        if seen.ts > since and fits(seen):
                            return seen
                    await asyncio.sleep(0.01)
        except TimeoutError:
            told = "\n---\n".join(one.words for one in self.messages(by))
            raise NotThere(f"No message with {wanted!r} within {within} s. There is:\n{told}") from None

    async def archives(self) -> None:
        self.channel.archived = True
        event = {"type": "channel_archive", "channel": self.id, "user": "U0ADMIN"}
        await self._told(event, "channel_archive")

    async def kicks_the_bot(self) -> None:
        """The app is removed from the channel, and hears that it left."""
        kind = "group_left" if self.channel.private else "channel_left"
        sent = self.slack.events.emit(self.channel, {"type": kind, "channel": self.id}, kind)
        self.channel.members.discard(self.slack.app.bot_user)
        await _tried(sent)

    async def takes_in_the_bot(self, by: "Person") -> None:
        self.channel.members.add(self.slack.app.bot_user)
        event = {
            "type": "member_joined_channel",
            "user": self.slack.app.bot_user,
            "channel": self.id,
            "channel_type": "G" if self.channel.private else "C",
            "team": self.slack.workspace.team_id,
            "inviter": by.user.id,
        }
        await self._told(event, "member_joined_channel")

    async def _told(self, event: dict[str, Json], subscription: str) -> None:
        event["event_ts"] = self.slack.workspace.ts()
        await _tried(self.slack.events.emit(self.channel, event, subscription))


def _reads(words: str) -> Callable[[Seen], bool]:
    return lambda seen: words.lower() in seen.words.lower() or words in seen.buttons


async def _tried(deliveries: Sequence[Json]) -> None:
    for delivery in deliveries:
        await delivery.first.wait()


@dataclass
class Person:
    slack: "FakeSlack"
    user: User
    errors: list[str] = field(default_factory=list)
    """What Slack's client told them when something did not work."""
    warned: dict[str, str] = field(default_factory=dict)
    """block_id → what stands under that field of the modal, from response_action errors."""

    @property
    def id(self) -> str:
        return self.user.id

    # What they write

    async def says(
        self, place: Place, text: str, *, thread: Seen | None = None, wait: bool = True, **more: Json
    ) -> Seen:
        """Write a message; returns after the first tries to deliver it.

        `@name` of a person and `#name` of a channel become mentions.
        """
        workspace = self.slack.workspace
        written = self._encoded(text)
        message = Message(
            place.id,
            workspace.ts(),
            self.user.id,
            text=written,
            blocks=[_as_rich_text(written, workspace)],
            thread_ts=(thread.thread_ts or thread.ts) if thread else "",
            team=self.user.team_id,
            **more,
        )
        workspace.post(place.channel, message)
        foreign = self.user.team_id != workspace.team_id
        connect = {"user_team": self.user.team_id, "source_team": self.user.team_id} if foreign else {}
        sent = self.slack.events.posted(place.channel, message, client_msg_id=workspace.id("msg-"), **connect)
        if wait:
            await _tried(sent)
        return place.seen(message)

    def _encoded(self, text: str) -> str:
        workspace = self.slack.workspace
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

        def mention(found: re.Match[str]) -> str:
            if found[1] in ("channel", "here", "everyone"):
                return f"<!{found[1]}>"
            user = workspace.named(found[1])
            return f"<@{user.id}>" if user else found[0]

        def channel(found: re.Match[str]) -> str:
            one = next((one for one in workspace.channels.values() if one.name == found[1]), None)
            return f"<#{one.id}|{one.name}>" if one else found[0]

        text = re.sub(r"(?<![\w.])@([a-z][\w-]*)", mention, text)
        text = re.sub(r"(?<!\w)#([a-z][\w-]*)", channel, text)
        return re.sub(r"https?://[^\s<>]+", lambda found: f"<{found[0]}>", text)

    async def edits(self, seen: Seen, text: str) -> None:
        channel, message = self._own(seen)
        before = message.shown(self.slack.workspace.files)
        message.text = self._encoded(text)
        message.blocks = [_as_rich_text(message.text, self.slack.workspace)]
        message.edited = {"user": self.user.id, "ts": self.slack.workspace.ts()}
        await _tried(self.slack.events.changed(channel, message, before))

    async def deletes(self, seen: Seen) -> None:
        channel, message = self._own(seen)
        channel.messages.remove(message)
        await _tried(self.slack.events.deleted(channel, message))

    def _own(self, seen: Seen) -> tuple[Channel, Message]:
        channel, message = self._find(seen)
        if message is None or message.user != self.user.id:
            raise HeldBack("People edit and delete their own messages.")
        return channel, message

    def _find(self, seen: Seen) -> tuple[Channel, Message | None]:
        channel = self.slack.workspace.channels[seen.channel]
        return channel, channel.find(seen.ts)

    async def reacts(self, seen: Seen, name: str) -> None:
        channel, message = self._find(seen)
        assert message is not None
        message.reactions.setdefault(name, []).append(self.user.id)
        event = {
            "type": "reaction_added",
            "user": self.user.id,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self.slack.workspace.ts(),
        }
        await _tried(self.slack.events.emit(channel, event, "reaction_added"))

    async def changes(self, **more: Json) -> None:
        """Something about the person is different now: `guest`, `timezone`, `deleted`, …"""
        for name, value in more.items():
            setattr(self.user, name, value)
        event = {"type": "user_change", "user": {"id": self.id}, "event_ts": self.slack.workspace.ts()}
        await _tried(self.slack.events.emit(None, event, "user_change"))

    def reloads(self) -> None:
        """Slack's client starts anew: what only this person saw is gone."""
        for channel in self.slack.workspace.channels.values():
            channel.messages[:] = [one for one in channel.messages if one.only_for != self.user.id]

    # What they press

    async def presses(self, on: Seen | SeenView, what: str, *, stale: bool = False, confirm: bool = True) -> Attempt:
        """Press a button by its label, action_id or value. `stale`: as a client that has not seen the last change.

        A button that asks first is pressed only with `confirm`, which is how most people are.
        """
        block, element = self._look_for(on, what, stale)
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
        block, element = self._look_for(on, action_id or (labels[0] if labels else ""), kinds=("checkboxes",))
        chosen = [_option(element, label) for label in labels]
        action = {
            "type": "checkboxes",
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "selected_options": chosen,
        }
        return await self._acts(on, action, {"type": "checkboxes", "selected_options": chosen})

    async def chooses(self, on: Seen | SeenView, what: str, option: str) -> Attempt:
        """Choose in a menu, radio buttons or an overflow menu, by the option's label or value."""
        block, element = self._look_for(on, what)
        kind = element["type"]
        if kind in ("users_select", "conversations_select", "channels_select"):
            key, chosen = f"selected_{kind.partition('s_')[0]}", option
        else:
            key, chosen = "selected_option", _option(element, option)
        action = {"type": kind, "action_id": element["action_id"], "block_id": block["block_id"], key: chosen}
        return await self._acts(on, action, None if kind == "overflow" else {"type": kind, key: chosen})

    async def asks_options(self, on: Seen | SeenView, action_id: str, typed: str) -> list[Json]:
        """Type into an external select: the options that the app offers, as far as Slack takes them."""
        block, element = self._look_for(on, action_id)
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
            view = self._view(on.id)
            if kept:
                view.state.setdefault(action["block_id"], {})[action["action_id"]] = kept
            place, state, more = interactions.of_view(view), view.state, {}
        else:
            channel, message = self._find(on)
            message = message or _gone(on)
            chosen = message.chosen.setdefault(self.user.id, {})
            if kept:
                chosen.setdefault(action["block_id"], {})[action["action_id"]] = kept
            place, state = self._place(on), chosen
            more = {"response_url": self.slack.response_urls.issue(self.user.id, channel, message)}
        payload = interactions.block_actions(self.slack, self.user, action, place, copy.deepcopy(state), **more)
        attempt = await self.slack.send("interactive", payload)
        if not attempt.acked:
            self.errors.append("⚠ This app is not responding.")
        return attempt

    def _place(self, on: Seen | SeenView) -> dict[str, Json]:
        if isinstance(on, SeenView):
            return interactions.of_view(self._view(on.id))
        channel, message = self._find(on)
        message = message or _gone(on)
        shown = message.shown(self.slack.workspace.files)
        return interactions.of_message(self.slack, channel, message, shown)

    def _look_for(
        self, on: Seen | SeenView, what: str, stale: bool = False, kinds: tuple[str, ...] = ()
    ) -> tuple[Json, Json]:
        blocks = on.blocks if isinstance(on, SeenView) else on.all_blocks
        if not stale and isinstance(on, Seen):
            _, message = self._find(on)
            if message is None:
                raise NotThere(f"The message {on.text!r} is gone.")
            if message.only_for not in ("", self.user.id):
                raise NotThere(f"{self.user.name} does not see {on.text!r}.")
            blocks = seen_message(self.slack.workspace, message).all_blocks
        there = [(block, element) for block, element in elements_in(blocks) if not kinds or element["type"] in kinds]
        for block, element in there:
            if what in (*labels_of(element), element["action_id"], element.get("value"), block.get("block_id")):
                return block, element
        for block, element in there:
            if any(option["value"] == what for option in element.get("options", [])):
                return block, element
        known = [label for _, element in there for label in (*labels_of(element), element["action_id"])]
        raise NotThere(f"Nothing called {what!r} there. There is: {', '.join(known) or 'nothing'}")

    # Commands and shortcuts

    async def runs(self, line: str, place: Place) -> Attempt:
        """Run a slash command in a channel; not in a thread, Slack has no such thing."""
        name, _, text = line.partition(" ")
        known = self.slack.app.commands.get(name)
        if known is None:
            raise HeldBack(f"{name} is not a valid command.")
        if known.get("should_escape"):
            text = self._encoded(text)
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
            channel, message = self._find(on)
            assert message is not None
            payload = interactions.message_action(self.slack, self.user, callback_id, channel, message)
        attempt = await self.slack.send("interactive", payload)
        if not attempt.acked:
            self.errors.append(TROUBLE)
        return attempt

    # Modals

    @property
    def modal(self) -> SeenView | None:
        """The modal on top."""
        return seen_view(self.slack.workspace, self.user.modals[-1]) if self.user.modals else None

    async def sees_modal(self, wanted: str = "", *, within: float = 3.0) -> SeenView:
        """Wait for a modal that reads so."""
        try:
            async with asyncio.timeout(within):
                while True:
                    modal = self.modal
                    if modal and wanted.lower() in f"{modal.title}\n{modal.words}".lower():
                        return modal
                    await asyncio.sleep(0.01)
        except TimeoutError:
            there = f"{self.modal.title}: {self.modal.words}" if self.modal else "no modal"
            raise NotThere(f"No modal with {wanted!r} within {within} s. There is: {there}") from None

    def fills_in(self, values: Mapping[str, Json]) -> None:
        """Type or choose in the open modal: by label, block_id or action_id of each field."""
        view = self._view(self.user.modals[-1].id)
        for name, value in values.items():
            for block in view.content["blocks"]:
                element = block.get("element") or block.get("accessory") or {}
                label = (block.get("label") or {}).get("text")
                if name in (label, block["block_id"], element.get("action_id")) and element:
                    held = _filled(element, value)
                    view.state.setdefault(block["block_id"], {})[element["action_id"]] = held
                    break
            else:
                raise NotThere(f"No field called {name!r} in the modal.")

    async def submits(self, values: Mapping[str, Json] | None = None) -> Attempt:
        """Fill in the open modal and press its submit button; what the app answers is done with it."""
        if not self.user.modals:
            raise NotThere(f"{self.user.name} has no modal open.")
        self.fills_in(values or {})
        view = self.user.modals[-1]
        if not view.content.get("submit"):
            raise NotThere("The modal has no submit button.")
        _hold_back(view)
        self.warned.clear()
        payload = interactions.view_submission(self.slack, self.user, view)
        attempt = await self.slack.send("interactive", payload)
        if not attempt.acked:
            self.errors.append(TROUBLE)
            return attempt
        try:
            self._answered_submission(view, attempt.answer)
        except Refused as refused:
            self.errors.append(f"{TROUBLE} ({refused.error}: {'; '.join(refused.messages)})")
        return attempt

    def _answered_submission(self, view: View, answer: Json) -> None:
        """https://docs.slack.dev/surfaces/modals#updating_response: nothing closes the view, or a response_action."""
        call = Call(self.slack, "view_submission", {})
        action = answer.get("response_action") if isinstance(answer, dict) else None
        match action:
            case None | "":
                if isinstance(answer, dict) and answer:
                    raise Refused("invalid_response", messages=("no response_action",))
                self._close(view)
            case "clear":
                for one in list(self.user.modals):
                    self._close(one)
            case "update":
                must_be_view(answer.get("view"), "modal")
                change(call, view, answer["view"])
            case "push":
                must_be_view(answer.get("view"), "modal")
                if len(self.user.modals) >= 3:
                    raise Refused("push_limit_reached")
                pushed_view(call, self.user.id, answer["view"])
            case "errors":
                inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
                errors = answer.get("errors") or {}
                if not errors or not set(errors) <= inputs:
                    raise Refused("invalid_response", messages=("errors name block_ids of inputs",))
                self.warned.update(errors)
            case _:
                raise Refused("invalid_response", messages=(f"unknown response_action {action}",))

    def _close(self, view: View) -> None:
        if view in self.user.modals:
            self.user.modals.remove(view)
        self.slack.workspace.views.pop(view.id, None)

    async def closes(self) -> Attempt | None:
        """Press the modal's close button."""
        view = self.user.modals[-1]
        cleared = bool(view.content.get("clear_on_close"))
        for one in list(self.user.modals) if cleared else [view]:
            self._close(one)
        if not view.content.get("notify_on_close"):
            return None
        return await self.slack.send("interactive", interactions.view_closed(self.slack, self.user, view, cleared))

    def _view(self, view_id: str) -> View:
        home = self.user.home
        if home is not None and home.id == view_id:
            return home  # type: ignore[no-any-return]
        for view in self.user.modals:
            if view.id == view_id:
                return view
        raise NotThere(f"{self.user.name} has no such view open.")

    # Home, the messages tab and the assistant

    @property
    def home(self) -> SeenView | None:
        return seen_view(self.slack.workspace, self.user.home) if self.user.home else None

    async def opens_home(self, tab: str = "home") -> None:
        """Open the app's Home ("home") or its Messages tab ("messages")."""
        direct = self.slack.direct(self)
        event: dict[str, Json] = {
            "type": "app_home_opened",
            "user": self.user.id,
            "channel": direct.id,
            "tab": tab,
            "event_ts": self.slack.workspace.ts(),
        }
        if tab == "home" and self.user.home:
            event["view"] = self.user.home.shown()
        await _tried(self.slack.events.emit(None, event, "app_home_opened"))

    async def sees_home(self, wanted: str = "", *, within: float = 3.0) -> SeenView:
        try:
            async with asyncio.timeout(within):
                while not (self.home and wanted.lower() in self.home.words.lower()):
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise NotThere(f"No {wanted!r} in Home. There is: {self.home.words if self.home else 'nothing'}") from None
        assert self.home is not None
        return self.home

    async def looks_at(self, place: Place) -> None:
        """The agent view's context: which channel the person has open beside the conversation."""
        event: dict[str, Json] = {
            "type": "app_context_changed",
            "user": self.user.id,
            "channel": self.slack.direct(self).id,
            "context": {"channel_id": place.id, "team_id": self.slack.workspace.team_id},
            "event_ts": self.slack.workspace.ts(),
        }
        await _tried(self.slack.events.emit(None, event, "app_context_changed"))

    async def opens_assistant(self, beside: Place | None = None) -> Seen:
        """The older assistant pane: a new thread in the direct conversation, and the event that announces it."""
        workspace, direct = self.slack.workspace, self.slack.direct(self)
        message = Message(direct.id, workspace.ts(), self.slack.app.bot_user, text="New Assistant Thread")
        message.subtype = "assistant_app_thread"
        workspace.post(direct.channel, message)
        context = {"channel_id": beside.id, "team_id": workspace.team_id} if beside else {}
        event: dict[str, Json] = {
            "type": "assistant_thread_started",
            "assistant_thread": {
                "user_id": self.user.id,
                "context": context,
                "channel_id": direct.id,
                "thread_ts": message.ts,
            },
            "event_ts": workspace.ts(),
        }
        await _tried(self.slack.events.emit(None, event, "assistant_thread_started"))
        return direct.seen(message)

    def status_of(self, thread: Seen) -> str:
        """What stands under the thread while the app works, until it answers or for two minutes."""
        key = (thread.channel, thread.thread_ts or thread.ts)
        status, since = self.slack.statuses.get(key, ("", 0.0))
        answered_since = any(
            float(one.ts) > since and one.bot_id == self.slack.app.bot_id
            for one in self.slack.workspace.channels[thread.channel].thread(key[1])
        )
        return "" if answered_since or self.slack.clock.now() - since > 120 else status


def _as_rich_text(written: str, workspace: Workspace) -> Json:
    """What Slack's client makes of what was typed: text, and leaves for mentions."""
    leaves: list[Json] = []
    for part in re.split(r"(<[^<>]+>)", written):
        target = part[1:-1].partition("|")[0]
        if not part:
            continue
        if not part.startswith("<"):
            leaves.append({"type": "text", "text": unescape(part)})
        elif target.startswith("@"):
            leaves.append({"type": "user", "user_id": target[1:]})
        elif target.startswith("#"):
            leaves.append({"type": "channel", "channel_id": target[1:]})
        elif target.startswith("!"):
            leaves.append({"type": "broadcast", "range": target[1:]})
        else:
            leaves.append({"type": "link", "url": target})
    section = {"type": "rich_text_section", "elements": leaves}
    return {"type": "rich_text", "block_id": workspace.id("b"), "elements": [section]}


def _gone(seen: Seen) -> Message:
    """What a client still shows of a message that is no more."""
    return Message(seen.channel, seen.ts, seen.user, seen.text, seen.blocks, seen.thread_ts, only_for=seen.only_for)


def _option(element: Json, wanted: str) -> Json:
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


def _filled(element: Json, value: Json) -> dict[str, Json]:
    kind = element["type"]
    match kind:
        case "plain_text_input" | "email_text_input" | "url_text_input" | "number_input":
            return {"type": kind, "value": None if value == "" else str(value)}
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            return {"type": kind, "selected_options": [_option(element, one) for one in value]}
        case "radio_buttons" | "static_select" | "external_select":
            return {"type": kind, "selected_option": _option(element, value)}
        case "users_select":
            return {"type": kind, "selected_user": value}
        case "multi_users_select":
            return {"type": kind, "selected_users": list(value)}
        case "conversations_select":
            return {"type": kind, "selected_conversation": value}
        case "channels_select":
            return {"type": kind, "selected_channel": value}
        case "datepicker":
            return {"type": kind, "selected_date": value}
        case "timepicker":
            return {"type": kind, "selected_time": value}
        case _:
            raise NotThere(f"People cannot fill in {kind} here.")


def _hold_back(view: View) -> None:
    """Slack's client wants what is not optional, and lengths as the app set them, before it sends anything."""
    for block in view.content["blocks"]:
        if block["type"] != "input":
            continue
        element, label = block["element"], block["label"]["text"]
        held = view.state.get(block["block_id"], {}).get(element["action_id"], {})
        value = next((one for key, one in held.items() if key != "type"), None)
        if value in (None, "", []):
            if not block.get("optional"):
                raise HeldBack(f"{label}: please complete this required field")
            continue
        if isinstance(value, str):
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if not least <= len(value) <= most:
                raise HeldBack(f"{label}: between {least} and {most} characters, not {len(value)}")
