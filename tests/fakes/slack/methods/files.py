"""Uploading in three steps: https://docs.slack.dev/messaging/working-with-files#upload."""

from aiohttp import web

from tests.fakes.slack.methods.chat import must_be_a_parent
from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method
from tests.fakes.slack.workspace import File, Message


@method("files.getUploadURLExternal", "files:write", tier="tier 4")
async def get_upload_url(call: Call) -> dict[str, Json]:
    try:
        length = int(call.needs("length"))
    except ValueError as bad:
        raise Refused("invalid_arguments", messages=("length must be an integer",)) from bad
    if length <= 0:
        raise Refused("invalid_arguments", messages=("length must be more than 0",))
    if len(call.text("alt_txt")) > 1000:
        raise Refused("alt_txt_too_large")
    workspace = call.slack.workspace
    file = File(workspace.id("F"), call.needs("filename"), length, alt_txt=call.text("alt_txt"))
    file.user = call.slack.app.bot_user
    workspace.files[file.id] = file
    return {"upload_url": f"{call.slack.url}/upload/v1/{file.id}", "file_id": file.id}


async def take_upload(slack, request: web.Request) -> web.Response:  # type: ignore[no-untyped-def]
    """POST of the bytes, raw or in a form."""
    file = slack.workspace.files.get(request.match_info["file"])
    if file is None or file.content is not None:
        return web.Response(status=404, text="not found")
    if request.content_type == "multipart/form-data":
        form = await request.post()
        held = next(iter(form.values()))
        content = held.file.read() if isinstance(held, web.FileField) else str(held).encode()
    else:
        content = await request.read()
    if len(content) != file.length:
        return web.Response(status=400, text=f"expected {file.length} bytes, got {len(content)}")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


@method("files.completeUploadExternal", "files:write", tier="tier 4")
async def complete_upload(call: Call) -> dict[str, Json]:
    workspace, app = call.slack.workspace, call.slack.app
    wanted = call.json("files")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments", messages=("missing required field: files",))
    files = []
    for one in wanted:
        file = workspace.files.get(one.get("id", ""))
        if file is None or file.content is None or file.completed:
            raise Refused("file_not_found")
        files.append((file, one.get("title") or file.name))
    places = [one for one in (call.text("channel_id") or call.text("channels")).split(",") if one]
    if call.text("thread_ts") and len(places) != 1:
        raise Refused("invalid_arguments", messages=("thread_ts goes with one channel",))
    channels = []
    for place in places:
        channel = workspace.channels.get(place)
        if channel is None:
            raise Refused("invalid_channel" if "channel_id" in call.args else "channel_not_found")
        if app.bot_user not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        must_be_a_parent(channel, call.text("thread_ts"))
        channels.append(channel)
    for file, title in files:
        file.title, file.completed = title, True
        file.url = f"{call.slack.url}/files-pri/{workspace.team_id}-{file.id}/{file.name}"
    for channel in channels:
        message = Message(
            channel.id,
            workspace.ts(),
            app.bot_user,
            text=call.text("initial_comment"),
            thread_ts=call.text("thread_ts"),
            bot_id=app.bot_id,
            app_id=app.id,
            files=[file.id for file, _ in files],
            team=workspace.team_id,
        )
        workspace.post(channel, message)
        call.slack.events.posted(channel, message)
    return {"files": [{**file.shown(), "id": file.id, "title": title} for file, title in files]}


@method("files.info", "files:read", tier="tier 4")
async def file_info(call: Call) -> dict[str, Json]:
    file = call.slack.workspace.files.get(call.needs("file"))
    if file is None or not file.completed:
        raise Refused("file_not_found")
    return {"file": file.shown()}


async def give_file(slack, request: web.Request) -> web.Response:  # type: ignore[no-untyped-def]
    """url_private: only with the token."""
    file = slack.workspace.files.get(request.match_info["file"].rpartition("-")[2])
    if file is None or request.headers.get("Authorization") != f"Bearer {slack.app.bot_token}":
        return web.Response(status=404)
    return web.Response(body=file.content or b"", content_type="application/octet-stream")
