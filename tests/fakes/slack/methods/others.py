"""Reactions, the assistant surface, Socket Mode's address: https://docs.slack.dev/reference/methods."""

import re

from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method


@method("reactions.add", "reactions:write", tier="tier 3")
async def react(call: Call) -> dict[str, Json]:
    channel = call.channel()
    if channel.archived:
        raise Refused("is_archived")
    if call.slack.app.bot_user not in channel.members:
        raise Refused("not_in_channel")
    message = call.message(channel, "timestamp")
    users = message.reactions.setdefault(_emoji(call), [])
    if call.slack.app.bot_user in users:
        raise Refused("already_reacted")
    users.append(call.slack.app.bot_user)
    return {}


@method("reactions.remove", "reactions:write", tier="tier 2")
async def unreact(call: Call) -> dict[str, Json]:
    channel = call.channel()
    message = call.message(channel, "timestamp")
    users = message.reactions.get(_emoji(call), [])
    if call.slack.app.bot_user not in users:
        raise Refused("no_reaction")
    users.remove(call.slack.app.bot_user)
    if not users:
        del message.reactions[_emoji(call)]
    return {}


def _emoji(call: Call) -> str:
    name = call.needs("name")
    if not re.fullmatch(r"[a-z0-9_'+-]+", name):
        raise Refused("invalid_name")
    return name


@method("assistant.threads.setStatus", "chat:write", "assistant:write")
async def set_status(call: Call) -> dict[str, Json]:
    """The status leaves with the app's next message in the thread, or after two minutes."""
    channel = call.channel("channel_id")
    _must_be_a_thread(call, channel)
    messages = call.json("loading_messages") or []
    if len(messages) > 10:
        raise Refused("invalid_arguments", messages=("no more than 10 items allowed [json-pointer:/loading_messages]",))
    status = "" if call.args.get("status") is None else call.text("status")
    call.slack.statuses[(channel.id, call.needs("thread_ts"))] = (status, call.slack.clock.now())
    return {}


@method("assistant.threads.setTitle", "assistant:write")
async def set_title(call: Call) -> dict[str, Json]:
    channel = call.channel("channel_id")
    _must_be_a_thread(call, channel)
    call.slack.titles[(channel.id, call.needs("thread_ts"))] = call.needs("title")
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write", "chat:write")
async def set_prompts(call: Call) -> dict[str, Json]:
    channel = call.channel("channel_id")
    if call.text("thread_ts"):
        _must_be_a_thread(call, channel)
    prompts = call.json("prompts")
    if not isinstance(prompts, list) or not prompts:
        raise Refused("invalid_arguments", messages=("missing required field: prompts",))
    if len(prompts) > 4:
        raise Refused("invalid_arguments", messages=("no more than 4 items allowed [json-pointer:/prompts]",))
    if any(not one.get("title") or not one.get("message") for one in prompts):
        raise Refused("invalid_arguments", messages=("missing required field: title, message",))
    call.slack.prompts[(channel.id, call.text("thread_ts"))] = prompts
    return {}


def _must_be_a_thread(call: Call, channel) -> None:  # type: ignore[no-untyped-def]
    if channel.find(call.needs("thread_ts")) is None:
        raise Refused("invalid_thread_ts")


@method("apps.connections.open", tier="tier 3", token="app")
async def open_connection(call: Call) -> dict[str, Json]:
    if not call.slack.app.socket_mode:
        raise Refused("forbidden_team")
    return {"url": call.slack.sockets.new_url()}
