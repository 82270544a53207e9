"""views.*: https://docs.slack.dev/reference/methods/views.open and its siblings."""

from tests.fakes.slack.methods.chat import with_ids
from tests.fakes.slack.refusals import Refused, must_be_view
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method
from tests.fakes.slack.workspace import View

STACK = 3
"""https://docs.slack.dev/surfaces/modals: at most three views at once."""


@method("views.open", tier="tier 4")
async def open_view(call: Call) -> dict[str, Json]:
    content = _content(call, "modal")
    user = call.slack.workspace.users[call.slack.triggers.exchange(call.needs("trigger_id"))]
    view = new_view(call, user.id, content)
    user.modals[:] = [view]
    return {"view": view.shown()}


@method("views.push", tier="tier 4")
async def push(call: Call) -> dict[str, Json]:
    content = _content(call, "modal")
    user = call.slack.workspace.users[call.slack.triggers.exchange(call.needs("trigger_id"))]
    if not user.modals:
        raise Refused("not_found")
    if len(user.modals) >= STACK:
        raise Refused("push_limit_reached")
    view = pushed_view(call, user.id, content)
    return {"view": view.shown()}


@method("views.update", tier="tier 4")
async def update(call: Call) -> dict[str, Json]:
    content = _content(call, "modal", "home")
    view = _wanted(call)
    if call.text("hash") and call.text("hash") != view.hash:
        raise Refused("hash_conflict")
    change(call, view, content)
    return {"view": view.shown()}


@method("views.publish", tier="tier 4")
async def publish(call: Call) -> dict[str, Json]:
    content = _content(call, "home")
    user = call.slack.workspace.users.get(call.needs("user_id"))
    if user is None:
        raise Refused("user_not_found")
    if user.home is not None and call.text("hash") and call.text("hash") != user.home.hash:
        raise Refused("hash_conflict")
    if user.home is None:
        user.home = new_view(call, user.id, content)
    else:
        change(call, user.home, content)
    return {"view": user.home.shown()}


def _content(call: Call, *kinds: str) -> Json:
    content = call.json("view")
    if not content:
        raise Refused("invalid_arguments", messages=("missing required field: view",))
    must_be_view(content, *kinds)
    external = content.get("external_id")
    taken = [
        one for one in call.slack.workspace.views.values() if external and one.content.get("external_id") == external
    ]
    if taken and not (call.method == "views.update" and taken == [_wanted(call)]):
        raise Refused("duplicate_external_id")
    return content


def _wanted(call: Call) -> View:
    workspace = call.slack.workspace
    if not call.text("view_id") and not call.text("external_id"):
        raise Refused("invalid_arguments", messages=("view_id or external_id is required",))
    for view in workspace.views.values():
        if call.text("view_id") == view.id:
            return view
        if call.text("external_id") and view.content.get("external_id") == call.text("external_id"):
            return view
    raise Refused("not_found")


def new_view(call: Call, user: str, content: Json) -> View:
    workspace, app = call.slack.workspace, call.slack.app
    view = View(
        workspace.id("V"),
        user,
        {**content, "blocks": with_ids(call, content["blocks"])},
        workspace.hash(),
        app.id,
        app.bot_id,
        workspace.team_id,
    )
    view.state = first_state(view.content["blocks"])
    workspace.views[view.id] = view
    return view


def pushed_view(call: Call, user: str, content: Json) -> View:
    modals = call.slack.workspace.users[user].modals
    view = new_view(call, user, content)
    view.root, view.previous = modals[0].root or modals[0].id, modals[-1].id
    modals.append(view)
    return view


def change(call: Call, view: View, content: Json) -> None:
    """New content; what was typed stays where block and action keep their ids."""
    view.content = {**content, "blocks": with_ids(call, content["blocks"])}
    view.hash = call.slack.workspace.hash()
    state = first_state(view.content["blocks"])
    for block_id, actions in state.items():
        for action_id, before in actions.items():
            typed = view.state.get(block_id, {}).get(action_id)
            if typed and typed["type"] == before["type"]:
                actions[action_id] = typed
    view.state = state


def first_state(blocks: list[Json]) -> dict[str, Json]:
    """state.values as it is before anybody touched anything: https://docs.slack.dev/reference/views."""
    state: dict[str, Json] = {}
    for block in blocks:
        held = [block.get("element"), block.get("accessory"), *(block.get("elements") or [])]
        for element in held:
            if isinstance(element, dict) and (kept := value_of(element)) is not None and "action_id" in element:
                state.setdefault(block["block_id"], {})[element["action_id"]] = kept
    return state


def value_of(element: Json) -> dict[str, Json] | None:
    """What state says about an element as it stands; None for what has no value, such as a button."""
    kind = element["type"]
    match kind:
        case "plain_text_input" | "email_text_input" | "url_text_input" | "number_input":
            return {"type": kind, "value": element.get("initial_value") or None}
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            return {"type": kind, "selected_options": list(element.get("initial_options", []))}
        case "radio_buttons" | "static_select" | "external_select":
            return {"type": kind, "selected_option": element.get("initial_option")}
        case "users_select":
            return {"type": kind, "selected_user": element.get("initial_user")}
        case "multi_users_select":
            return {"type": kind, "selected_users": list(element.get("initial_users", []))}
        case "conversations_select":
            return {"type": kind, "selected_conversation": element.get("initial_conversation")}
        case "multi_conversations_select":
            return {"type": kind, "selected_conversations": list(element.get("initial_conversations", []))}
        case "channels_select":
            return {"type": kind, "selected_channel": element.get("initial_channel")}
        case "multi_channels_select":
            return {"type": kind, "selected_channels": list(element.get("initial_channels", []))}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date")}
        case "timepicker":
            return {"type": kind, "selected_time": element.get("initial_time")}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": element.get("initial_date_time")}
        case _:
            return None
