"""The daily report in a channel of Slack: due while nobody served, made up once by whichever replica is first."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.settings import load_settings
from domain.subscriptions import Filters
from store.clock import to_micros
from store.record import Store
from store.schema import subscription
from tests.bot.serving.running import serve
from tests.conftest import OpenGround
from tests.fakes.slack.server import fake_slack
from tools.kubernetes.client import KubeClient

pytestmark = [pytest.mark.timeout(180)]


async def test_a_missed_report_is_posted_once_by_two_replicas(small_ground: OpenGround, tmp_path: Path) -> None:
    """The head in the channel, the details and the evidence in its thread; the next one goes on where it ended."""
    ground = await small_ground("bad-image", 7, metrics=False)
    async with await KubeClient.connect(str(ground.kubeconfig), ground.context) as kube:
        cluster = await kube.cluster_id()
    settings = load_settings(state_dir=tmp_path, database_url="")
    store = await Store.open(settings.database, settings.audit_key)
    async with fake_slack() as slack:
        shop = slack.channel("shop", slack.user("alice"))
        conversation = f"slack:{slack.workspace.team_id}:{shop.id}:"
        await missed(store, cluster, conversation)

        async with serve(slack, ground, tmp_path, "http"), serve(slack, ground, tmp_path, "http"):
            head = await shop.sees("Health 92 of 100: 1 open", within=60)
            details = await shop.sees("The day in detail", within=30)
            await shop.sees("How I know", after=details, within=30)
            await asyncio.sleep(2)

        found = await store.subscriptions.get(cluster, conversation)
        await store.close()
        assert sum("Health 92 of 100" in seen.words for seen in shop.messages()) == 1
        assert not head.thread_ts or head.thread_ts == head.ts
        assert details.thread_ts == head.ts
        assert ground.scenario.victim in head.words
        assert found is not None
        assert found.last_at is not None


async def missed(store: Store, cluster: str, conversation: str) -> None:
    """A subscription of two days ago whose hour was ten minutes ago."""
    due = datetime.now(UTC) - timedelta(minutes=10)
    await store.subscriptions.subscribe(cluster, conversation, due.time().replace(second=0), "UTC", Filters(), "test")
    async with store.database.begin() as tx:
        await tx.execute(subscription.update().values(at=to_micros(due - timedelta(days=2))))
