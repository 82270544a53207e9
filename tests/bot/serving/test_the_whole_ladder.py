"""From a mention to a healed cluster in Slack, approved by a second person: processes, sockets and clusters are real.

Both ways of Slack (Socket Mode, signed HTTP) on both control planes; only Slack itself is made up, and it behaves.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.doors.slack import manifest
from bot.settings import load_settings
from domain.people import Person, Role
from domain.proposals import ProposalState
from practice.ground import PracticeGround
from practice.plane import Plane
from store.ledger.records import ProposalRecord
from store.record import Store
from tests.bot.serving.running import executor, serve
from tests.fakes.slack.bolt_app import TRANSPORTS
from tests.fakes.slack.driver import Person as Someone
from tests.fakes.slack.driver import Place
from tests.fakes.slack.seen import Seen
from tests.fakes.slack.server import FakeSlack, fake_slack
from tests.journeys.test_from_question_to_fix import writes_by_the_executor

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox, pytest.mark.timeout(180)]

SEEDS = {("real", "http"): 71, ("real", "socket"): 72, ("small", "http"): 73, ("small", "socket"): 74}
NAMES = ("amara", "bjarne", "chandra", "dolores", "emeka", "farah", "giulia", "haruto", "ines", "jonas")
CHANNELS = ("ops", "shop-alerts", "night-shift", "payments", "war-room")


@dataclass
class Shift:
    """A channel with people on call in it, and the record that Hilda keeps."""

    slack: FakeSlack
    channel: Place
    asker: Someone
    lead: Someone
    late: Someone
    store: Store

    async def proposal(self) -> ProposalRecord:
        (only,) = await self.store.proposals.list()
        return only

    async def tasks_done(self) -> int:
        """Ticks that the incident remembers."""
        (listed,) = await self.store.incidents.list()
        incident = await self.store.incidents.get(listed.id)
        assert incident is not None
        return sum(entry.kind == "ticked" for entry in incident.timeline)

    async def climbs(self, asked: Seen, press: str, to_see: str) -> Seen:
        """Press on the newest card that has the button; the next card is the one with the other button."""
        (*_, card) = [seen for seen in self.channel.thread(asked) if press in seen.buttons]
        await self.asker.presses(card, press)
        return await self.channel.sees(lambda seen: to_see in seen.buttons, within=30, after=card)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_whole_ladder_in_a_channel(
    transport: str, any_plane: Plane, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Asked, answered, climbed, refused to the asker, read and approved by another, run once, verified, healed."""
    seed = SEEDS[request.node.callspec.params["any_plane"], transport]
    async with PracticeGround.open("bad-image", seed, plane=any_plane, metrics=False) as ground:
        async with shift(ground, tmp_path, transport, random.Random(seed)) as on:
            channel, asker = on.channel, on.asker

            asked = await asker.says(channel, "@hilda what is wrong?")
            answer = await channel.sees(lambda seen: "Checklist" in seen.buttons, within=30)
            evidence = await channel.sees("How I know", after=answer)
            assert {answer.thread_ts, evidence.thread_ts} == {asked.ts}
            assert ground.scenario.victim in answer.words
            assert "kubectl" in evidence.words

            checklist = await on.climbs(asked, "Checklist", "Commands")
            await asker.ticks(checklist, first_task(checklist))
            commands = await on.climbs(asked, "Commands", "Script")
            assert f"kubectl --context {ground.context} -n {ground.namespace} rollout undo" in commands.words
            proposal = await on.climbs(asked, "Script", "Approve")
            made = await on.proposal()
            script = made.proposal.script
            assert all(part in proposal.words for part in (script.run, script.verify, script.undo))

            await asker.presses(proposal, "Approve")
            refused = await channel.sees("somebody else has to approve it", by=asker)
            assert refused.only_for == asker.id
            assert (await on.proposal()).state is ProposalState.proposed
            before = writes_by_the_executor(ground)

            await on.lead.runs("/hilda approve", channel)
            read = await on.lead.sees_modal(made.proposal.title)
            assert all(part in read.words for part in (script.run, script.verify, script.undo))
            assert read.submit == "Approve"
            await on.lead.submits()

            done = await channel.sees("Done and verified", within=60)
            decided = channel.again(proposal)
            assert (decided.buttons, done.buttons) == ([], ["Undo"])
            assert f"Approved by:  @{on.lead.user.name} at" in decided.words
            await on.late.presses(proposal, "Approve", stale=True)
            assert "already" in (await channel.sees("That did not count", by=on.late)).words

            ended = await on.proposal()
            assert ended.state is ProposalState.finished
            assert ended.digest == made.digest
            assert len(writes_by_the_executor(ground)) - len(before) == len(made.proposal.writes) == 1
            assert await on.tasks_done() == 1
            await on.lead.presses(done, "Undo")
            undo = await channel.sees(lambda seen: "Approve" in seen.buttons, within=30, after=done)
            assert {one.proposal.undo_of for one in await on.store.proposals.list()} == {"", made.proposal.id}
            own_words = f"kubectl -n {ground.namespace} rollout restart deployment/{ground.scenario.victim}"
            await asker.presses(undo, "Edit")
            await asker.sees_modal("Only command lines")
            await asker.submits({"Command lines": own_words})
            edited = await channel.sees(own_words, within=30, after=undo)
            assert "Approve" in edited.buttons
            await channel.sees(lambda seen: seen.ts == undo.ts and not seen.buttons, within=20)
            assert len(writes_by_the_executor(ground)) - len(before) == 1
            assert [person.errors for person in (asker, on.lead, on.late)] == [[], [], []]
            assert [log for log in on.slack.api.calls if not log.answer["ok"]] == []
        verdict = await ground.healed()
        assert verdict.ok, verdict.why


@asynccontextmanager
async def shift(ground: PracticeGround, folder: Path, transport: str, chance: random.Random) -> AsyncIterator[Shift]:
    """Both processes up, the app installed by its own manifest, three people in a channel with their roles."""
    async with record(folder) as store, fake_slack() as slack:
        slack.app.configure(manifest.manifest(request_url="https://hilda.example/slack/events"))
        people = [slack.user(name) for name in chance.sample(NAMES, 3)]
        for one in people:
            await store.identities.bind(Person("slack", slack.workspace.team_id, one.id), Role.operator, "test")
        async with executor(ground, folder), serve(slack, ground, folder, transport) as hilda:
            yield Shift(slack, slack.channel(chance.choice(CHANNELS), *people), *people, store)
            assert "Traceback" not in await hilda.said()


@asynccontextmanager
async def record(folder: Path) -> AsyncIterator[Store]:
    """The store that both processes share, made as `hilda migrate` makes it."""
    settings = load_settings(state_dir=folder, database_url="")
    store = await Store.open(settings.database, settings.audit_key)
    try:
        yield store
    finally:
        await store.close()


def first_task(checklist: Seen) -> str:
    """The label of the first box."""
    boxes = [element for block in checklist.blocks for element in block.get("elements", ()) if "options" in element]
    label: str = boxes[0]["options"][0]["text"]["text"]
    return label
