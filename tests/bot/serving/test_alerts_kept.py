"""What `hilda serve` has thanked for is kept: killed right after, it is looked into by whoever comes next."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.doors.http.alerts import PATH
from practice.waiting import until
from store.places import default_audit_key, default_database_url
from store.record import Store
from tests.bot.serving.running import serve_alone
from tests.conftest import OpenGround

pytestmark = [pytest.mark.timeout(180)]


async def test_an_alert_outlives_the_process_that_took_it(small_ground: OpenGround, tmp_path: Path) -> None:
    """SIGKILL as soon as the 2xx is there; the next process finds the cause of what fired."""
    ground = await small_ground("bad-image", 5, metrics=False)
    started = datetime.now(UTC) - timedelta(minutes=5)
    labels = {
        "alertname": "KubePodNotReady",
        "namespace": ground.namespace,
        "deployment": ground.scenario.victim,
        "severity": "warning",
    }
    told = {
        "receiver": "hilda",
        "groupLabels": {"namespace": ground.namespace},
        "alerts": [{"status": "firing", "labels": labels, "startsAt": started.isoformat()}],
    }
    async with serve_alone(ground, tmp_path, HILDA_ALERTS_TOKEN="t") as hilda, httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{hilda.port}{PATH}"
        answer = await client.post(url, json=told, headers={"Authorization": "Bearer t"})
        hilda.process.kill()
        await hilda.process.wait()

    store = await Store.open(default_database_url(tmp_path), default_audit_key(tmp_path))

    async def found() -> bool:
        return all(alert.incident for alert in await store.alerts.firing())

    async with serve_alone(ground, tmp_path, HILDA_ALERTS_TOKEN="t"):
        await until("the alert to be looked into", found, seconds=90)
    (alert,) = await store.alerts.firing()
    (incident,) = await store.incidents.list("open")
    await store.close()
    assert answer.json() == {"new": 1, "refired": 0, "resolved": 0, "unchanged": 0}
    assert (alert.name, alert.incident) == ("KubePodNotReady", incident.id)
    assert incident.cause_key.startswith("image-pull|")
