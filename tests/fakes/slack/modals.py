"""Modals as people fill them in, and what Slack does with the answers to a submission."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.slack import interactions
from tests.fakes.slack.methods.views import change, pushed_view
from tests.fakes.slack.places import NotThere
from tests.fakes.slack.pressing import TROUBLE, Presser, option_of
from tests.fakes.slack.refusals import Refused, must_be_view
from tests.fakes.slack.roads import Attempt
from tests.fakes.slack.seen import SeenView, seen_view
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call
from tests.fakes.slack.workspace import View
from tests.fakes.slack.writing import HeldBack


@dataclass
class ModalUser(Presser):
    """A person before a modal."""

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
        view = self.view(self.user.modals[-1].id)
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


def _filled(element: Json, value: Json) -> dict[str, Json]:
    kind = element["type"]
    match kind:
        case "plain_text_input" | "email_text_input" | "url_text_input" | "number_input":
            return {"type": kind, "value": None if value == "" else str(value)}
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            return {"type": kind, "selected_options": [option_of(element, one) for one in value]}
        case "radio_buttons" | "static_select" | "external_select":
            return {"type": kind, "selected_option": option_of(element, value)}
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
