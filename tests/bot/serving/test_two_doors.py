"""Proposed in Slack, approved in Teams by another person, seen in both: one process, one record, two platforms."""

from pathlib import Path

import pytest

from bot.doors.slack import manifest
from domain.people import Person, Role
from domain.proposals import ProposalState
from practice.ground import PracticeGround
from practice.small_plane import SmallPlane
from tests.bot.serving.running import executor, serve
from tests.bot.serving.test_the_whole_ladder import record
from tests.fakes.slack.server import fake_slack
from tests.fakes.teams.service import fake_teams

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(180)]

SEED = 75


async def test_proposed_in_slack_and_approved_in_teams(small_plane: SmallPlane, tmp_path: Path) -> None:
    """The asker's account in Teams counts as the asker; a colleague's approval there runs it, and both doors say so.

    Its way back is proposed in Slack and edited in Teams.
    """
    async with (
        PracticeGround.open("bad-image", SEED, plane=small_plane, metrics=False) as ground,
        record(tmp_path) as store,
        fake_slack() as slack,
        fake_teams() as teams,
    ):
        slack.app.configure(manifest.manifest(request_url="https://hilda.example/slack/events"))
        asker = slack.user("amara")
        channel = slack.channel("night-shift", asker)
        asker_in_teams, lead = teams.person("amara"), teams.person("bjarne")
        in_slack = Person("slack", slack.workspace.team_id, asker.id)
        in_teams = Person("teams", teams.tenant, asker_in_teams.id)
        for person, human in ((in_slack, "amara"), (in_teams, "amara"), (Person("teams", teams.tenant, lead.id), "")):
            await store.identities.bind(person, Role.operator, "test", human=human)
        settings = {"HILDA_TEAMS_DEVELOPMENT": "1"}
        async with executor(ground, tmp_path), serve(slack, ground, tmp_path, "http", **settings) as hilda:
            teams.bot_url = f"http://127.0.0.1:{hilda.port}/api/messages"
            await asker.says(channel, "@hilda what is wrong?")
            for press, then in (("Checklist", "Commands"), ("Commands", "Script"), ("Script", "Approve")):
                card = await channel.sees(lambda seen, press=press: press in seen.buttons, within=30)
                await asker.presses(card, press)
                proposal = await channel.sees(lambda seen, then=then: then in seen.buttons, within=30, after=card)

            (made,) = await store.proposals.list()
            await asker_in_teams.says(asker_in_teams.own_chat, "proposals")
            own = await teams.sees(asker_in_teams.own_chat, made.proposal.title)
            assert all(line in own.text for line in made.proposal.script.run.split("\n"))
            await asker_in_teams.presses(own, "approve")
            await teams.sees(asker_in_teams.own_chat, "somebody else has to approve it")

            await lead.says(lead.own_chat, "approve")
            shown = await teams.sees(lead.own_chat, made.proposal.title)
            button = next(one for one in shown.buttons() if one["verb"] == "approve")
            await lead.presses(shown, "approve")
            await channel.sees("Done and verified", within=60)
            decided = await teams.sees(lead.own_chat, "Approved by")

            assert list(decided.buttons()) == []
            assert channel.again(proposal).buttons == []
            assert "Approved by:  Bjarne at" in decided.text
            await lead.invokes(lead.own_chat, {"verb": "approve", "data": button["data"]})
            await teams.sees(lead.own_chat, "already")
            (ended,) = await store.proposals.list()
            assert ended.state is ProposalState.finished
            assert {str(one.person) for one in ended.decisions} == {f"teams:{teams.tenant}:{lead.id}"}
            done = await channel.sees("Undo", within=10)
            await asker.presses(done, "Undo")
            waiting = await channel.sees("Undo: ", within=30, after=done)
            await lead.says(lead.own_chat, "proposals")
            undo = await teams.sees(lead.own_chat, "Undo: ")
            await lead.presses(undo, "edit")
            form = await teams.sees(lead.own_chat, "Only command lines")
            own_words = f"kubectl -n {ground.namespace} rollout restart deployment/{ground.scenario.victim}"
            await lead.presses(form, "edit", **{"hilda.field.commands": own_words})
            edited = await teams.sees(lead.own_chat, own_words)
            assert "approve" in {button["verb"] for button in edited.buttons()}
            await channel.sees(lambda seen: seen.ts == waiting.ts and not seen.buttons, within=20)
            assert "Traceback" not in await hilda.said()
        verdict = await ground.healed()
        assert verdict.ok, verdict.why
