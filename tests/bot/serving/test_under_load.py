"""The benches of busy organisations, for some seconds: whatever the figures, nothing is lost, nothing is said twice."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench import slack_load, teams_load
from bench.chats.measuring import beside
from bench.chats.runs import Hilda
from bench.chats.talk import Load
from tests.conftest import OpenGround
from tests.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]

pytestmark = [pytest.mark.timeout(240)]

BENCHES: Mapping[str, Hilda] = {"Slack": slack_load.hilda, "Teams": teams_load.hilda}


@pytest.mark.parametrize("platform", BENCHES)
async def test_a_busy_organisation_loses_nothing_and_hears_nothing_twice(
    platform: str, small_ground: OpenGround, tmp_path: Path
) -> None:
    """Mentions, direct questions, threads, commands, buttons, edits, redeliveries, and investigations beside them."""
    ground = await small_ground("bad-image", 1, metrics=False)

    figures = await BENCHES[platform](Load(1, int(time.time()), seconds=3, rate=10), ground, tmp_path, "", replicas=1)

    assert json.loads(json.dumps(beside({"Hilda": figures})))["lost"] == {"Hilda": 0, "wanted": "0"}
    assert figures["asked"] > 15
    assert (figures["lost"], figures["duplicated"], figures["out of order"]) == (0, 0, 0)
    assert figures[f"refused by {platform}"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("platform", BENCHES)
async def test_a_replica_killed_in_a_busy_organisation_takes_nothing_with_it(
    platform: str, small_ground: OpenGround, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """Two on PostgreSQL, one of them killed half-way: the other one goes on with all that was heard.

    Slack is asked what of it stands there already. Teams lets nobody read back: a post under way may stand twice.
    """
    ground = await small_ground("bad-image", 1, metrics=False)
    load = Load(2, int(time.time()), seconds=10, rate=20)

    figures = await BENCHES[platform](load, ground, tmp_path, postgres_server.new_database(), replicas=2)

    assert figures["asked"] > 60
    assert figures["lost"] == 0
    assert figures["duplicated"] <= (1 if platform == "Teams" else 0)
