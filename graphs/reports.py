"""Daily reports on their way out: at their hour to whoever subscribed, or now to whoever asks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.cards import Card
from domain.conversations import below, channel_of, report_key
from domain.errors import ToolFailed
from domain.look import Window
from domain.messages import Message, Reply
from domain.subscriptions import Filters, Subscription
from graphs import daily
from graphs.daily import Eyes
from graphs.day import Day, narrowed
from graphs.desk import Desk
from graphs.report_asked import Asked, Wish, asked
from graphs.windows import window_in
from graphs.words import subscribing
from graphs.words.daily import all_evidence, report_cards
from store.day import health_topic

USUAL_SPAN = timedelta(hours=24)
LONGEST_SPAN = timedelta(days=31)
"""After a long absence the record is told that far back."""
_FRESH = timedelta(minutes=2)


@dataclass
class Reports:
    """What many channels want at the same hour is looked at once."""

    desk: Desk
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _days: dict[datetime, Day] = field(default_factory=dict)

    async def due(self, conversation: str, at: datetime) -> AsyncIterator[tuple[str, Reply]]:
        """The report that was due `at`, as (conversation, reply); nothing where nobody wants it any more."""
        subscriptions = self.desk.store.subscriptions
        wanted = await subscriptions.get(self.desk.cluster, conversation)
        if wanted is None:
            return
        day = await self._day(_start(wanted, self.desk.clock()))
        key = report_key(conversation, at)
        thread = below(conversation.removesuffix(":"), key)
        head, *details = report_cards(narrowed(day, wanted.filters), self.desk.label, wanted.zone)
        yield thread, Reply(head, key=key)
        for number, card in enumerate(details):
            await self.desk.store.conversations.remember_evidence(thread, all_evidence([card]))
            yield thread, Reply(card, key=f"{key}-{number}")
        await subscriptions.told(self.desk.cluster, conversation, day.window.end)

    async def _day(self, start: datetime) -> Day:
        """The day since then, looked at afresh unless somebody else just did."""
        start = start.replace(second=0, microsecond=0)
        async with self._looking:
            now = self.desk.clock()
            self._days = {begun: day for begun, day in self._days.items() if now - day.window.end < _FRESH}
            if start not in self._days:
                day = self._days[start] = await daily.gather(eyes_of(self.desk), Window(start, now))
                if day.score.value is not None:
                    topic = health_topic(self.desk.cluster)
                    await self.desk.store.journal.append(topic, "told", {"score": day.score.value})
            return self._days[start]


def eyes_of(desk: Desk) -> Eyes:
    return Eyes(desk.kube, desk.metrics, desk.store, desk.cluster, desk.look_seconds)


def _start(wanted: Subscription, now: datetime) -> datetime:
    return max(wanted.last_at or now - USUAL_SPAN, now - LONGEST_SPAN)


async def answer(desk: Desk, message: Message) -> tuple[Card, ...]:
    """What somebody wants of the daily report, done; the cards say so, or are the report."""
    namespaces = await _namespaces(desk)
    wish = asked(message.text, namespaces)
    label = desk.label_for(message)
    if wish.unknown:
        return (subscribing.unknown_namespace(label, wish.unknown[0], namespaces),)
    channel = channel_of(message.conversation)
    before = await desk.store.subscriptions.get(desk.cluster, channel) if channel else None
    match wish.wish:
        case Wish.now:
            return await _now(desk, message, wish.filters or Filters())
        case Wish.only if before is None:
            cards = await _now(desk, message, wish.filters or Filters())
            return (*cards, subscribing.not_daily_yet(label)) if channel else cards
        case _ if not channel:
            return (subscribing.nowhere_to_post(label),)
        case Wish.off:
            gone = await desk.store.subscriptions.unsubscribe(desk.cluster, channel, message.author)
            return (subscribing.stopped(label, gone=gone),)
        case Wish.when:
            return (subscribing.when(label, before, desk.clock()),)
        case _:
            return (await _subscribe(desk, message, channel, wish, before),)


async def _namespaces(desk: Desk) -> frozenset[str]:
    """Those that exist; none where the cluster is gone, which the report itself will say."""
    try:
        return (await desk.names()).namespaces
    except ToolFailed:
        return frozenset()


async def _now(desk: Desk, message: Message, filters: Filters) -> tuple[Card, ...]:
    now = desk.clock()
    window = window_in(message.text, now, message.zone) or Window(now - USUAL_SPAN, now)
    start = min(max(window.start, now - LONGEST_SPAN), now - timedelta(minutes=1))
    day = await daily.gather(eyes_of(desk), Window(start, now))
    cards = report_cards(narrowed(day, filters), desk.label_for(message), message.zone)
    await desk.store.conversations.remember_evidence(message.conversation, all_evidence(cards))
    return cards


async def _subscribe(desk: Desk, message: Message, channel: str, wish: Asked, before: Subscription | None) -> Card:
    at = wish.at or (before.at if before else None)
    zone = wish.zone or (before.zone if before and wish.wish is Wish.only else message.zone)
    filters = wish.filters or (before.filters if before else Filters())
    assert at is not None, "only what is asked for daily, or was before, comes here"
    await desk.store.subscriptions.subscribe(desk.cluster, channel, at, zone, filters, message.author)
    now = await desk.store.subscriptions.get(desk.cluster, channel)
    assert now is not None
    return subscribing.subscribed(desk.label_for(message), now, desk.clock())
