"""The whole ladder in a real Teams client: Microsoft's Playground, in one's own chat, in a group and in a channel.

PICTURES=folder keeps a picture of each step.
"""

import asyncio
import os
from pathlib import Path

import pytest

from bot.doors.teams.places import Place
from domain.people import Person, Role
from domain.proposals import ProposalState
from practice.ground import PracticeGround
from practice.small_plane import SmallPlane
from store.ledger.records import ProposalRecord
from store.record import Store
from tests.bot.serving.running import executor, serve_in_teams
from tests.bot.serving.test_the_whole_ladder import record
from tests.fakes.model_server import model_server
from tests.fakes.teams.playground import Playground, playground
from tests.needs import needs, needs_teams_client

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

SEED = 81


async def test_asked_climbed_approved_by_another_run_and_verified(small_plane: SmallPlane, tmp_path: Path) -> None:
    """Three times: somebody releases the same broken image again in between. In one's own chat progress streams."""
    modules = needs_teams_client()
    needs("kubectl")
    async with (
        PracticeGround.open("bad-image", SEED, plane=small_plane, metrics=False) as ground,
        record(tmp_path) as store,
        executor(ground, tmp_path),
        model_server() as model,
        serve_in_teams(
            ground, tmp_path, OPENAI_BASE_URL=model.url, OPENAI_API_KEY="k", HILDA_MODEL="scripted"
        ) as hilda,
        playground(modules, f"http://127.0.0.1:{hilda.port}/api/messages", tmp_path) as client,
    ):
        megan = client.others["Megan Bowen"]
        for account in (client.alex, megan):
            await store.identities.bind(Person("teams", client.tenant, account.aad), Role.operator, "test")
        name = f"deployment/{ground.scenario.victim}"
        path = "jsonpath={.spec.template.spec.containers[0].image}"
        broken = await _kubectl(small_plane, ground, "get", name, "-o", path)
        for place in ("personal", "group", "channel"):
            if place != "personal":
                await _kubectl(small_plane, ground, "set", "image", name, f"app={broken.strip()}")
                await _until_it_fails(small_plane, ground)
                await client.goes_to(place)
            # What comes at once needs no progress.
            model.pause = 2.0 if place == "personal" else 0.0
            await client.does("say", text="what is wrong?", mention=place != "personal")
            if place == "personal":
                await client.sees("asking the model for words")
                await _picture(client, "personal-Progress", text="asking the model for words")
            await client.sees("How I know")
            for shown, button in (("Answer", "Checklist"), ("Checklist", "Commands"), ("Commands", "Script")):
                await client.is_offered(button)
                await _picture(client, f"{place}-{shown}")
                await client.presses(button)
            await client.is_offered("Reject")
            made = await _proposed(store)
            await _picture(client, f"{place}-Proposal")
            data = {"hilda": "1", "subject": made.proposal.id, "digest": made.digest[:12], "form": False}
            await client.other_presses(megan, place, Place.parse(made.proposal.conversation).id, "approve", data)
            await client.sees("Done and verified")
            await _picture(client, f"{place}-Done")

            ended = await store.proposals.get(made.proposal.id)
            assert ended is not None
            assert ended.state is ProposalState.finished
            assert [str(one.person) for one in ended.decisions] == [f"teams:{client.tenant}:{megan.aad}"]
            assert "Approved by: Megan Bowen" in " ".join((await client.does("words")).split())
            verdict = await ground.healed()
            assert verdict.ok, f"{place}: {verdict.why}"
            if place == "personal":
                streamed = await client.streams()
            assert await client.streams() == streamed > 0
        assert "Traceback" not in await hilda.said()


async def _proposed(store: Store) -> ProposalRecord:
    """The one that waits for a decision."""
    async with asyncio.timeout(30):
        while not (found := await store.proposals.list(ProposalState.proposed)):
            await asyncio.sleep(0.1)
    return found[0]


async def _until_it_fails(plane: SmallPlane, ground: PracticeGround) -> None:
    async with asyncio.timeout(30):
        while "ImagePull" not in await _kubectl(plane, ground, "get", "pods"):
            await asyncio.sleep(0.2)


async def _kubectl(plane: SmallPlane, ground: PracticeGround, *arguments: str) -> str:
    """As the administrator, in the namespace of the incident."""
    given = ["--kubeconfig", str(plane.kubeconfig), "-n", ground.namespace, *arguments]
    process = await asyncio.create_subprocess_exec(
        str(needs("kubectl")["kubectl"]), *given, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


async def _picture(client: Playground, name: str, **of: str) -> None:
    if folder := os.environ.get("PICTURES"):
        await client.does("shot", file=str(Path(folder) / f"playground-{name.lower()}.png"), **of)
