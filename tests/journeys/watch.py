"""Somebody on watch: a broken practice ground, Hilda serving before a Slack that behaves, an Alertmanager that tells.

What fires is what practice's own Prometheus fires by its rules; it is posted as Alertmanager's webhook posts it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bot.cli.executor_child import executor_child
from bot.cli.serve import serving
from bot.settings import load_settings
from domain.people import Person, Role
from practice.ground import PracticeGround
from store.incident_record import Incident
from store.record import Store
from tests.fakes.slack.driver import Person as Someone
from tests.fakes.slack.driver import Place
from tests.fakes.slack.seen import Seen
from tests.fakes.slack.server import FakeSlack, fake_slack

Json = dict[str, Any]


@dataclass
class Watch:
    slack: FakeSlack
    ground: PracticeGround
    store: Store
    ops: Place
    """The channel in which incidents are announced."""
    oncall: Someone
    lead: Someone
    webhook: str
    _told: dict[str, Json] = field(default_factory=dict)

    async def alertmanager_tells(self) -> list[Json]:
        """One notification: what fires now, and what has ceased to fire since the last one."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.ground.prometheus_url}/api/v2/alerts")
            firing = {each["fingerprint"]: {**each, "status": "firing"} for each in answer.json()}
            over = [
                {**each, "status": "resolved", "endsAt": datetime.now(UTC).isoformat()}
                for fingerprint, each in self._told.items()
                if fingerprint not in firing
            ]
            self._told = firing
            alerts = [*firing.values(), *over]
            if alerts:
                said = {"version": "4", "receiver": "hilda", "groupLabels": {}, "alerts": alerts}
                (await client.post(self.webhook, json=said)).raise_for_status()
            return alerts

    async def quiet(self, within: float = 30) -> None:
        """Tell until nothing fires any more."""
        async with asyncio.timeout(within):
            while any(alert["status"] == "firing" for alert in await self.alertmanager_tells()):
                await asyncio.sleep(1)

    async def incident(self) -> Incident:
        """The only one, with its timeline."""
        (listed,) = await self.store.incidents.list()
        incident = await self.store.incidents.get(listed.id)
        assert incident is not None
        return incident

    def announcements(self) -> list[Seen]:
        """What Hilda said in the channel itself, threads left out."""
        return [seen for seen in self.ops.messages() if not seen.thread_ts or seen.thread_ts == seen.ts]


@asynccontextmanager
async def on_watch(
    ground: PracticeGround, folder: Path, *, executor: bool = True, **given: Any
) -> AsyncIterator[Watch]:
    async with fake_slack() as slack:
        oncall, lead = slack.user("oncall"), slack.user("lead")
        ops = slack.channel("ops", oncall, lead)
        settings = load_settings(
            kubeconfig=str(ground.kubeconfig),
            context=ground.context,
            prometheus_url=ground.prometheus_url,
            state_dir=folder,
            database_url="",
            environments={},
            slack_bot_token=slack.app.bot_token,
            slack_app_token=slack.app.app_token,
            slack_api_url=slack.api_url,
            http_port=0,
            routes=[{"to": f"slack:{slack.workspace.team_id}:{ops.id}"}],
            **given,
        )
        async with serving(settings) as port:
            await slack.sockets.connected(within=30)
            store = await Store.open(settings.database, settings.audit_key)
            try:
                for one in (oncall, lead):
                    person = Person("slack", slack.workspace.team_id, one.id)
                    await store.identities.bind(person, Role.operator, "test")
                webhook = f"http://127.0.0.1:{port}/api/v1/alerts/alertmanager"
                watch = Watch(slack, ground, store, ops, oncall, lead, webhook)
                if not executor:
                    yield watch
                    return
                log = folder / "executor.log"
                async with executor_child(settings, ground.executor_kubeconfig, ground.context, log):
                    yield watch
            finally:
                await store.close()
