"""SIGKILL at the worst moments: nothing runs twice, and what cannot be told is said to be unknown."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.proposals import ProposalState
from practice.control_plane import ControlPlane
from store.record import Store
from tests.hands.cluster import Shop, writes_in
from tests.hands.ledger import approved, new_store, ready
from tests.hands.processes import executor_process
from tests.hands.proposals import as_it_is
from tests.postgres import postgres_server
from tools.kubernetes.client import KubeClient

__all__ = ["postgres_server"]

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox, pytest.mark.timeout(120)]


@dataclass
class Scene:
    store: Store
    url: str
    folder: Path
    shop: Shop
    plane: ControlPlane
    proposal_id: str

    def executor(self, barrier: str = ""):
        return executor_process(
            self.folder,
            url=self.url,
            key=self.folder / "keys" / "audit.key",
            kubeconfig=self.plane.kubeconfig_of("executor"),
            barrier=barrier,
        )

    async def crash_at(self, barrier: str) -> None:
        async with self.executor(barrier) as first:
            try:
                await first.until_reached()
            except TimeoutError:
                record = await self.store.proposals.get(self.proposal_id)
                pytest.fail(f"{barrier} was not reached: {record.state} {record.why}\n{first.log.read_text()}")
            await first.kill()

    async def heard(self, event: str, seconds: float = 30) -> dict:
        """Wait for a row of the journal; its payload."""
        async with asyncio.timeout(seconds):
            while True:
                for entry in await self.store.journal.since(0, [f"proposal:{self.proposal_id}"]):
                    if entry.event == event:
                        return entry.payload
                await asyncio.sleep(0.1)

    async def recover(self, event: str) -> dict:
        """A fresh executor, until it has said so; then stopped in order."""
        async with self.executor() as fresh:
            payload = await self.heard(event)
            # Long enough for another attempt to show, if anything were tried again.
            await asyncio.sleep(1.5)
            assert await fresh.stop() == 0, fresh.log.read_text()
        return payload

    async def state(self) -> ProposalState:
        record = await self.store.proposals.get(self.proposal_id)
        assert record is not None
        return record.state

    def writes(self) -> list[str]:
        return [event["objectRef"]["name"] for event in writes_in(self.plane.audit_log, self.shop.namespace)]


BOTH = pytest.mark.parametrize("scene", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)


@pytest.fixture
async def scene(request, sandbox, shop, control_plane: ControlPlane, tmp_path) -> AsyncIterator[Scene]:
    """A proposal that gives `web` another image and then labels a ConfigMap, two seconds apart; approved."""
    if getattr(request, "param", "sqlite") == "sqlite":
        url = f"sqlite:///{tmp_path / 'state' / 'hilda.db'}"
    else:
        url = request.getfixturevalue("postgres_server").new_database()
    store = await new_store(url, tmp_path / "keys" / "audit.key")
    ns = shop.namespace
    async with await KubeClient.connect(str(control_plane.kubeconfig_of("executor"))) as client:
        wanted = await ready(
            client,
            sandbox.programs.kubectl,
            ns,
            [
                f"kubectl -n {ns} set image deployment/web web=registry.example/web:2",
                f"kubectl -n {ns} label configmap settings team=shop",
            ],
            preconditions=(
                as_it_is(await shop.get("Deployment", "web")),
                as_it_is(await shop.get("ConfigMap", "settings")),
            ),
            between="sleep 2",
            verify=f"kubectl -n {ns} get configmap settings --show-labels | grep team=shop",
        )
    yield Scene(store, url, tmp_path, shop, control_plane, await approved(store, wanted))
    await store.close()


async def test_a_crash_before_the_claim_costs_nothing(scene):
    """Nothing was spent, so the next executor runs it: once."""
    await scene.crash_at("before-claim")
    assert scene.writes() == []

    await scene.recover("finished")

    assert await scene.state() is ProposalState.finished
    assert scene.writes() == ["web", "settings"]


@BOTH
@pytest.mark.parametrize("barrier", ["after-claim", "started"])
async def test_a_crash_after_the_claim_is_unknown_and_is_not_run_again(scene, barrier):
    """The approval is spent; a person decides. The verify script says how things stand."""
    await scene.crash_at(barrier)

    told = await scene.recover("checked")

    assert await scene.state() is ProposalState.unknown
    assert told["verified"] is False
    assert scene.writes() == []


@BOTH
async def test_a_crash_in_the_middle_leaves_the_first_half_and_says_so(scene):
    """One write was made, the second never is: the script died with its executor."""
    async with scene.executor() as first:
        async with asyncio.timeout(40):
            while scene.writes() != ["web"]:
                await asyncio.sleep(0.05)
        await first.kill()

    told = await scene.recover("checked")

    assert await scene.state() is ProposalState.unknown
    assert told["verified"] is False
    assert scene.writes() == ["web"]


@pytest.mark.parametrize("barrier", ["after-script", "verified"])
async def test_a_crash_after_the_script_is_unknown_though_it_worked(scene, barrier):
    """It ran, nobody wrote down the end; looking shows that what was wanted holds."""
    await scene.crash_at(barrier)

    told = await scene.recover("checked")

    assert await scene.state() is ProposalState.unknown
    assert told["verified"] is True
    assert scene.writes() == ["web", "settings"]


async def test_a_crash_before_anybody_was_told_is_told_by_the_next(scene):
    """The outcome is in the record; the conversation hears of it from whoever looks next, once."""
    await scene.crash_at("finished")
    assert await scene.state() is ProposalState.finished

    await scene.recover("finished")

    assert scene.writes() == ["web", "settings"]
    first = await scene.store.jobs.claim("test", 30)
    assert first is not None
    assert first.payload["proposal"] == scene.proposal_id
    await scene.store.jobs.finish(first)
    assert await scene.store.jobs.claim("test", 30) is None


async def test_an_unknown_one_is_announced_within_a_lease(scene):
    """Those who wait hear of it from a job and from the journal, with the reason."""
    await scene.crash_at("started")

    async with scene.executor() as fresh:
        told = await scene.heard("unknown", seconds=20)
        await fresh.stop()

    job = await scene.store.jobs.claim("test", 30)
    assert told["state"] == "unknown"
    assert "its worker was lost" in told["why"]
    assert (job.payload["proposal"], job.payload["state"]) == (scene.proposal_id, "unknown")
    assert [entry.what for entry in await scene.store.audit.about(scene.proposal_id)][-1] == "lost"


async def test_sigterm_waits_for_the_end_of_what_runs(scene):
    """An orderly stop in the middle of a script is an outcome, not an unknown."""
    async with scene.executor() as only:
        await scene.heard("started", seconds=40)
        assert await only.stop() == 0, only.log.read_text()

    assert await scene.state() is ProposalState.finished
    assert scene.writes() == ["web", "settings"]


async def test_the_audit_chain_holds_after_all_that(scene):
    """A killed executor leaves no gap and no forged row."""
    await scene.crash_at("started")
    await scene.recover("checked")

    assert (await scene.store.verify_audit()).whole
