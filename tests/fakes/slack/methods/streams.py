"""chat.startStream, appendStream, stopStream: https://docs.slack.dev/reference/methods/chat.startStream.

Chunks: https://docs.slack.dev/messaging/sending-and-scheduling-messages#text-streaming and slack_sdk's
slack_sdk.models.messages.chunk.
"""

from tests.fakes.slack.methods.chat import MARKDOWN, checked_blocks, must_be_a_parent, with_ids, writable_channel
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method
from tests.fakes.slack.workspace import Channel, Message

STATUSES = ("pending", "in_progress", "complete", "error")


@method("chat.startStream", "chat:write", tier="tier 2")
async def start(call: Call) -> dict[str, Json]:
    channel = writable_channel(call)
    must_be_a_parent(channel, call.needs("thread_ts"))
    if not channel.direct:
        for name in ("recipient_team_id", "recipient_user_id"):
            if not call.text(name):
                raise Refused(f"missing_{name}")
        if call.text("recipient_user_id") not in call.slack.workspace.users:
            raise Refused("user_not_found")
        if call.slack.workspace.users[call.text("recipient_user_id")].team_id != call.text("recipient_team_id"):
            raise Refused("team_not_found")
    if call.text("task_display_mode", "timeline") not in ("timeline", "plan"):
        raise Refused("invalid_arguments", messages=("task_display_mode is timeline or plan",))
    workspace, app = call.slack.workspace, call.slack.app
    message = Message(
        channel.id,
        workspace.ts(),
        app.bot_user,
        thread_ts=call.text("thread_ts"),
        bot_id=app.bot_id,
        app_id=app.id,
        streaming=True,
        team=workspace.team_id,
    )
    _add(call, message)
    workspace.post(channel, message)
    call.slack.events.posted(channel, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write", tier="tier 4")
async def append(call: Call) -> dict[str, Json]:
    channel, message = _streaming(call)
    if not call.text("markdown_text") and not call.json("chunks"):
        raise Refused("no_text")
    _add(call, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.stopStream", "chat:write", tier="tier 2")
async def stop(call: Call) -> dict[str, Json]:
    channel, message = _streaming(call)
    blocks = call.json("blocks") or []
    checked_blocks(call, blocks)
    _add(call, message)
    before = message.shown(call.slack.workspace.files)
    message.streaming = False
    message.text = message.markdown
    message.blocks = [*_written(message), *message.blocks, *with_ids(call, blocks)]
    message.metadata = call.json("metadata") or message.metadata
    call.slack.events.changed(channel, message, before)
    return {"channel": channel.id, "ts": message.ts, "message": message.shown(call.slack.workspace.files)}


def _streaming(call: Call) -> tuple[Channel, Message]:
    channel = call.channel()
    message = call.message(channel)
    if channel.archived:
        raise Refused("is_archived")
    if not message.streaming or message.bot_id != call.slack.app.bot_id:
        raise Refused("message_not_in_streaming_state")
    return channel, message


def _written(message: Message) -> list[Json]:
    """What was streamed, as blocks: the tasks, then the text in pieces that a block holds."""
    tasks = [{"type": "task_card", **task} for task in message.tasks.values()]
    text = message.markdown
    return [*tasks, *({"type": "markdown", "text": text[at : at + MARKDOWN]} for at in range(0, len(text), MARKDOWN))]


def _add(call: Call, message: Message) -> None:
    """All of what came with this call is right, or nothing of it is added."""
    markdown = call.text("markdown_text")
    if len(markdown) > MARKDOWN:
        raise Refused("msg_too_long")
    chunks = call.json("chunks") or []
    if not isinstance(chunks, list):
        raise Refused("invalid_chunks")
    for chunk in chunks:
        _must_be_a_chunk(call, chunk)
    message.markdown += markdown
    for chunk in chunks:
        match chunk["type"]:
            case "markdown_text":
                message.markdown += chunk["text"]
            case "task_update":
                task = {
                    "task_id": chunk["id"],
                    **{key: value for key, value in chunk.items() if key not in ("type", "id")},
                }
                message.tasks[chunk["id"]] = {**message.tasks.get(chunk["id"], {}), **task}
            case "blocks":
                message.blocks += with_ids(call, chunk["blocks"])


def _must_be_a_chunk(call: Call, chunk: Json) -> None:
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    needed = {
        "markdown_text": ("text",),
        "task_update": ("id", "title", "status"),
        "plan_update": ("title",),
        "blocks": ("blocks",),
    }.get(str(kind))
    if needed is None or any(not chunk.get(key) for key in needed):
        raise Refused("invalid_chunks")
    if kind == "markdown_text" and len(chunk["text"]) > MARKDOWN:
        raise Refused("msg_too_long")
    if kind == "task_update" and chunk["status"] not in STATUSES:
        raise Refused("invalid_chunks")
    if kind == "blocks":
        checked_blocks(call, chunk["blocks"])
