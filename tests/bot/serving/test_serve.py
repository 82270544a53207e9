"""`hilda serve` as a process of its own, before a Slack that behaves and a cluster with an incident in it."""

import signal
from pathlib import Path

import httpx
import pytest

from bot.cli.serve import unheard
from bot.settings import load_settings
from tests.bot.serving.running import serve, serve_alone
from tests.conftest import OpenGround
from tests.fakes.slack.bolt_app import TRANSPORTS
from tests.fakes.slack.server import fake_slack

pytestmark = [pytest.mark.timeout(180)]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_question_in_slack_is_answered_from_the_cluster(
    transport: str, small_ground: OpenGround, tmp_path: Path
) -> None:
    """Asked while SIGTERM comes: the process ends by itself, with the answer said, and nothing left over."""
    ground = await small_ground("bad-image", 5, metrics=False)
    async with fake_slack() as slack, serve(slack, ground, tmp_path, transport) as hilda:
        alice = slack.user("alice")
        shop = slack.channel("shop", alice)
        async with httpx.AsyncClient() as client:
            ready = await client.get(f"http://127.0.0.1:{hilda.port}/readyz")

        asked = await alice.says(shop, "@hilda what is wrong?")
        hilda.process.send_signal(signal.SIGTERM)
        code = await hilda.ends()

        log = await hilda.said()
        assert ready.json() == {"ready": True, "troubles": {}}
        assert code == 0, log
        assert any("How I know" in seen.words or "image" in seen.words.lower() for seen in shop.thread(asked)[1:]), log
        assert not [word for word in ("Traceback", "unused") if word in log]


async def test_alerts_are_taken_without_any_chat(small_ground: OpenGround, tmp_path: Path) -> None:
    """Ready with HTTP alone, and only for whoever proves itself."""
    ground = await small_ground("bad-image", 5, metrics=False)
    async with serve_alone(ground, tmp_path, HILDA_ALERTS_TOKEN="t") as hilda:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{hilda.port}") as client:
            ready = await client.get("/readyz")
            refused = await client.post("/api/v1/alerts/alertmanager", json={})
        hilda.process.send_signal(signal.SIGTERM)
        code = await hilda.ends()

        log = await hilda.said()
        assert ready.json() == {"ready": True, "troubles": {}}
        assert refused.status_code == 401
        assert code == 0, log
        assert not [word for word in ("Traceback", "unused") if word in log]


def test_who_lets_alerts_in_and_says_nowhere_where_to_tell_them_hears_so_at_the_start() -> None:
    """With a chat and no route; without alerts, without a chat, or with a route there is nothing to say."""
    alerts, chat = {"alerts_token": "t"}, {"teams_development": True}
    route = [{"to": "teams:tenant:19:ops@thread.tacv2"}]

    assert "no `routes` say where" in unheard(load_settings(**alerts, **chat))
    assert unheard(load_settings(**chat)) == ""
    assert unheard(load_settings(**alerts)) == ""
    assert unheard(load_settings(**alerts, **chat, routes=route)) == ""
