"""Records the first screen of a demo and the first minute with Hilda as pictures, in docs/pictures. `make pictures`.

A practice cluster, a real conversation, a real run; only what would not fit on a page is left out.
"""

import asyncio
import io
import sys
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from bot.cli.options import Cluster
from bot.cli.practice_card import first_card
from bot.cli.practising import Practice, practising
from bot.cli.speaking import Speaker, speaker
from bot.doors.terminal.connection import StoredConversation
from bot.doors.terminal.screen import Screen
from domain.cards import Code, Facts, Progress, Sources
from domain.messages import Reply
from domain.people import Person

WIDTH = 108


async def record(folder: Path) -> None:
    async with practising("bad-image", 5, cluster=Cluster.small, tell=_tell) as practice:
        who = await speaker(practice.app, practice.settings, "oncall", ZoneInfo("UTC"))
        _first_screen(practice, who, folder / "first-screen.svg")
        console = _paper()
        lead = Person("practice", practice.app.desk.cluster, "lead")
        await _talk(console, Screen(console, UTC), who, who.connection(practice.app), lead)
    _save(console, folder / "first-minute.svg", "hilda chat")


def _first_screen(practice: Practice, who: Speaker, target: Path) -> None:
    ground, console = practice.ground, _paper()
    file = Path("/tmp/practice-ground-x7k2/second-terminal")
    card = first_card(ground.hint, ground.namespace, practice.small, who.label(practice.app), second_terminal=file)
    Screen(console, UTC).say(card)
    _save(console, target, "make demo")


def _paper() -> Console:
    return Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")


def _save(console: Console, target: Path, title: str) -> None:
    console.save_svg(str(target), title=title)
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
    asyncio.run(record(folder))
