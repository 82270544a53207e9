"""One incident in Slack from the question to the outcome, as Slack got it: what docs/slack.md shows pictures of.

Real processes on practice's small cluster before the Slack of the tests; needs kubectl and a working sandbox.
"""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from practice.ground import PracticeGround
from scripts import slack_painter as painter
from tests.bot.serving.test_the_whole_ladder import Shift, first_task, shift
from tests.fakes.slack.seen import Seen, SeenView

SCENARIO, SEED = "bad-image", 7
SECONDS = 60.0


@dataclass
class Album:
    """HTML of every picture by name."""

    names: dict[str, str] = field(default_factory=dict)
    """Who is shown for which id."""
    bodies: dict[str, str] = field(default_factory=dict)

    def message(self, name: str, *found: Seen) -> None:
        self.bodies[name] = "".join(painter.message({"blocks": self._named(seen.blocks)}) for seen in found)

    def view(self, name: str, found: SeenView) -> None:
        self.bodies[name] = painter.view(self._named(found.content))

    def _named(self, shown: Any) -> Any:
        text = json.dumps(shown)
        for person, name in self.names.items():
            text = text.replace(person, name)
        return json.loads(text)


async def album() -> Album:
    """Everything that somebody sees who climbs the whole ladder."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            PracticeGround.open(SCENARIO, SEED, kind="small", prometheus="small") as ground,
            shift(ground, Path(folder), "http", Random(SEED)) as on,
        ):
            return await _climbed(on)


async def _climbed(on: Shift) -> Album:
    channel, asker, lead = on.channel, on.asker, on.lead
    shown = Album({one.id: one.user.name for one in (asker, lead, on.late)})
    asked = await asker.says(channel, "@hilda what is wrong?")
    answer = await channel.sees(lambda seen: "Checklist" in seen.buttons, within=SECONDS)
    shown.message("answer", answer, await channel.sees("How I know", after=answer))
    checklist = await on.climbs(asked, "Checklist", "Commands")
    await asker.ticks(checklist, first_task(checklist))
    shown.message("checklist", checklist)
    shown.message("commands", await on.climbs(asked, "Commands", "Script"))
    proposal = await on.climbs(asked, "Script", "Approve")
    shown.message("proposal", proposal)
    await asker.presses(proposal, "Approve")
    shown.message("refused", await channel.sees("That did not count", by=asker))
    await lead.opens_home()
    shown.view("home", await lead.sees_home("Waiting for you: 1", within=10))
    await lead.presses(proposal, "Reject")
    shown.view("reject", await lead.sees_modal("A rejection is final"))
    await lead.closes()
    await lead.presses(proposal, "Edit")
    shown.view("edit", await lead.sees_modal("Only command lines"))
    await lead.closes()
    await lead.runs("/hilda approve", channel)
    shown.view("read", await lead.sees_modal("Proposal"))
    await lead.submits()
    outcome = await channel.sees("Done and verified", within=SECONDS)
    running = await channel.sees("claimed by the executor")
    shown.message("outcome", channel.again(proposal), running, outcome)
    await lead.runs("/hilda help", channel)
    shown.message("help", await channel.sees("What I can do", by=lead))
    return shown
