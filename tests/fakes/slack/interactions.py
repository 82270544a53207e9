"""Payloads of what people do: https://docs.slack.dev/reference/interaction-payloads, and of slash commands."""

from typing import TYPE_CHECKING

from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import Channel, Message, User, View

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack


def common(slack: "FakeSlack", user: User, kind: str) -> dict[str, Json]:
    workspace = slack.workspace
    enterprise = {"id": workspace.enterprise_id, "name": "Enterprise"} if workspace.enterprise_id else None
    team: dict[str, Json] = {"id": workspace.team_id, "domain": workspace.domain}
    if enterprise:
        team |= {"enterprise_id": enterprise["id"], "enterprise_name": enterprise["name"]}
    return {
        "type": kind,
        "token": "verification-token",
        "api_app_id": slack.app.id,
        "team": team,
        "enterprise": enterprise,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
    }


def of_message(slack: "FakeSlack", channel: Channel, message: Message, shown: Json) -> dict[str, Json]:
    """Where in a message something was done."""
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.only_for),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return {
        "container": container,
        "channel": {"id": channel.id, "name": "directmessage" if channel.direct else channel.name},
        **({} if message.only_for else {"message": shown}),
    }


def of_view(view: View) -> dict[str, Json]:
    return {"container": {"type": "view", "view_id": view.id}, "view": view.shown()}


def block_actions(
    slack: "FakeSlack", user: User, action: Json, place: Json, state: Json, **more: Json
) -> dict[str, Json]:
    return {
        **common(slack, user, "block_actions"),
        **place,
        "trigger_id": slack.triggers.issue(user.id),
        "state": {"values": state},
        "actions": [{**action, "action_ts": slack.workspace.ts()}],
        **more,
    }


def view_submission(slack: "FakeSlack", user: User, view: View) -> dict[str, Json]:
    return {
        **common(slack, user, "view_submission"),
        "trigger_id": slack.triggers.issue(user.id),
        "view": view.shown(),
        "response_urls": [],
    }


def view_closed(slack: "FakeSlack", user: User, view: View, cleared: bool) -> dict[str, Json]:
    return {**common(slack, user, "view_closed"), "view": view.shown(), "is_cleared": cleared}


def shortcut(slack: "FakeSlack", user: User, callback_id: str) -> dict[str, Json]:
    return {
        **common(slack, user, "shortcut"),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(user.id),
        "action_ts": slack.workspace.ts(),
    }


def message_action(
    slack: "FakeSlack", user: User, callback_id: str, channel: Channel, message: Message
) -> dict[str, Json]:
    return {
        **common(slack, user, "message_action"),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(user.id),
        "action_ts": slack.workspace.ts(),
        "response_url": slack.response_urls.issue(user.id, channel),
        "message_ts": message.ts,
        "message": message.shown(slack.workspace.files),
        "channel": {"id": channel.id, "name": "directmessage" if channel.direct else channel.name},
    }


def command(slack: "FakeSlack", user: User, channel: Channel, name: str, text: str) -> dict[str, Json]:
    """https://docs.slack.dev/interactivity/implementing-slash-commands: flat, and sent as a form."""
    workspace = slack.workspace
    enterprise = {"enterprise_id": workspace.enterprise_id, "enterprise_name": "Enterprise"}
    return {
        "token": "verification-token",
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        **(enterprise if workspace.enterprise_id else {}),
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.direct else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": slack.app.id,
        "is_enterprise_install": "false",
        "response_url": slack.response_urls.issue(user.id, channel),
        "trigger_id": slack.triggers.issue(user.id),
    }


def block_suggestion(slack: "FakeSlack", user: User, place: Json, element: Json, block_id: str, typed: str) -> Json:
    return {
        **common(slack, user, "block_suggestion"),
        **place,
        "action_id": element["action_id"],
        "block_id": block_id,
        "value": typed,
    }
