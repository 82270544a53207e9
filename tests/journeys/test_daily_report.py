"""A simulated day: what is planted in cluster, metrics and record is found in the report, and the decoys are not."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.view import View
from domain.cards import ClusterLabel, Sources
from domain.findings import Severity
from domain.look import Window
from domain.people import Person
from graphs.daily import Eyes, gather
from graphs.day_json import as_json
from graphs.words.daily import report_cards
from store.record import Store
from tests.conftest import OpenGround
from tests.journeys.planted_day import PlantedDay
from tests.needs import needs
from tests.store.making import proposal
from tests.tools.prometheus.worlds import serve
from tools.kubernetes.client import KubeClient
from tools.prometheus.connection import connect

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(180)]

ALICE = Person("slack", "T1", "U-alice")


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (19, 31, 47))])
async def test_every_planted_fact_of_a_day_is_found(seed: int, small_ground: OpenGround, tmp_path: Path) -> None:
    needs("prometheus", "promtool")
    ground = await small_ground("bad-image", seed, metrics=False)
    now = datetime.now(UTC)
    day = PlantedDay(seed, now)
    prometheus = serve(day.world, tmp_path / "prometheus")
    store = await Store.open(f"sqlite:///{tmp_path}/db/hilda.db", tmp_path / "keys" / "audit.key")
    metrics = connect(prometheus.url)
    try:
        async with await KubeClient.connect(str(ground.kubeconfig), ground.context) as kube:
            cluster = await kube.cluster_id()
            over = await store.incidents.open_or_join("a|b|shop|Deployment|gone", "Payments were slow", cluster, "c")
            await store.incident_states.resolve(over.id, datetime.now(UTC), "over")
            mine = await store.incidents.open_or_join(f"x|{cluster}|ns|Node|n7", "Node n7 is not ready", cluster, "c")
            await store.incident_states.raise_severity(mine.id, Severity.critical)
            await store.incident_states.take(mine.id, str(ALICE), str(ALICE))
            asked = proposal(cluster=cluster, title=f"Undo the rollout of {uuid.uuid4().hex[:6]}")
            await store.proposals.propose(asked)
            await store.conversations.heard("c", ALICE, "what is wrong?", "d1")

            end = datetime.now(UTC) + timedelta(seconds=1)
            window = Window(end - timedelta(hours=24), end)
            found = await gather(Eyes(kube, metrics, store, cluster, 20.0), window)
    finally:
        await metrics.close()
        await store.close()
        prometheus.stop()
    cards = report_cards(found, ClusterLabel("practice"), "Europe/Berlin")
    text = "\n".join(as_markdown(card, View(interactive=False, colour=False)) for card in cards)

    for fact, words in day.words.items():
        assert all(word in text for word in words), (fact, words, text)
    assert ground.scenario.victim in text
    assert "Node n7 is not ready" in text
    assert "U-alice has it" in text
    assert "Payments were slow" in text
    assert asked.title in text
    assert "1 question of 1 person" in text
    assert [name for name in day.decoys if name in text] == []
    assert found.score.value is not None
    assert found.score.value < 80
    told = as_json(found)
    assert json.loads(json.dumps(told)) == told
    assert told["health"]["score"] == 100 - sum(one["points"] for one in told["health"]["taken_away"])
    assert len(told["about_to_break"]) == 5
    (sources,) = (part for part in cards[-1].parts if isinstance(part, Sources))
    assert all(piece.check for piece in sources.evidence)
    assert all(f"[{number}]" in text.replace("\\", "") for number in range(1, len(sources.evidence) + 1))
