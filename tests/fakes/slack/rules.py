"""What the Web API refuses besides blocks: every rule with its source and a call that it refuses.

`rate limits` are in rates.py, the lives of trigger_ids and response_urls in triggers.py; payloads.py has Block Kit's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fakes.slack.payloads import HOME, MODAL
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import METHOD_PAGES

if TYPE_CHECKING:
    from tests.fakes.slack.driver import Person, Place
    from tests.fakes.slack.server import FakeSlack


@dataclass
class Stage:
    """A person, a channel with a message of theirs, a message and a stream of the app; and channels without the app."""

    slack: "FakeSlack"
    alice: "Person"
    shop: "Place"
    elsewhere: "Place"
    secret: "Place"
    asked: str
    said: str
    stream: str


Args = Callable[[Stage], Mapping[str, Json]]


@dataclass(frozen=True)
class ApiRule:
    error: str
    method: str
    args: Args
    arrange: Callable[[Stage], object] = lambda stage: None
    source: str = ""
    """The method's page, unless it says otherwise."""
    token: Callable[[Stage], str] = lambda stage: stage.slack.app.bot_token

    @property
    def name(self) -> str:
        return f"{self.method} {self.error}"

    @property
    def page(self) -> str:
        return self.source or f"{METHOD_PAGES}/{self.method}"


def _in_shop(**more: Json) -> Args:
    return lambda stage: {"channel": stage.shop.id, **more}


def _of_said(**more: Json) -> Args:
    return lambda stage: {"channel": stage.shop.id, "ts": stage.said, **more}


def _of_stream(**more: Json) -> Args:
    return lambda stage: {"channel": stage.shop.id, "ts": stage.stream, **more}


def _started(**more: Json) -> Args:
    def args(stage: Stage) -> Mapping[str, Json]:
        given = {
            "channel": stage.shop.id,
            "thread_ts": stage.asked,
            "recipient_user_id": stage.alice.id,
            "recipient_team_id": stage.alice.user.team_id,
            **more,
        }
        return {key: value for key, value in given.items() if value is not None}

    return args


def _with(*, name: str = "", value: Json = None) -> Callable[[Stage], object]:
    return lambda stage: setattr(stage.slack.app, name, value)


def _archived(stage: Stage) -> None:
    stage.shop.channel.archived = True


def _without(scope: str) -> Callable[[Stage], object]:
    return lambda stage: stage.slack.app.scopes.discard(scope)


def _trigger(stage: Stage) -> str:
    return stage.slack.triggers.issue(stage.alice.id)


def _late_trigger(stage: Stage) -> Mapping[str, Json]:
    trigger = _trigger(stage)
    stage.slack.clock.forward(3.1)
    return {"trigger_id": trigger, "view": MODAL.good()}


def _used_trigger(stage: Stage) -> Mapping[str, Json]:
    trigger = _trigger(stage)
    stage.slack.triggers.exchange(trigger)
    return {"trigger_id": trigger, "view": MODAL.good()}


def _open(stage: Stage, times: int = 1, **more: Json) -> None:
    from tests.fakes.slack.methods.views import new_view
    from tests.fakes.slack.web_api import Call

    for _ in range(times):
        view = new_view(Call(stage.slack, "views.open", {}), stage.alice.id, {**MODAL.good(), **more})
        stage.alice.user.modals.append(view)


def _stack_of_three(stage: Stage) -> None:
    _open(stage, 3)


def _first_view(stage: Stage) -> str:
    return stage.alice.user.modals[0].id


def _reacted(stage: Stage) -> None:
    message = stage.shop.channel.find(stage.asked)
    assert message is not None
    message.reactions["eyes"] = [stage.slack.app.bot_user]


def _reply(stage: Stage) -> str:
    return next(one.ts for one in stage.shop.channel.messages if one.thread_ts)


PAGES = "https://docs.slack.dev"
EVERY = f"{PAGES}/apis/web-api"

API_RULES = (
    # Tokens and scopes
    ApiRule("not_authed", "chat.postMessage", _in_shop(text="x"), token=lambda stage: "", source=EVERY),
    ApiRule("invalid_auth", "chat.postMessage", _in_shop(text="x"), token=lambda stage: "xoxb-other", source=EVERY),
    ApiRule("token_revoked", "chat.postMessage", _in_shop(text="x"), _with(name="state", value="revoked")),
    ApiRule("account_inactive", "chat.postMessage", _in_shop(text="x"), _with(name="state", value="uninstalled")),
    ApiRule(
        "not_allowed_token_type",
        "chat.postMessage",
        _in_shop(text="x"),
        token=lambda stage: stage.slack.app.app_token,
    ),
    ApiRule("not_allowed_token_type", "apps.connections.open", lambda stage: {}),
    ApiRule(
        "missing_scope",
        "apps.connections.open",
        lambda stage: {},
        lambda stage: stage.slack.app.app_scopes.clear(),
        token=lambda stage: stage.slack.app.app_token,
    ),
    ApiRule("missing_scope", "chat.postMessage", _in_shop(text="x"), _without("chat:write")),
    ApiRule("missing_scope", "conversations.replies", _of_said(), _without("channels:history")),
    ApiRule(
        "missing_scope", "files.getUploadURLExternal", lambda _: {"filename": "a", "length": 1}, _without("files:write")
    ),
    ApiRule("unknown_method", "chat.postCard", _in_shop(text="x"), source=EVERY),
    # Posting
    ApiRule("channel_not_found", "chat.postMessage", lambda _: {"channel": "C404", "text": "x"}),
    ApiRule("channel_not_found", "chat.postMessage", lambda stage: {"channel": stage.secret.id, "text": "x"}),
    ApiRule(
        "not_in_channel",
        "chat.postMessage",
        lambda stage: {"channel": stage.elsewhere.id, "text": "x"},
        _without("chat:write.public"),
    ),
    ApiRule("is_archived", "chat.postMessage", _in_shop(text="x"), _archived),
    ApiRule("no_text", "chat.postMessage", _in_shop()),
    ApiRule("invalid_blocks", "chat.postMessage", _in_shop(text="x", blocks=[{"type": "hologram"}])),
    ApiRule("invalid_blocks_format", "chat.postMessage", _in_shop(text="x", blocks="[{")),
    ApiRule("invalid_blocks_format", "chat.postMessage", _in_shop(text="x", blocks={"type": "divider"})),
    ApiRule(
        "invalid_blocks",
        "chat.postMessage",
        _in_shop(text="x", blocks=[{"type": "image", "alt_text": "a", "slack_file": {"id": "F404"}}]),
        source=f"{PAGES}/reference/block-kit/composition-objects/slack-file-object",
    ),
    ApiRule("markdown_text_conflict", "chat.postMessage", _in_shop(text="x", markdown_text="y")),
    ApiRule("msg_too_long", "chat.postMessage", _in_shop(markdown_text="x" * 12_001)),
    ApiRule("invalid_metadata_format", "chat.postMessage", _in_shop(text="x", metadata={"event_type": "a"})),
    ApiRule("too_many_attachments", "chat.postMessage", _in_shop(text="x", attachments=[{"text": "a"}] * 101)),
    ApiRule(
        "invalid_attachments",
        "chat.postMessage",
        _in_shop(text="x", attachments=[{"blocks": [{"type": "hologram"}]}]),
    ),
    ApiRule("thread_not_found", "chat.postMessage", _in_shop(text="x", thread_ts="1.000001")),
    ApiRule(
        "thread_not_found",
        "chat.postMessage",
        lambda stage: {"channel": stage.shop.id, "text": "x", "thread_ts": _reply(stage)},
    ),
    ApiRule(
        "messages_tab_disabled",
        "chat.postMessage",
        lambda stage: {"channel": stage.alice.id, "text": "x"},
        _with(name="messages_tab", value=False),
    ),
    # Changing
    ApiRule("message_not_found", "chat.update", _in_shop(ts="1.000001", text="x")),
    ApiRule(
        "cant_update_message",
        "chat.update",
        lambda stage: {"channel": stage.shop.id, "ts": stage.asked, "text": "x"},
    ),
    ApiRule("msg_too_long", "chat.update", _of_said(text="x" * 4_001)),
    ApiRule("no_text", "chat.update", _of_said()),
    ApiRule("is_inactive", "chat.update", _of_said(text="x"), _archived),
    ApiRule("invalid_blocks", "chat.update", _of_said(text="x", blocks=[{"type": "hologram"}])),
    ApiRule("streaming_state_conflict", "chat.update", _of_stream(text="x")),
    ApiRule(
        "channel_not_found", "chat.update", lambda stage: {"channel": stage.alice.id, "ts": stage.said, "text": "x"}
    ),
    ApiRule("message_not_found", "chat.delete", _in_shop(ts="1.000001")),
    ApiRule("cant_delete_message", "chat.delete", lambda stage: {"channel": stage.shop.id, "ts": stage.asked}),
    ApiRule("user_not_in_channel", "chat.postEphemeral", _in_shop(text="x", user="U404")),
    ApiRule(
        "not_in_channel",
        "chat.postEphemeral",
        lambda stage: {"channel": stage.elsewhere.id, "text": "x", "user": stage.alice.id},
    ),
    ApiRule("message_not_found", "chat.getPermalink", _in_shop(message_ts="1.000001")),
    # Streaming
    ApiRule("missing_recipient_user_id", "chat.startStream", _started(recipient_user_id=None)),
    ApiRule("missing_recipient_team_id", "chat.startStream", _started(recipient_team_id=None)),
    ApiRule("invalid_arguments", "chat.startStream", _started(thread_ts=None)),
    ApiRule("thread_not_found", "chat.startStream", _started(thread_ts="1.000001")),
    ApiRule("team_not_found", "chat.startStream", _started(recipient_team_id="T404")),
    ApiRule("msg_too_long", "chat.startStream", _started(markdown_text="x" * 12_001)),
    ApiRule("is_archived", "chat.startStream", _started(), _archived),
    ApiRule("message_not_in_streaming_state", "chat.appendStream", _of_said(markdown_text="x")),
    ApiRule("message_not_found", "chat.appendStream", _in_shop(ts="1.000001", markdown_text="x")),
    ApiRule("no_text", "chat.appendStream", _of_stream()),
    ApiRule("msg_too_long", "chat.appendStream", _of_stream(markdown_text="x" * 12_001)),
    ApiRule("invalid_chunks", "chat.appendStream", _of_stream(chunks=[{"type": "hologram"}])),
    ApiRule(
        "invalid_chunks",
        "chat.appendStream",
        _of_stream(chunks=[{"type": "task_update", "id": "1", "title": "a", "status": "done"}]),
    ),
    ApiRule(
        "invalid_blocks",
        "chat.appendStream",
        _of_stream(chunks=[{"type": "blocks", "blocks": [{"type": "hologram"}]}]),
    ),
    ApiRule("message_not_in_streaming_state", "chat.stopStream", _of_said()),
    ApiRule("invalid_blocks", "chat.stopStream", _of_stream(blocks=[{"type": "hologram"}])),
    # Views
    ApiRule("invalid_trigger_id", "views.open", lambda _: {"trigger_id": "1.2.3", "view": MODAL.good()}),
    ApiRule("expired_trigger_id", "views.open", _late_trigger),
    ApiRule("exchanged_trigger_id", "views.open", _used_trigger),
    ApiRule("invalid_arguments", "views.open", lambda stage: {"trigger_id": _trigger(stage), "view": HOME.good()}),
    ApiRule("invalid_arguments", "views.open", lambda stage: {"trigger_id": _trigger(stage)}),
    ApiRule(
        "view_too_large",
        "views.open",
        lambda stage: {
            "trigger_id": _trigger(stage),
            "view": {
                **MODAL.good(),
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 99,
            },
        },
    ),
    ApiRule(
        "duplicate_external_id",
        "views.open",
        lambda stage: {"trigger_id": _trigger(stage), "view": {**MODAL.good(), "external_id": "mine"}},
        lambda stage: _open(stage, external_id="mine"),
    ),
    ApiRule(
        "push_limit_reached",
        "views.push",
        lambda stage: {"trigger_id": _trigger(stage), "view": MODAL.good()},
        _stack_of_three,
    ),
    ApiRule("not_found", "views.update", lambda _: {"view_id": "V404", "view": MODAL.good()}),
    ApiRule(
        "hash_conflict",
        "views.update",
        lambda stage: {"view_id": _first_view(stage), "hash": "0.0", "view": MODAL.good()},
        _open,
    ),
    ApiRule("user_not_found", "views.publish", lambda _: {"user_id": "U404", "view": HOME.good()}),
    ApiRule("invalid_arguments", "views.publish", lambda stage: {"user_id": stage.alice.id, "view": MODAL.good()}),
    # Conversations and people
    ApiRule("channel_not_found", "conversations.info", lambda _: {"channel": "C404"}),
    ApiRule("channel_not_found", "conversations.info", lambda stage: {"channel": stage.secret.id}),
    ApiRule(
        "not_in_channel", "conversations.replies", lambda stage: {"channel": stage.elsewhere.id, "ts": stage.asked}
    ),
    ApiRule("thread_not_found", "conversations.replies", _in_shop(ts="1.000001")),
    ApiRule("invalid_cursor", "conversations.members", _in_shop(cursor="bogus")),
    ApiRule("invalid_limit", "conversations.members", _in_shop(limit=5000)),
    ApiRule("user_not_found", "conversations.open", lambda _: {"users": "U404"}),
    ApiRule("user_not_found", "users.info", lambda _: {"user": "U404"}),
    ApiRule("bot_not_found", "bots.info", lambda _: {"bot": "B404"}),
    # Files
    ApiRule("invalid_arguments", "files.getUploadURLExternal", lambda _: {"filename": "a", "length": 0}),
    ApiRule(
        "alt_txt_too_large",
        "files.getUploadURLExternal",
        lambda _: {"filename": "a", "length": 1, "alt_txt": "x" * 1001},
    ),
    ApiRule("file_not_found", "files.completeUploadExternal", lambda _: {"files": [{"id": "F404"}]}),
    ApiRule("file_not_found", "files.info", lambda _: {"file": "F404"}),
    # Reactions and the assistant
    ApiRule("already_reacted", "reactions.add", lambda stage: _on_asked(stage, "eyes"), _reacted),
    ApiRule("no_reaction", "reactions.remove", lambda stage: _on_asked(stage, "eyes")),
    ApiRule("invalid_name", "reactions.add", lambda stage: _on_asked(stage, ":eyes:")),
    ApiRule("message_not_found", "reactions.add", _in_shop(timestamp="1.000001", name="eyes")),
    ApiRule(
        "invalid_thread_ts",
        "assistant.threads.setStatus",
        lambda stage: {"channel_id": stage.shop.id, "thread_ts": "1.000001", "status": "looks"},
    ),
    ApiRule(
        "invalid_arguments",
        "assistant.threads.setStatus",
        lambda stage: {
            "channel_id": stage.shop.id,
            "thread_ts": stage.asked,
            "status": "looks",
            "loading_messages": ["x"] * 11,
        },
    ),
    ApiRule(
        "invalid_arguments",
        "assistant.threads.setSuggestedPrompts",
        lambda stage: {
            "channel_id": stage.shop.id,
            "thread_ts": stage.asked,
            "prompts": [{"title": "a", "message": "b"}] * 5,
        },
    ),
)


def _on_asked(stage: Stage, name: str) -> Mapping[str, Json]:
    return {"channel": stage.shop.id, "timestamp": stage.asked, "name": name}


def set_stage(slack: "FakeSlack") -> Stage:
    """A workspace in which every rule can be broken."""
    from tests.fakes.slack.workspace import Message

    alice = slack.user("alice")
    shop = slack.channel("shop", alice)
    elsewhere, secret = slack.channel("elsewhere", alice, bot=False), slack.channel("x", alice, bot=False, private=True)
    workspace, app = slack.workspace, slack.app
    asked = workspace.post(shop.channel, Message(shop.id, workspace.ts(), alice.id, "What is slow?"))
    said = Message(shop.id, workspace.ts(), app.bot_user, "I look.", thread_ts=asked.ts, bot_id=app.bot_id)
    stream = Message(shop.id, workspace.ts(), app.bot_user, thread_ts=asked.ts, bot_id=app.bot_id, streaming=True)
    workspace.post(shop.channel, said)
    workspace.post(shop.channel, stream)
    return Stage(slack, alice, shop, elsewhere, secret, asked.ts, said.ts, stream.ts)
