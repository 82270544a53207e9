"""The app's manifest: everything that Slack has to know of us, so that nobody clicks it together.

https://docs.slack.dev/reference/app-manifest. Lengths and counts are Slack's.
"""

from domain.plain_json import Json

COMMAND = "/hilda"
INVESTIGATE = "hilda_investigate"
"""A shortcut on a message: what it says is looked into, in its thread."""
ASK_HILDA = "hilda_ask"
"""A shortcut from anywhere: a question, answered in the direct conversation."""
PROMPTS = (
    ("What is wrong?", "what is wrong?"),
    ("What changed lately?", "what changed?"),
    ("Open incidents", "open incidents"),
    ("What can you see here?", "what can you see here?"),
)
"""First questions of the assistant, at most four: a title to press, and the words that it says."""

SCOPES: dict[str, str] = {
    "app_mentions:read": "hear what mentions me",
    "assistant:write": "suggested questions, and that I am looking",
    "channels:history": "hear threads that I am part of, and find my own posts again",
    "chat:write": "answer",
    "commands": COMMAND,
    "files:write": "charts and long scripts",
    "groups:history": "the same in private channels that I am invited to",
    "im:history": "direct conversations",
    "im:write": "answer directly where I cannot write in a channel",
    "mpim:history": "group conversations that I am invited to",
    "users:read": "time zones, guests, closed accounts",
}
"""Scopes of the bot token, and what each is for."""
EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)
AGENT_EVENTS = ("app_context_changed",)
APP_SCOPES = ("connections:write",)
"""Of the app-level token, for Socket Mode."""
PATH = "/slack/events"
_SUMMARY = "An on-call colleague: looks, explains, and acts only when a person has approved."
_AGENT = (
    "Ask what is wrong in your cluster: causes with evidence, and scripts that run once somebody has approved them."
)
_WHOLE = (
    "Hilda is on duty with you. Ask what is wrong: it looks at your cluster and your metrics, says what it found and "
    "how it knows, and walks you up as far as you want to go: an answer, a checklist, exact commands, a reviewed "
    "script. Nothing changes unless a person with the right role has approved exactly what runs, and everything "
    "is in an audit record."
)


def manifest(*, request_url: str = "", name: str = "Hilda") -> Json:
    """For HTTP with the URL that Slack sends to, for Socket Mode without."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": _SUMMARY,
            "long_description": _WHOLE,
            "background_color": "#1f2a44",
        },
        "features": {
            "agent_view": {
                "agent_description": _AGENT,
                "suggested_prompts": [{"title": title, "message": message} for title, message in PROMPTS],
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name.lower(), "always_online": True},
            "shortcuts": [
                {
                    "name": "Investigate this",
                    "type": "message",
                    "callback_id": INVESTIGATE,
                    "description": "Look into what this message says",
                },
                {
                    "name": "Ask Hilda",
                    "type": "global",
                    "callback_id": ASK_HILDA,
                    "description": "A question, answered directly",
                },
            ],
            "slash_commands": [
                {
                    "command": COMMAND,
                    "description": "Ask Hilda, see proposals and incidents",
                    "usage_hint": "help · ask why is checkout slow? · proposals · approve",
                    "should_escape": True,
                    **({"url": request_url} if request_url else {}),
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {
                **({"request_url": request_url} if request_url else {}),
                "bot_events": sorted((*EVENTS, *AGENT_EVENTS)),
            },
            "interactivity": {"is_enabled": True, **({"request_url": request_url} if request_url else {})},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not request_url,
            "token_rotation_enabled": False,
        },
    }
