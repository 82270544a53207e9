"""App manifests as Slack takes them: https://docs.slack.dev/reference/app-manifest.

Lengths and counts are those of npm's @slack/web-api 8.2.0 (types/request/manifest). What an event or a feature needs is
asked for as the settings pages do: they refuse a manifest that lacks it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.fakes.slack.elements import DOCS, URL
from tests.fakes.slack.shapes import Boolean, Fault, Fields, Items, Json, Matching, Number, OneOf, Shape, Text

PAGE = f"{DOCS}/app-manifest"


class InvalidManifest(AssertionError):
    """Slack does not take this manifest."""


PROMPTS = Items(Fields({"title": Text(), "message": Text()}), 0, 4)
COMMAND = Matching(re.compile(r"^/[a-z0-9_-]{1,31}$"), "/hilda")
SCOPES = Items(Text(), 0, 255)
DISPLAY = Fields(
    {"name": Text(35)},
    {
        "description": Text(140),
        "long_description": Text(4000, least=174, example="x" * 174),
        "background_color": Matching(re.compile(r"^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"), "#4a154b"),
    },
)
FEATURES = Fields(
    {},
    {
        "app_home": Fields(
            {},
            {
                "home_tab_enabled": Boolean(),
                "messages_tab_enabled": Boolean(),
                "messages_tab_read_only_enabled": Boolean(),
            },
        ),
        "bot_user": Fields({"display_name": Text(80)}, {"always_online": Boolean()}),
        "shortcuts": Items(
            Fields(
                {
                    "name": Text(24),
                    "callback_id": Text(255),
                    "description": Text(150),
                    "type": OneOf(("message", "global")),
                }
            ),
            0,
            10,
        ),
        "slash_commands": Items(
            Fields(
                {"command": COMMAND, "description": Text(2000)},
                {"url": URL, "usage_hint": Text(1000), "should_escape": Boolean()},
            ),
            0,
            50,
        ),
        "agent_view": Fields(
            {"agent_description": Text(300)},
            {"suggested_prompts": PROMPTS, "actions": Items(Fields({"name": Text(), "description": Text()}), 0)},
        ),
        "assistant_view": Fields({"assistant_description": Text(300)}, {"suggested_prompts": PROMPTS}),
        "unfurl_domains": Items(Text(), 0, 5),
    },
)
OAUTH = Fields(
    {},
    {
        "scopes": Fields({}, {"bot": SCOPES, "user": SCOPES, "bot_optional": SCOPES, "user_optional": SCOPES}),
        "redirect_urls": Items(URL, 0, 1000),
        "token_management_enabled": Boolean(),
        "pkce_enabled": Boolean(),
    },
)
SETTINGS = Fields(
    {},
    {
        "allowed_ip_address_ranges": Items(Text(), 0, 10),
        "event_subscriptions": Fields(
            {},
            {
                "request_url": URL,
                "bot_events": Items(Text(), 0, 100),
                "user_events": Items(Text(), 0, 100),
                "metadata_subscriptions": Items(Fields({"app_id": Text(), "event_type": Text()}), 1, 20),
            },
        ),
        "incoming_webhooks": Fields({}, {"incoming_webhooks_enabled": Boolean()}),
        "interactivity": Fields({"is_enabled": Boolean()}, {"request_url": URL, "message_menu_options_url": URL}),
        "org_deploy_enabled": Boolean(),
        "socket_mode_enabled": Boolean(),
        "token_rotation_enabled": Boolean(),
        "is_hosted": Boolean(),
        "function_runtime": Text(),
    },
)
MANIFEST = Fields(
    {"display_information": DISPLAY},
    {
        "_metadata": Fields({}, {"major_version": Number(1, 2), "minor_version": Number(0)}),
        "features": FEATURES,
        "oauth_config": OAUTH,
        "settings": SETTINGS,
    },
)


@dataclass(frozen=True)
class ManifestRule:
    name: str
    refuses: Json
    source: str = PAGE


def faults_of(manifest: Mapping[str, Json]) -> Iterator[Fault]:
    """Everything that Slack refuses about a manifest."""
    shape = list(MANIFEST.faults(dict(manifest), ""))
    yield from shape
    if not shape:
        yield from _needs(manifest)


def _needs(manifest: Mapping[str, Json]) -> Iterator[Fault]:
    from tests.fakes.slack.application import EVENT_SCOPES

    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    scopes = set(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ()))
    sockets = settings.get("socket_mode_enabled", False)
    events = settings.get("event_subscriptions", {})
    for event in events.get("bot_events", ()):
        needed = EVENT_SCOPES.get(event, ())
        if needed and not scopes.intersection(needed):
            yield Fault(f"{event} requires {' or '.join(needed)}", "/settings/event_subscriptions/bot_events")
    if events.get("bot_events") and not sockets and "request_url" not in events:
        yield Fault("Event Subscription requires either Request URL or Socket Mode", "/settings/event_subscriptions")
    interactivity = settings.get("interactivity", {})
    if interactivity.get("is_enabled") and not sockets and "request_url" not in interactivity:
        yield Fault("Interactivity requires either Request URL or Socket Mode", "/settings/interactivity")
    for one in features.get("slash_commands", ()):
        if not sockets and "url" not in one:
            yield Fault(f"{one['command']} requires either url or Socket Mode", "/features/slash_commands")
    if (features.get("slash_commands") or features.get("shortcuts")) and "commands" not in scopes:
        yield Fault("commands and shortcuts require the scope commands", "/oauth_config/scopes/bot")
    if features.get("agent_view") and features.get("assistant_view"):
        yield Fault("agent_view and assistant_view exclude each other", "/features")
    if (features.get("agent_view") or features.get("assistant_view")) and "assistant:write" not in scopes:
        yield Fault("agent_view requires the scope assistant:write", "/oauth_config/scopes/bot")
    if scopes and "bot_user" not in features:
        yield Fault("bot scopes require a bot user", "/features/bot_user")


def example() -> dict[str, Json]:
    """A manifest that Slack takes."""
    return {
        "display_information": {"name": "Hilda"},
        "features": {
            "bot_user": {"display_name": "Hilda"},
            "slash_commands": [{"command": "/hilda", "description": "Ask", "should_escape": True}],
            "shortcuts": [
                {"name": "Investigate this", "callback_id": "investigate", "description": "Look", "type": "message"}
            ],
            "agent_view": {"agent_description": "On call"},
        },
        "oauth_config": {"scopes": {"bot": ["app_mentions:read", "assistant:write", "chat:write", "commands"]}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_mention"]},
            "interactivity": {"is_enabled": True},
            "socket_mode_enabled": True,
        },
    }


def rules() -> Iterator[ManifestRule]:
    """Every rule with a manifest that it refuses."""
    good = example()
    for rule, broken in MANIFEST.broken():
        yield ManifestRule(f"manifest {rule}", broken)
    parts: tuple[tuple[str, Shape], ...] = (("display_information", DISPLAY), ("features", FEATURES))
    for part, shape in (*parts, ("oauth_config", OAUTH), ("settings", SETTINGS)):
        for rule, broken in shape.broken():
            yield ManifestRule(f"{part} {rule}", {**good, part: broken})
    settings, features = good["settings"], good["features"]
    over_http = {**settings, "socket_mode_enabled": False}
    no_bot = {key: value for key, value in features.items() if key != "bot_user"}
    yield ManifestRule(
        "event has its scope", {**good, "oauth_config": {"scopes": {"bot": ["commands", "assistant:write"]}}}
    )
    yield ManifestRule(
        "commands have their scope", {**good, "oauth_config": {"scopes": {"bot": ["app_mentions:read"]}}}
    )
    yield ManifestRule(
        "events have an address", {**good, "settings": {**over_http, "interactivity": {"is_enabled": False}}}
    )
    yield ManifestRule("interactivity has an address", {**good, "settings": {**over_http, "event_subscriptions": {}}})
    yield ManifestRule("a command has an address", {**good, "settings": {"socket_mode_enabled": False}})
    yield ManifestRule(
        "one of the two AI surfaces",
        {**good, "features": {**features, "assistant_view": {"assistant_description": "On call"}}},
    )
    yield ManifestRule("scopes belong to a bot user", {**good, "features": no_bot})
