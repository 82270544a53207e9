"""The Events API: what happens becomes an event, wrapped, delivered, and tried again when not acknowledged.

https://docs.slack.dev/apis/events-api: 2xx within 3 s, or up to three more tries: at once, after a minute, after five.
`X-Slack-No-Retry: 1` on an answer that is not 2xx ends them. Above 30 000 events an hour Slack sends app_rate_limited.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.slack.roads import Attempt
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.workspace import Channel, Message

if TYPE_CHECKING:
    from tests.fakes.slack.server import FakeSlack

RETRIES_AFTER = (0.0, 60.0, 300.0)
PER_HOUR = 30_000
"""Per workspace and app."""
SUBSCRIPTIONS = {"channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim"}


@dataclass
class Delivery:
    """One event and every try to deliver it."""

    envelope: dict[str, Json]
    attempts: list[Attempt] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def event(self) -> dict[str, Json]:
        return dict(self.envelope["event"])

    @property
    def acked(self) -> bool:
        return any(attempt.acked for attempt in self.attempts)


@dataclass
class Events:
    slack: "FakeSlack"
    deliveries: list[Delivery] = field(default_factory=list)
    per_hour: int = PER_HOUR
    rate_limited: bool = False
    _hour: tuple[int, int] = (0, 0)

    def posted(self, channel: Channel, message: Message, **more: Json) -> list[Delivery]:
        """A message in a channel that the app is in; and a mention, which is an event of its own."""
        app, workspace = self.slack.app, self.slack.workspace
        event = {
            **message.shown(workspace.files),
            "channel": channel.id,
            "channel_type": channel.kind,
            "event_ts": message.ts,
            **more,
        }
        if message.thread_ts:
            parent = channel.find(message.thread_ts)
            event["parent_user_id"] = parent.user if parent else ""
        sent = []
        if f"<@{app.bot_user}>" in message.text and message.user != app.bot_user and channel.kind != "im":
            mention = {key: value for key, value in event.items() if key not in ("channel_type", "subtype")}
            sent += self.emit(channel, {**mention, "type": "app_mention"}, "app_mention")
        return [*sent, *self.emit(channel, event, SUBSCRIPTIONS[channel.kind])]

    def changed(self, channel: Channel, message: Message, before: Json) -> list[Delivery]:
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": channel.id,
            "channel_type": channel.kind,
            "ts": (now := self.slack.workspace.ts()),
            "event_ts": now,
            "message": message.shown(self.slack.workspace.files),
            "previous_message": before,
        }
        return self.emit(channel, event, SUBSCRIPTIONS[channel.kind])

    def deleted(self, channel: Channel, message: Message) -> list[Delivery]:
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "channel": channel.id,
            "channel_type": channel.kind,
            "ts": (now := self.slack.workspace.ts()),
            "event_ts": now,
            "deleted_ts": message.ts,
            "previous_message": message.shown(self.slack.workspace.files),
        }
        return self.emit(channel, event, SUBSCRIPTIONS[channel.kind])

    def emit(self, channel: Channel | None, event: dict[str, Json], subscription: str) -> list[Delivery]:
        """Deliver an event if the app listens to it and is in the channel; in the background."""
        app, workspace = self.slack.app, self.slack.workspace
        if not app.hears(subscription) or (app.state == "uninstalled" and subscription != "app_uninstalled"):
            return []
        if channel is not None and app.bot_user not in channel.members:
            return []
        if self._over_the_limit():
            return []
        return [self.deliver(event, workspace.id("Ev"), shared=bool(channel and channel.shared))]

    def deliver(self, event: dict[str, Json], event_id: str, *, shared: bool = False) -> Delivery:
        app, workspace = self.slack.app, self.slack.workspace
        enterprise = workspace.enterprise_id or None
        authorization = {
            "enterprise_id": enterprise,
            "team_id": workspace.team_id,
            "user_id": app.bot_user,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        envelope: dict[str, Json] = {
            "token": "verification-token",
            "team_id": workspace.team_id,
            "context_team_id": workspace.team_id,
            "context_enterprise_id": enterprise,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self.slack.clock.now()),
            "authorizations": [authorization],
            "is_ext_shared_channel": shared,
            "event_context": f"4-{event_id}",
        }
        if enterprise:
            envelope["enterprise_id"] = enterprise
        delivery = Delivery(envelope)
        self.deliveries.append(delivery)
        self.slack.background(self._delivered(delivery))
        return delivery

    async def repeat(self, delivery: Delivery, **changes: Json) -> Delivery:
        """The same event once more, as an answer lost on its way or another workspace of a grid has it."""
        again = Delivery({**delivery.envelope, **changes})
        self.deliveries.append(again)
        self.slack.background(self._delivered(again))
        await again.first.wait()
        return again

    async def _delivered(self, delivery: Delivery) -> None:
        reason = ""
        try:
            for retry, wait in enumerate((None, *RETRIES_AFTER)):
                if wait:
                    await self.slack.clock.sleep(wait)
                attempt = await self.slack.send("events_api", delivery.envelope, retry, reason)
                delivery.attempts.append(attempt)
                delivery.first.set()
                if attempt.acked or attempt.no_retry:
                    return
                reason = attempt.failed
        finally:
            delivery.first.set()
            delivery.done.set()

    def _over_the_limit(self) -> bool:
        hour, count = self._hour
        now = int(self.slack.clock.now() // 3600)
        count = count + 1 if hour == now else 1
        self._hour = (now, count)
        if count <= self.per_hour:
            self.rate_limited = False
            return False
        if not self.rate_limited:
            self.rate_limited = True
            self.slack.background(self._say_rate_limited())
        return True

    async def _say_rate_limited(self) -> None:
        minute = int(self.slack.clock.now() // 60 * 60)
        app, workspace = self.slack.app, self.slack.workspace
        payload = {
            "token": "verification-token",
            "type": "app_rate_limited",
            "team_id": workspace.team_id,
            "minute_rate_limited": minute,
            "api_app_id": app.id,
        }
        await self.slack.send("events_api", payload)

    async def settled(self) -> None:
        """Wait until every event had its first try."""
        for delivery in list(self.deliveries):
            await delivery.first.wait()
