"""`hilda demo`: a practice cluster with an incident on it. The only file of ours that knows practice."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.exits import Exit
from bot.cli.options import Plain, PlainOption, ZoneOption

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings
    from domain.cards import Card, ClusterLabel
    from practice.ground import PracticeGround

app = command()

FIRST = "bad-image"


@app.command()
def demo(
    scenario: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Which incident; --list shows them.")] = FIRST,
    list_: Annotated[bool, typer.Option("--list", help="Show the incidents there are.")] = False,
    play: Annotated[bool, typer.Option("--play", help="Let two made-up people play it, and judge the end.")] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Draws names and numbers; equal seeds, equal names.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with its logs behind.")] = False,
    output: PlainOption = Plain.text,
    zone: ZoneOption = "",
) -> None:
    """Break a practice cluster of our own and mend it together, with a real control plane and a real kubectl.

    With --play the exit code is the judge's: 0 healed or rightly left alone, 1 not, 3 when a program is missing.
    """
    from practice.programs import MissingPrograms
    from practice.scenario import NoSuchScenario

    if list_:
        _list(output)
        return
    drawn = random.SystemRandom().randrange(1, 10_000) if seed is None else seed
    try:
        code = asyncio.run(_demo(scenario, drawn, keep=keep, play=play, zone=zone))
    except MissingPrograms as missing:
        typer.echo(f"hilda: {missing}", err=True)
        raise typer.Exit(Exit.missing) from missing
    except NoSuchScenario as unknown:
        raise typer.BadParameter(str(unknown)) from unknown
    raise typer.Exit(code)


def _list(output: Plain) -> None:
    from bot.cli.options import Output
    from bot.cli.output import print_card, print_json
    from bot.doors.terminal.zones import reader_zone
    from domain.cards import Table, card
    from practice.scenario import titles

    if output is Plain.json:
        print_json(titles())
    else:
        table = Table(("SCENARIO", "WHAT"), tuple(titles().items()))
        print_card(card("Incidents to practise on", table), Output.text, reader_zone())


async def _demo(scenario: str, seed: int, *, keep: bool, play: bool, zone: str) -> Exit:
    from bot.cli.chat import converse
    from bot.cli.speaking import speaker
    from bot.doors.terminal.zones import reader_zone
    from practice.ground import PracticeGround
    from practice.scenario import load

    reader = reader_zone(zone)
    load(scenario, seed)  # A misspelt name is said before anything is started.
    if (missing := _no_sandbox()) is not None:
        typer.echo(f"hilda: {missing}", err=True)
        return Exit.missing
    async with PracticeGround.open(scenario, seed, keep=keep, tell=_tell) as ground:
        _tell(f"ready: scenario {scenario}, seed {seed}")
        async with _opened(ground) as (opened, settings):
            who = await speaker(opened, settings, "oncall", reader)
            label = who.label(opened)
            if play:
                return await _play(ground, opened, settings, _hint_card(ground, label, None))
            second = _second_terminal(ground, settings)
            await converse(opened, who, settings, _hint_card(ground, label, second))
    return Exit.ok


@asynccontextmanager
async def _opened(ground: "PracticeGround") -> "AsyncIterator[tuple[App, Settings]]":
    """An app that sees the ground and nothing else, its people introduced, its executor running."""
    from bot.app import open_app, working
    from bot.cli.executor_child import executor_child
    from bot.cli.practice_people import introduce
    from bot.settings import load_settings

    state = ground.folder / "hilda"
    settings = load_settings(
        kubeconfig=str(ground.kubeconfig),
        context=ground.context,
        prometheus_url=ground.prometheus_url,
        state_dir=state,
        database_url="",
        audit_key_file=state / "keys" / "audit.key",
        environments={},
    )
    async with open_app(settings) as opened, working(opened):
        await introduce(opened)
        async with executor_child(settings, ground.executor_kubeconfig, ground.context, ground.folder / "executor.log"):
            yield opened, settings


async def _play(ground: "PracticeGround", opened: "App", settings: "Settings", first: "Card") -> Exit:
    from bot.cli.playing import Play
    from bot.cli.speaking import speaker
    from bot.doors.terminal.screen import Screen, stdout_console
    from bot.doors.terminal.zones import reader_zone
    from domain.cards import Text, card

    zone = reader_zone()
    oncall = await speaker(opened, settings, "oncall", zone)
    lead = await speaker(opened, settings, "lead", zone)
    screen = Screen(stdout_console(), zone)
    screen.say(first)
    try:
        await Play(oncall.connection(opened), oncall.listener(), screen, lead.person).run(_question(ground))
    except TimeoutError:
        screen.note("It took too long; the judge looks at what there is.")
    verdict = await ground.healed()
    title = "The judge: healed, or rightly left alone" if verdict.ok else "The judge: not healed"
    screen.say(card(title, Text(verdict.why), tone="good" if verdict.ok else "bad", cluster=oncall.label(opened)))
    return Exit.ok if verdict.ok else Exit.no


def _hint_card(ground: "PracticeGround", label: "ClusterLabel", second: "str | None") -> "Card":
    from domain.cards import Code, Part, Text, card

    parts: list[Part] = [Text(ground.hint)]
    if second is not None:
        parts.append(
            Text(
                "You are **oncall**. Climb with `next`; another person has to approve: type `as lead` and then "
                "`approve`, or do it from a second terminal. `help` says more, Ctrl-D leaves and clears everything up."
            )
        )
        parts.append(Code(second, "sh", "In a second terminal"))
    return card("You are on call", *parts, cluster=label)


def _second_terminal(ground: "PracticeGround", settings: "Settings") -> str:
    import shlex

    variables = {"HILDA_STATE_DIR": str(settings.state_dir), "KUBECONFIG": str(ground.kubeconfig)}
    if ground.prometheus_url:
        variables["PROMETHEUS_URL"] = ground.prometheus_url
    given = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    return f"{given} hilda proposals approve ID --as lead"


def _question(ground: "PracticeGround") -> str:
    """What the hint proposes to ask."""
    _, asked, question = ground.hint.partition("Ask: ")
    return question.strip() if asked else f"what is wrong in {ground.namespace}?"


def _no_sandbox() -> "str | None":
    """Why approved scripts could not run here, before a minute is spent on a cluster."""
    from domain.errors import HildaError
    from hands.programs import find_programs
    from hands.settings import load_settings

    try:
        settings = load_settings()
        find_programs(settings.path, kubectl=settings.kubectl)
    except HildaError as missing:
        return str(missing)
    return None


def _tell(step: str) -> None:
    sys.stderr.write(f"· {step}\n")
    sys.stderr.flush()
