"""chat.*: https://docs.slack.dev/reference/methods?family=chat."""

from collections.abc import Mapping

from tests.fakes.slack.payloads import inside
from tests.fakes.slack.refusals import Refused, must_be_blocks
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method
from tests.fakes.slack.workspace import Channel, Message

CUT_ABOVE = 40_000
"""chat.postMessage cuts longer text and warns."""
UPDATED_TEXT = 4_000
"""chat.update refuses longer text; known from users of it, not from its page."""
MARKDOWN = 12_000


@method("chat.postMessage", "chat:write", tier="posting")
async def post_message(call: Call) -> dict[str, Json]:
    channel = writable_channel(call)
    content, warning = content_of(call, ephemeral=False)
    thread = call.text("thread_ts")
    must_be_a_parent(channel, thread)
    workspace, app = call.slack.workspace, call.slack.app
    message = Message(
        channel.id,
        workspace.ts(),
        app.bot_user,
        thread_ts=thread,
        bot_id=app.bot_id,
        app_id=app.id,
        username=call.text("username"),
        broadcast=bool(call.flag("reply_broadcast")),
        unfurl_links=call.flag("unfurl_links"),
        team=workspace.team_id,
        **content,
    )
    workspace.post(channel, message)
    call.slack.events.posted(channel, message)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": message.shown(workspace.files, metadata=True),
        **warning,
    }


@method("chat.update", "chat:write", tier="tier 3")
async def update(call: Call) -> dict[str, Json]:
    channel = call.channel()
    message = call.message(channel)
    workspace = call.slack.workspace
    if channel.archived:
        raise Refused("is_inactive")
    if message.bot_id != call.slack.app.bot_id:
        raise Refused("cant_update_message")
    if message.streaming:
        raise Refused("streaming_state_conflict")
    if len(call.text("text")) > UPDATED_TEXT:
        raise Refused("msg_too_long")
    content, _ = content_of(call, ephemeral=False)
    before = message.shown(workspace.files)
    for key, value in content.items():
        if key != "metadata" or "metadata" in call.args:
            setattr(message, key, value)
    if not message.blocks:
        message.edited = {"user": call.slack.app.bot_user, "ts": workspace.ts()}
    message.chosen.clear()
    call.slack.events.changed(channel, message, before)
    shown = message.shown(workspace.files)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", "chat:write", tier="tier 3")
async def delete(call: Call) -> dict[str, Json]:
    channel = call.channel()
    message = call.message(channel)
    if message.bot_id != call.slack.app.bot_id:
        raise Refused("cant_delete_message")
    channel.messages.remove(message)
    call.slack.events.deleted(channel, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", "chat:write", tier="tier 4")
async def post_ephemeral(call: Call) -> dict[str, Json]:
    channel = writable_channel(call, public=False)
    if call.needs("user") not in channel.members:
        raise Refused("user_not_in_channel")
    content, _ = content_of(call, ephemeral=True)
    thread = call.text("thread_ts")
    must_be_a_parent(channel, thread)
    message = ephemeral(call, channel, call.needs("user"), thread, content)
    return {"message_ts": message.ts}


def ephemeral(call: Call, channel: Channel, user: str, thread: str, content: Mapping[str, Json]) -> Message:
    workspace, app = call.slack.workspace, call.slack.app
    message = Message(
        channel.id,
        workspace.ts(),
        app.bot_user,
        thread_ts=thread,
        bot_id=app.bot_id,
        app_id=app.id,
        only_for=user,
        **content,
    )
    return workspace.post(channel, message)


@method("chat.getPermalink", tier="")
async def get_permalink(call: Call) -> dict[str, Json]:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    return {"channel": channel.id, "permalink": permalink(call.slack.workspace.domain, channel, message)}


def permalink(domain: str, channel: Channel, message: Message) -> str:
    address = f"https://{domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return f"{address}?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else address


def writable_channel(call: Call, *, public: bool = True) -> Channel:
    """Where the app may post: its channels, people (as their direct conversation), public ones with a scope."""
    app, workspace = call.slack.app, call.slack.workspace
    wanted = call.needs("channel")
    if wanted in workspace.users:
        if not app.messages_tab:
            raise Refused("messages_tab_disabled")
        return workspace.direct(wanted, app.bot_user)
    channel = workspace.channels.get(wanted) or next(
        (one for one in workspace.channels.values() if one.name and one.name == wanted.lstrip("#")), None
    )
    if channel is None or ((channel.private or channel.direct) and app.bot_user not in channel.members):
        raise Refused("channel_not_found")
    if channel.archived:
        raise Refused("is_archived")
    if app.bot_user not in channel.members and not (public and "chat:write.public" in app.scopes):
        raise Refused("not_in_channel")
    return channel


def must_be_a_parent(channel: Channel, thread: str) -> None:
    """A reply names the thread's parent, never another reply."""
    parent = channel.find(thread) if thread else None
    if thread and (parent is None or parent.only_for or parent.thread_ts not in ("", parent.ts)):
        raise Refused("thread_not_found")


def content_of(call: Call, *, ephemeral: bool) -> tuple[dict[str, Json], dict[str, Json]]:
    """Text, blocks, attachments, metadata of a message, checked; and warnings for the answer."""
    text, markdown = call.text("text"), call.text("markdown_text")
    blocks, attachments = call.json("blocks") or [], call.json("attachments") or []
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(markdown) > MARKDOWN:
        raise Refused("msg_too_long")
    if markdown:
        blocks = [{"type": "markdown", "text": markdown}]
    if not (text or blocks or attachments):
        raise Refused("no_text")
    checked_blocks(call, blocks)
    checked_attachments(call, attachments)
    metadata = call.json("metadata")
    if metadata and not {"event_type", "event_payload"} <= set(metadata):
        raise Refused("invalid_metadata_format")
    attachments = [
        {**one, "blocks": with_ids(call, one["blocks"])} if one.get("blocks") else dict(one) for one in attachments
    ]
    content: dict[str, Json] = {
        "text": text[:CUT_ABOVE] or markdown,
        "blocks": with_ids(call, blocks),
        "attachments": attachments,
    }
    if not ephemeral:
        content["metadata"] = metadata or None
    if len(text) <= CUT_ABOVE:
        return content, {}
    warnings = ["message_truncated"]
    return content, {"warning": "message_truncated", "response_metadata": {"warnings": warnings}}


def checked_blocks(call: Call, blocks: Json) -> None:
    must_be_blocks(blocks)
    workspace = call.slack.workspace
    for block in blocks:
        if block["type"] == "data_visualization" and not call.slack.app.data_visualization:
            raise Refused("invalid_blocks", messages=("unsupported type: data_visualization",))
    for item in inside(blocks):
        wanted = item.get("slack_file")
        if isinstance(wanted, dict):
            file = next((one for one in workspace.files.values() if wanted in ({"id": one.id}, {"url": one.url})), None)
            if file is None or not file.completed or not file.is_image:
                raise Refused("invalid_blocks", messages=("invalid slack file",), errors=["invalid slack file"])


def checked_attachments(call: Call, attachments: Json) -> None:
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > 100:
        raise Refused("too_many_attachments")
    for attachment in attachments:
        if attachment.get("blocks"):
            try:
                checked_blocks(call, attachment["blocks"])
            except Refused as refused:
                raise Refused("invalid_attachments", messages=refused.messages) from refused


def with_ids(call: Call, blocks: list[Json]) -> list[Json]:
    """Slack gives every block an id that has none, and every interactive element an action_id."""
    named = []
    for block in blocks:
        block = {**block, "block_id": block.get("block_id") or call.slack.workspace.id("b")}
        for key in ("elements", "accessory", "element"):
            held = block.get(key)
            if isinstance(held, dict) and held.get("type") != "image":
                block[key] = {"action_id": call.slack.workspace.id("a"), **held}
            elif isinstance(held, list) and block["type"] in ("actions", "context_actions"):
                block[key] = [{"action_id": call.slack.workspace.id("a"), **one} for one in held]
        named.append(block)
    return named
