"""The app as it is installed in the workspace: tokens, scopes, what it listens to, where its payloads go."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.slack.manifests import InvalidManifest, faults_of
from tests.fakes.slack.shapes import Json

SCOPES = frozenset(
    """app_mentions:read assistant:write channels:history channels:join channels:read chat:write chat:write.public
    commands files:read files:write groups:history groups:read im:history im:read im:write mpim:history mpim:read
    pins:write reactions:read reactions:write team:read users:read users:read.email users.profile:read""".split()
)
EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "channel_archive": ("channels:read",),
    "channel_left": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "group_left": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "user_change": ("users:read",),
}
"""https://docs.slack.dev/reference/events: what an app needs, any one of these, to hear of it. Others need nothing."""
EVENTS = frozenset(
    """app_home_opened app_mention app_uninstalled assistant_thread_context_changed assistant_thread_started
    app_context_changed channel_archive channel_left channel_rename channel_unarchive group_left
    member_joined_channel member_left_channel message.channels message.groups message.im message.mpim
    reaction_added tokens_revoked user_change""".split()
)


@dataclass
class App:
    """Everything an operator of a real app would see on its settings pages.

    `request_url` set: payloads go there over HTTP. Unset: they go over Socket Mode.
    """

    id: str = "A0HILDA"
    bot_id: str = "B0HILDA"
    bot_user: str = "U0HILDA"
    bot_token: str = "xoxb-fake-bot-token"
    app_token: str = "xapp-1-A0HILDA-fake"
    signing_secret: str = "fake-signing-secret"
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    app_scopes: set[str] = field(default_factory=lambda: {"connections:write"})
    """Of the app-level token."""
    events: set[str] = field(default_factory=lambda: set(EVENTS))
    commands: dict[str, dict[str, Json]] = field(default_factory=lambda: {"/hilda": {"should_escape": True}})
    shortcuts: dict[str, str] = field(default_factory=dict)
    """callback_id → "global" or "message"; empty takes any."""
    request_url: str = ""
    state: str = "installed"
    """or "revoked" (the token), or "uninstalled"."""
    messages_tab: bool = True
    data_visualization: bool = True
    """Whether the workspace takes Slack's own charts; if not they are refused as unknown blocks."""

    sold_outside_marketplace: bool = False
    """Such apps read histories once a minute, 15 messages at a time, since 2025-05-29."""

    def hears(self, subscription: str) -> bool:
        """Subscribed to it, with a scope that lets it."""
        needed = EVENT_SCOPES.get(subscription, ())
        return subscription in self.events and (not needed or bool(self.scopes.intersection(needed)))

    @property
    def socket_mode(self) -> bool:
        return not self.request_url

    def configure(self, manifest: Mapping[str, Json]) -> None:
        """Install by a manifest, if Slack takes it: scopes, events, commands, shortcuts."""
        if faults := list(faults_of(manifest)):
            raise InvalidManifest("; ".join(map(str, faults)))
        features = manifest.get("features", {})
        settings = manifest.get("settings", {})
        self.scopes = set(manifest["oauth_config"]["scopes"].get("bot", ()))
        self.events = set(settings.get("event_subscriptions", {}).get("bot_events", ()))
        self.commands = {one["command"]: dict(one) for one in features.get("slash_commands", ())}
        self.shortcuts = {one["callback_id"]: one["type"] for one in features.get("shortcuts", ())}
        self.messages_tab = features.get("app_home", {}).get("messages_tab_enabled", True)
