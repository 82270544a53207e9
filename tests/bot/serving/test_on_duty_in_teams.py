"""Nobody asked: an alert is announced in a channel of Teams and looked after there, and the daily report comes, too."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.doors.http.alerts import PATH
from bot.doors.teams.addresses import Address, Addresses
from bot.doors.teams.places import Place
from domain.people import Person, Role
from practice.waiting import until
from store.references import References
from tests.bot.serving.running import serve_in_teams
from tests.bot.serving.test_daily_report import missed
from tests.bot.serving.test_the_whole_ladder import record
from tests.conftest import OpenGround
from tests.fakes.teams.service import FakeTeams, fake_teams
from tools.kubernetes.client import KubeClient

pytestmark = [pytest.mark.timeout(180)]

CHANNEL = "19:night-shift@thread.tacv2"


async def test_an_alert_is_announced_acknowledged_asked_about_and_over(
    small_ground: OpenGround, tmp_path: Path
) -> None:
    """A post of its own in the channel; everything else in its thread, which needs no mention."""
    ground = await small_ground("bad-image", 61, metrics=False)
    labels = {"alertname": "KubePodNotReady", "namespace": ground.namespace, "deployment": ground.scenario.victim}
    started = datetime.now(UTC) - timedelta(minutes=5)
    alert = {"status": "firing", "labels": {**labels, "severity": "warning"}, "startsAt": started.isoformat()}
    async with fake_teams() as teams, record(tmp_path) as store:
        oncall = teams.person("oncall")
        await store.identities.bind(Person("teams", teams.tenant, oncall.id), Role.operator, "test")
        routes = json.dumps([{"to": f"teams:{teams.tenant}:{CHANNEL}"}])
        async with (
            serve_in_teams(ground, tmp_path, HILDA_ROUTES=routes, HILDA_ALERTS_TOKEN="t") as hilda,
            httpx.AsyncClient(headers={"Authorization": "Bearer t"}) as alertmanager,
        ):
            teams.bot_url = f"http://127.0.0.1:{hilda.port}/api/messages"
            await teams.deliver(oncall.activity("installationUpdate", CHANNEL, action="add"))
            told = {"receiver": "hilda", "groupLabels": {}, "alerts": [alert]}
            url = f"http://127.0.0.1:{hilda.port}{PATH}"

            (await alertmanager.post(url, json=told)).raise_for_status()
            thread = await _announced(teams, ground.scenario.victim)
            head = teams.in_thread(thread)[0]
            assert "% sure" in head.activity["summary"]
            await teams.sees(thread, "Check it by hand", within=40)
            await oncall.presses(head, "tend", subject="acknowledge")
            await teams.sees(thread, "Acknowledged by:  Oncall")
            await oncall.says(thread, "what changed?")
            await teams.sees(thread, "image", within=40)
            over = {**alert, "status": "resolved", "endsAt": datetime.now(UTC).isoformat()}
            (await alertmanager.post(url, json={**told, "alerts": [over]})).raise_for_status()
            await teams.sees(thread, "Resolved after", within=40)

            assert len(teams.messages) == 2  # The welcome and the announcement, each with what follows it.
            assert "Traceback" not in await hilda.said()


async def test_a_missed_daily_report_comes_into_its_channel(small_ground: OpenGround, tmp_path: Path) -> None:
    """Its head as a post, the day in detail in that post's thread."""
    ground = await small_ground("bad-image", 62, metrics=False)
    async with await KubeClient.connect(str(ground.kubeconfig), ground.context) as kube:
        cluster = await kube.cluster_id()
    async with fake_teams() as teams, record(tmp_path) as store:
        await missed(store, cluster, Place(teams.tenant, CHANNEL).conversation)
        address = Address(teams.url, CHANNEL, "28:app", threads=True)
        await Addresses(References(store.database)).heard(Place(teams.tenant, CHANNEL), address, None, "", "")
        teams.known.add(CHANNEL)

        async with serve_in_teams(ground, tmp_path):
            thread = await _announced(teams, "Health 92 of 100: 1 open")
            await teams.sees(thread, "The day in detail", within=40)


async def _announced(teams: FakeTeams, words: str) -> str:
    """The thread whose first message says this, once there is one."""
    threads: list[str] = []

    async def begun() -> bool:
        threads.extend(place for place, messages in teams.messages.items() if messages and words in messages[0].text)
        return bool(threads)

    await until(f"{words!r} to be announced", begun, seconds=60)
    return threads[0]
