"""The daily report from chat: asked for now, subscribed to, narrowed, ended; and told when its sources are gone."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.app import App, open_app
from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.view import View
from bot.settings import load_settings
from domain.cards import Text
from domain.errors import ToolFailed
from domain.findings import Severity
from domain.messages import Message, Reply
from domain.people import Person
from domain.subscriptions import Filters
from graphs.reports import Reports
from practice.small_plane import SmallPlane
from tools.kubernetes.client import KubeClient

pytestmark = [pytest.mark.timeout(120)]

ALICE = Person("slack", "T1", "U1")
SHOP, OPS = "slack:T1:C1:", "slack:T1:C2:"
Says = Callable[..., Any]


@pytest.fixture
async def app(small_plane: SmallPlane, tmp_path: Path) -> AsyncIterator[App]:
    """Over a cluster where nothing runs, and so nothing is wrong."""
    settings = load_settings(
        kubeconfig=str(small_plane.kubeconfig), state_dir=tmp_path, database_url="", environments={}
    )
    async with open_app(settings) as opened:
        yield opened


def text_of(replies: list[Reply]) -> str:
    return "\n".join(as_markdown(reply.card, View(interactive=False, colour=False)) for reply in replies)


async def says(app: App, text: str, conversation: str = SHOP + "1700000000.000100", zone: str = "Europe/Berlin") -> str:
    message = Message(uuid.uuid4().hex, ALICE, conversation, text, datetime.now(UTC), zone)
    return text_of([reply async for reply in app.dispatcher.handle(message)])


async def test_a_channel_subscribes_narrows_and_ends_its_report(app: App) -> None:
    """Each word is about the channel, whichever thread it is said in; the last word counts."""
    subscriptions, cluster = app.store.subscriptions, app.desk.cluster

    begun = await says(app, "report every day at 9")
    first = await subscriptions.get(cluster, SHOP)
    narrowed = await says(app, "report only kube-system", SHOP + "1700000001.000200", zone="Asia/Tokyo")
    second = await subscriptions.get(cluster, SHOP)
    told = await says(app, "when does the report come?")
    ended = await says(app, "stop the daily report")

    assert first is not None
    assert second is not None
    assert (first.at, first.zone, first.filters) == (time(9), "Europe/Berlin", Filters())
    assert (second.at, second.zone, second.filters) == (time(9), "Europe/Berlin", Filters(("kube-system",)))
    assert "A report every day at 09:00" in begun
    assert "Only kube-system" in narrowed
    assert "at 09:00 (Europe/Berlin)" in told
    assert "No more daily reports here" in ended
    assert await subscriptions.list(cluster) == ()


@pytest.mark.parametrize("conversation", ["terminal:box:1", "http:k1:c1:t1"])
async def test_where_nobody_can_be_told_unasked_nothing_is_promised(app: App, conversation: str) -> None:
    said = await says(app, "report every day at 9", conversation)

    assert "cannot post here unasked" in said
    assert await app.store.subscriptions.list(app.desk.cluster) == ()


async def test_a_namespace_that_does_not_exist_changes_nothing(app: App) -> None:
    await says(app, "report every day at 9")

    said = await says(app, "report only kube-systm")

    found = await app.store.subscriptions.get(app.desk.cluster, SHOP)
    assert "Did you mean `kube-system`?" in said
    assert found is not None
    assert found.filters == Filters()


async def test_a_quiet_night_is_two_lines(app: App) -> None:
    await says(app, "report every day at 9")

    (reply,) = [reply for _, reply in await due(Reports(app.desk), SHOP)]
    now = await says(app, "how was the night?")

    assert reply.card.title == "All quiet: health 100 of 100"
    (line,) = reply.card.parts
    assert isinstance(line, Text)
    assert "nothing happened, nothing is open, nothing is about to break" in line.markdown
    assert "\n" not in line.markdown
    assert "All quiet: health 100 of 100" in now


async def test_without_the_cluster_the_report_comes_and_says_so(app: App, tmp_path: Path) -> None:
    """What the record knows is told all the same, and no score is made up."""
    incident = await app.store.incidents.open_or_join("x|y|shop|Node|n7", "Node n7 is down", app.desk.cluster, "c")
    await says(app, "report every day at 9")
    async with await KubeClient.connect(str(nowhere(tmp_path))) as kube:
        gone = dataclasses.replace(app.desk, kube=kube, metrics=Silent(), look_seconds=1.0)

        told = text_of([reply for _, reply in await due(Reports(gone), SHOP)])

    assert "Health unknown" in told
    assert "What is wrong now I cannot say" in told
    assert "I could not look at volumes, trends, restarts and error budgets" in told
    assert "Node n7 is down" in told
    assert incident.id in told


async def test_who_asks_while_the_cluster_is_gone_gets_what_the_record_knows(app: App, tmp_path: Path) -> None:
    await app.store.incidents.open_or_join("x|y|shop|Node|n7", "Node n7 is down", app.desk.cluster, "c")
    async with await KubeClient.connect(str(nowhere(tmp_path))) as kube:
        app.desk.kube = kube

        told, other = await says(app, "how was the night?"), await says(app, "what is wrong?")

    assert "Health unknown" in told
    assert "Node n7 is down" in told
    assert "I could not look" in other


async def test_many_channels_at_one_hour_share_one_look(app: App) -> None:
    """A thousand want it; the sources are asked as often as for one, and each channel has its own post."""
    conversations = [f"slack:T1:C{number}:" for number in range(1000)]
    for conversation in conversations[:40]:
        await app.store.subscriptions.subscribe(app.desk.cluster, conversation, time(9), "UTC", Filters(), ALICE)
    metrics = Silent()
    reports = Reports(dataclasses.replace(app.desk, metrics=metrics))

    told = await asyncio.gather(*(due(reports, conversation) for conversation in conversations))

    assert metrics.asked == 2
    assert len({reply.key for one in told for _, reply in one}) == 2 * 40
    assert all(place.startswith(where) for where, one in zip(conversations, told, strict=True) for place, _ in one)


async def test_the_next_report_begins_where_the_last_one_ended(app: App) -> None:
    await app.store.subscriptions.subscribe(app.desk.cluster, SHOP, time(9), "UTC", Filters(), ALICE)
    now = datetime.now(UTC)
    await due(Reports(dataclasses.replace(app.desk, clock=lambda: now)), SHOP)
    first = await app.store.subscriptions.get(app.desk.cluster, SHOP)
    broken = await app.store.incidents.open_or_join("x|y|shop|Node|n7", "Node n7 is down", app.desk.cluster, "c")
    await app.store.incident_states.raise_severity(broken.id, Severity.critical)

    later = now + timedelta(hours=20)
    told = text_of([r for _, r in await due(Reports(dataclasses.replace(app.desk, clock=lambda: later)), SHOP)])

    assert first is not None
    assert first.last_at is not None
    assert abs(first.last_at - now) < timedelta(seconds=1)
    assert f"{now:%a %H:%M} to {later:%a %H:%M}" in told
    assert "Health 80 of 100 (100 before): 1 open" in told


class Silent:
    """A metrics source that is set, and gone."""

    url = "http://prometheus.example"

    def __init__(self) -> None:
        self.asked = 0

    async def names(self) -> frozenset[str]:
        self.asked += 1
        raise ToolFailed(f"Prometheus at {self.url} does not answer.")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is asked although nobody knows a metric")


async def due(reports: Reports, conversation: str) -> list[tuple[str, Reply]]:
    return [said async for said in reports.due(conversation, datetime(2026, 3, 4, 9, tzinfo=UTC))]


def nowhere(folder: Path) -> Path:
    """A kubeconfig of a server that nobody listens at."""
    path = folder / "nowhere.yaml"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "gone",
        "clusters": [{"name": "gone", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "gone", "user": {}}],
        "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": "gone"}}],
    }
    path.write_text(yaml.safe_dump(config))
    return path
