"""conversations.*: https://docs.slack.dev/reference/methods?family=conversations."""

from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method
from tests.fakes.slack.workspace import Channel, Message

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")


def _must_have(call: Call, channel: Channel, what: str) -> None:
    """The scope follows the kind of conversation."""
    family = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}[channel.kind]
    if f"{family}:{what}" not in call.slack.app.scopes:
        provided = ",".join(sorted(call.slack.app.scopes))
        raise Refused("missing_scope", needed=f"{family}:{what}", provided=provided)


@method("conversations.info", *READ, tier="tier 3")
async def info(call: Call) -> dict[str, Json]:
    channel = call.channel()
    _must_have(call, channel, "read")
    return {"channel": channel.shown(call.slack.app.bot_user)}


@method("conversations.list", *READ, tier="tier 2")
async def list_all(call: Call) -> dict[str, Json]:
    bot = call.slack.app.bot_user
    wanted = set(call.text("types", "public_channel").split(","))
    names = {"channel": "public_channel", "group": "private_channel", "im": "im", "mpim": "mpim"}
    seen = [
        channel.shown(bot)
        for channel in call.slack.workspace.channels.values()
        if names[channel.kind] in wanted
        and (channel.kind == "channel" or bot in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    page, more = call.page(seen)
    return {"channels": page, "response_metadata": more}


@method("conversations.members", *READ, tier="tier 4")
async def members(call: Call) -> dict[str, Json]:
    channel = call.channel()
    _must_have(call, channel, "read")
    page, more = call.page(sorted(channel.members))
    return {"members": page, "response_metadata": more}


@method("conversations.open", "im:write", "mpim:write", tier="tier 3")
async def open_direct(call: Call) -> dict[str, Json]:
    users = call.args.get("users")
    named = users if isinstance(users, list) else [one for one in str(users or "").split(",") if one]
    if not named:
        raise Refused("users_list_not_supplied")
    if any(one not in call.slack.workspace.users for one in named):
        raise Refused("user_not_found")
    if call.slack.app.bot_user in named:
        raise Refused("cannot_dm_bot")
    channel = call.slack.workspace.direct(*named, call.slack.app.bot_user)
    return {"channel": {"id": channel.id}}


@method("conversations.join", "channels:join", tier="tier 3")
async def join(call: Call) -> dict[str, Json]:
    channel = call.channel()
    if channel.archived:
        raise Refused("is_archived")
    if channel.private or channel.direct:
        raise Refused("method_not_supported_for_channel_type")
    channel.members.add(call.slack.app.bot_user)
    return {"channel": channel.shown(call.slack.app.bot_user)}


@method("conversations.history", *HISTORY, tier="tier 3")
async def history(call: Call) -> dict[str, Json]:
    channel = call.channel(readable=True)
    _must_have(call, channel, "history")
    kept = [one for one in channel.messages if not one.only_for and (not one.thread_ts or one.broadcast)]
    shown = [_shown(call, channel, one) for one in reversed(_between(call, kept))]
    page, more = call.page(shown)
    return {"messages": page, "has_more": bool(more["next_cursor"]), "response_metadata": more}


@method("conversations.replies", *HISTORY, tier="tier 3")
async def replies(call: Call) -> dict[str, Json]:
    channel = call.channel(readable=True)
    _must_have(call, channel, "history")
    message = channel.find(call.needs("ts"))
    if message is None or message.only_for:
        raise Refused("thread_not_found")
    parent = channel.find(message.thread_ts) or message
    shown = [_shown(call, channel, one) for one in _between(call, channel.thread(parent.ts))]
    page, more = call.page(shown, default=1000)
    return {"messages": page, "has_more": bool(more["next_cursor"]), "response_metadata": more}


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = float(call.text("oldest") or 0), float(call.text("latest") or "inf")
    inclusive = bool(call.flag("inclusive"))
    return [
        one for one in messages if oldest < float(one.ts) < latest or (inclusive and float(one.ts) in (oldest, latest))
    ]


def _shown(call: Call, channel: Channel, message: Message) -> dict[str, Json]:
    shown = message.shown(call.slack.workspace.files, metadata=bool(call.flag("include_all_metadata")))
    below = [one for one in channel.thread(message.ts) if one.ts != message.ts]
    if below:
        users = list(dict.fromkeys(one.user for one in below))
        shown |= {
            "thread_ts": message.ts,
            "reply_count": len(below),
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": below[-1].ts,
        }
    if message.thread_ts and message.thread_ts != message.ts:
        parent = channel.find(message.thread_ts)
        shown["parent_user_id"] = parent.user if parent else ""
    return shown
