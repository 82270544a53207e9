"""About the daily report itself: when it comes, what of it, and how to change that."""

from collections.abc import Collection
from datetime import datetime
from difflib import get_close_matches

from domain.cards import Card, Choice, Choices, ClusterLabel, Text, card
from domain.findings import Severity
from domain.subscriptions import Filters, Subscription
from graphs.windows import zone_of
from graphs.words import small
from policy.daily_times import following

_HOW = "`report every day at 9` · `report only shop` · `report only critical` · `report everything` · `report off`"
_NOW = Choices((Choice("Report now", "ask", "report"),))


def subscribed(cluster: ClusterLabel, one: Subscription, now: datetime) -> Card:
    return card(
        f"A report every day at {one.at:%H:%M}",
        Text(f"{_when(one, now)} {_what(one.filters)}\n\nChange it with {_HOW}."),
        _NOW,
        tone="good",
        cluster=cluster,
    )


def when(cluster: ClusterLabel, one: Subscription | None, now: datetime) -> Card:
    if one is None:
        return card("No daily report here yet", Text(f"Say when: {_HOW}."), _NOW, cluster=cluster)
    return card(
        f"A report comes every day at {one.at:%H:%M}",
        Text(f"{_when(one, now)} {_what(one.filters)}\n\nChange it with {_HOW}."),
        _NOW,
        cluster=cluster,
    )


def stopped(cluster: ClusterLabel, *, gone: bool) -> Card:
    if not gone:
        return card("There was no daily report here", Text(f"Begin one with {_HOW}."), cluster=cluster)
    return card("No more daily reports here", Text("`report every day at 9` begins anew."), _NOW, cluster=cluster)


def not_daily_yet(cluster: ClusterLabel) -> Card:
    return card(
        "That was for once", Text("There is no daily report here yet: `report every day at 9`."), cluster=cluster
    )


def nowhere_to_post(cluster: ClusterLabel) -> Card:
    said = "I cannot post here unasked. `report` tells the last 24 hours now; in a channel of a chat I come every day."
    return card("Not here", Text(said), _NOW, tone="question", cluster=cluster)


def unknown_namespace(cluster: ClusterLabel, name: str, known: Collection[str]) -> Card:
    near = get_close_matches(name, sorted(known), n=2, cutoff=0.6)
    return small.unknown_name(cluster, name, near, sorted(known))


def _when(one: Subscription, now: datetime) -> str:
    zone = zone_of(one.zone)
    return f"Next {following(one.at, zone, now).astimezone(zone):%A, %d %B at %H:%M} ({one.zone})."


def _what(filters: Filters) -> str:
    where = f"Only {', '.join(filters.namespaces)}" if filters.namespaces else "About everything I may see"
    how = {Severity.critical: ", only what is critical", Severity.warning: ", warnings and what is critical"}
    return f"{where}{how.get(filters.lowest, '')}."
