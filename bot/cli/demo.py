"""`hilda demo`: a broken shop to talk about, on a practice cluster."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.exits import Exit
from bot.cli.options import Cluster, ClusterOption, Plain, PlainOption, SeedOption, ZoneOption

if TYPE_CHECKING:
    from bot.cli.practising import Practice
    from bot.doors.terminal.screen import Screen
    from domain.cards import Card, ClusterLabel

app = command()

FIRST = "bad-image"


@app.command()
def demo(
    scenario: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Which incident; --list shows them.")] = FIRST,
    list_: Annotated[bool, typer.Option("--list", help="Show the incidents there are.")] = False,
    play: Annotated[bool, typer.Option("--play", help="Let two made-up people play it, and judge the end.")] = False,
    cluster: ClusterOption = None,
    seed: SeedOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with its logs behind.")] = False,
    output: PlainOption = Plain.text,
    zone: ZoneOption = "",
) -> None:
    """Break a practice cluster of our own and mend it together, with the real kubectl.

    With --play the exit code is the judge's: 0 healed or rightly left alone, 1 not, 3 when a program is missing.
    """
    from bot.cli.practising import check_name, drawn, run_until_left

    if list_:
        _list(output)
        return
    check_name(scenario)  # A misspelt name is said before anything is started.
    code = run_until_left(_demo(scenario, drawn(seed), cluster, keep=keep, play=play, zone=zone))
    raise typer.Exit(code)


def _list(output: Plain) -> None:
    from bot.cli.options import Output
    from bot.cli.output import print_card, print_json
    from bot.cli.practising import scenario_titles
    from bot.doors.terminal.zones import reader_zone
    from domain.cards import Table, card

    titles = scenario_titles()
    if output is Plain.json:
        print_json(titles)
    else:
        table = Table(("SCENARIO", "WHAT"), tuple(titles.items()))
        print_card(card("Incidents to practise on", table), Output.text, reader_zone())


async def _demo(scenario: str, seed: int, cluster: Cluster | None, *, keep: bool, play: bool, zone: str) -> Exit:
    from bot.cli.chat import converse
    from bot.cli.practice_card import first_card
    from bot.cli.practising import practising
    from bot.cli.speaking import speaker
    from bot.cli.starting import Starting
    from bot.doors.terminal.screen import Screen, stdout_console
    from bot.doors.terminal.zones import reader_zone

    reader = reader_zone(zone)
    with Starting() as tell:
        async with practising(scenario, seed, cluster=cluster, keep=keep, tell=tell) as practice:
            tell.ready(f"scenario {scenario}, seed {seed}")
            who = await speaker(practice.app, practice.settings, "oncall", reader)
            ground = practice.ground
            screen = Screen(stdout_console(), who.zone)
            screen.say(
                first_card(
                    ground.hint,
                    ground.namespace,
                    practice.small,
                    who.label(practice.app),
                    second_terminal=None if play else practice.second_terminal(),
                    no_sandbox=practice.no_sandbox,
                )
            )
            if play:
                return await _play(practice, screen)
            await converse(practice.app, who, practice.settings, None, screen=screen)
    return Exit.ok


async def _play(practice: "Practice", screen: "Screen") -> Exit:
    from bot.cli.playing import Play
    from bot.cli.practice_card import question_of
    from bot.cli.speaking import speaker
    from bot.doors.terminal.zones import reader_zone

    app, settings, ground = practice.app, practice.settings, practice.ground
    zone = reader_zone()
    oncall = await speaker(app, settings, "oncall", zone)
    lead = await speaker(app, settings, "lead", zone)
    question = question_of(ground.hint, ground.namespace)
    try:
        await Play(oncall.connection(app), oncall.listener(), screen, lead.person).run(question)
    except TimeoutError:
        screen.note("It took too long; the judge looks at what there is.")
    verdict = await practice.ground.healed()
    screen.say(verdict_card(verdict.ok, verdict.why, oncall.label(app)))
    if not verdict.ok and practice.no_sandbox:
        return Exit.missing
    return Exit.ok if verdict.ok else Exit.no


def verdict_card(ok: bool, why: str, label: "ClusterLabel") -> "Card":
    from domain.cards import Text, card

    title = "The judge: healed, or rightly left alone" if ok else "The judge: not healed"
    return card(title, Text(why), tone="good" if ok else "bad", cluster=label)
