"""Records the first minute with Hilda as a picture: docs/pictures/first-minute.svg. Run by `make pictures`.

A real practice cluster, a real conversation, a real run; only what would not fit on a page is left out.
"""

import asyncio
import io
import sys
import tempfile
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot.app import open_app, working
from bot.cli.executor_child import executor_child
from bot.cli.practice_people import introduce
from bot.cli.speaking import Speaker, speaker
from bot.doors.terminal.connection import StoredConversation
from bot.doors.terminal.screen import Screen
from bot.settings import load_settings
from domain.cards import Code, Facts, Progress, Sources
from domain.messages import Reply
from domain.people import Person
from practice.ground import PracticeGround

WIDTH = 108


async def record(target: Path) -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    screen = Screen(console, UTC)
    async with PracticeGround.open("bad-image", 5, tell=_tell) as ground:
        state = Path(tempfile.mkdtemp(prefix="hilda-first-minute-"))
        settings = load_settings(
            kubeconfig=str(ground.kubeconfig), prometheus_url=ground.prometheus_url, state_dir=state, environments={}
        )
        async with open_app(settings) as app, working(app):
            await introduce(app)
            async with executor_child(settings, ground.executor_kubeconfig, ground.context, state / "executor.log"):
                who = await speaker(app, settings, "oncall", ZoneInfo("UTC"))
                line = who.connection(app)
                await _talk(console, screen, who, line, Person("practice", app.desk.cluster, "lead"))
    console.save_svg(str(target), title="hilda chat")
    print(f"wrote {target}")


async def _talk(console: Console, screen: Screen, who: Speaker, line: StoredConversation, lead: Person) -> None:
    listener = who.listener()
    told: list[Reply] = []

    async def listen() -> None:
        async for reply in line.replies():
            listener.saw(reply)
            told.append(reply)

    listening = asyncio.create_task(listen())
    for name, words in (("oncall", "what is wrong?"), ("oncall", "script"), ("lead", "approve")):
        if name == "lead":
            listener.author = lead
        told.clear()
        await line.send(listener.hear(words))
        if name == "lead":
            await line.settle()
        console.print(f"\n[bold cyan]{name}>[/] {words}")
        for reply in told:
            if not any(isinstance(part, Progress) for part in reply.card.parts):
                screen.show(_shortened(reply))
    listening.cancel()


def _shortened(reply: Reply) -> Reply:
    """What fits on a page: the run script of three, the first pieces of evidence of all."""
    import dataclasses

    kept, scripts = [], 0
    for part in reply.card.parts:
        if isinstance(part, Code):
            scripts += 1
            if scripts > 1:
                continue
        if isinstance(part, Sources):
            part = Sources(part.evidence[:2])
        if isinstance(part, Facts):
            part = Facts(part.rows[:7])
        kept.append(part)
    return dataclasses.replace(reply, card=dataclasses.replace(reply.card, parts=tuple(kept)))


def _tell(step: str) -> None:
    print(f"· {step}", flush=True)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(record(folder / "first-minute.svg"))
