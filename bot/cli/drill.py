"""`hilda drill`: incidents at random, against the clock."""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.drill_results import History, Result, clock, summary_card, summary_json
from bot.cli.exits import Exit
from bot.cli.options import Cluster, ClusterOption, Plain, PlainOption, SeedOption, ZoneOption

if TYPE_CHECKING:
    from bot.cli.practising import Practice
    from bot.doors.terminal.lines import Lines
    from bot.doors.terminal.screen import Screen

app = command()

WORDS = (
    ("done", "when you think it is over"),
    ("skip", "gives up, and tells what it was"),
    ("Ctrl-D", "ends the drill"),
)


@app.command()
def drill(
    rounds: Annotated[int, typer.Option("--rounds", "-n", min=1, max=50, help="How many incidents.")] = 3,
    history: Annotated[bool, typer.Option("--history", help="Show how earlier drills went.")] = False,
    cluster: ClusterOption = None,
    seed: SeedOption = None,
    output: PlainOption = Plain.text,
    zone: ZoneOption = "",
) -> None:
    """Mend incidents drawn at random, with Hilda, against the clock. Nobody tells what is wrong.

    100 points for a cluster healed within a minute, one less for each further 5 s, 20 less each time you say it is
    over and it is not. Exit 0 when all were mended. With -o json the conversation goes to stderr.
    """
    from bot.cli.practising import drawn, run_until_left

    if history:
        _history(output)
        return
    code = run_until_left(_drill(rounds, cluster, drawn(seed), output, zone))
    raise typer.Exit(code)


async def _drill(rounds: int, cluster: Cluster | None, seed: int, output: Plain, zone: str) -> Exit:
    from bot.cli.practising import practice_plane, practising, scenario_titles
    from bot.cli.starting import Starting
    from bot.doors.terminal.lines import PipedLines
    from bot.doors.terminal.screen import Screen, stderr_console, stdout_console
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings

    screen = Screen(stdout_console() if output is Plain.text else stderr_console(), reader_zone(zone))
    lines = None if sys.stdin.isatty() and sys.stdout.isatty() else PipedLines()
    kept, results = History(load_settings().state_folder), list[Result]()
    before = kept.results()
    draws = incidents(list(scenario_titles()), seed)
    with Starting() as tell:
        async with practice_plane(cluster, seed, tell) as plane:
            for number in range(1, rounds + 1):
                name, its_seed = next(draws)
                async with practising(name, its_seed, plane=plane, tell=tell) as practice:
                    tell.ready(f"round {number} of {rounds}")
                    result, left = await _round(practice, screen, lines, f"Round {number} of {rounds}")
                if not left or result.healed is not None or result.slips or result.cause is not None:
                    kept.add(result)
                    results.append(result)
                if left:
                    break
                screen.note(f"Round {number}: {result.points} points, healed after {clock(result.healed)}.")
    _summary(results, before, screen, output)
    return Exit.ok if len(results) == rounds and all(r.healed is not None for r in results) else Exit.no


async def _round(practice: "Practice", screen: "Screen", lines: "Lines | None", title: str) -> tuple[Result, bool]:
    """What it came to, and whether the person left the drill."""
    from bot.cli.chat import converse
    from bot.cli.drill_round import Round
    from bot.cli.practice_card import first_card
    from bot.cli.speaking import speaker
    from bot.doors.terminal.zones import reader_zone

    who = await speaker(practice.app, practice.settings, "oncall", reader_zone())
    ground, label = practice.ground, who.label(practice.app)
    screen.say(
        first_card(
            ground.hint,
            ground.namespace,
            practice.small,
            label,
            title=title,
            second_terminal=practice.second_terminal(),
            no_sandbox=practice.no_sandbox,
            leave=WORDS,
        )
    )
    this = Round(practice, screen)
    looking = asyncio.create_task(this.look())
    try:
        own_words = {"done": this.done, "skip": this.skip}
        await converse(
            practice.app,
            who,
            practice.settings,
            None,
            screen=screen,
            lines=lines,
            own_words=own_words,
            watch=this.watch,
        )
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    return await this.result(), this.left


def incidents(names: list[str], seed: int) -> Iterator[tuple[str, int]]:
    """Names and seeds without end; no incident comes twice before all others have come."""
    chance = random.Random(seed)  # noqa: S311 - a drill is to be had again with its seed
    while True:
        for name in chance.sample(names, len(names)):
            yield name, chance.randint(1, 9_999)


def _summary(results: list[Result], before: list[Result], screen: "Screen", output: Plain) -> None:
    from bot.cli.output import print_json

    if output is Plain.json:
        print_json(summary_json(results, before))
    elif results:
        screen.say(summary_card(results, before))


def _history(output: Plain) -> None:
    from bot.cli.options import Output
    from bot.cli.output import print_card, print_json
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, card

    results = History(load_settings().state_folder).results()
    if output is Plain.json:
        print_json([result.as_json() for result in results])
        return
    zone = reader_zone()
    rows = tuple(
        (f"{r.at.astimezone(zone):%Y-%m-%d %H:%M}", r.title, clock(r.cause), clock(r.healed), str(r.points))
        for r in results[-30:]
    )
    table = Table(("WHEN", "INCIDENT", "CAUSE", "HEALED", "POINTS"), rows)
    print_card(card("Drills so far", table), Output.text, zone)
