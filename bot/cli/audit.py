"""`hilda audit`: the record of who did what and why."""

import asyncio
from typing import Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import Output, OutputOption, ZoneOption

app = group("The record of who did what, when, why, and what came of it.")


@app.command()
def verify(output: OutputOption = Output.text) -> None:
    """Is the chain whole? Nothing changed, removed or cut off. Exit 1 when it is not."""
    raise typer.Exit(Exit.ok if asyncio.run(_verify(output)) else Exit.no)


@app.command()
def tail(
    most: Annotated[int, typer.Option("-n", min=1, max=10_000, help="How many entries.")] = 20,
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """The newest entries, oldest of them first."""
    asyncio.run(_tail(most, output, zone))


async def _verify(output: Output) -> bool:
    from dataclasses import asdict

    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Facts, card

    async with open_store(load_settings()) as store:
        verdict = await store.verify_audit()
    if output is Output.json:
        print_json(asdict(verdict))
        return verdict.whole
    facts = [("Good entries", str(verdict.rows))]
    if verdict.problem:
        facts.append(("Problem", verdict.problem))
    if verdict.tip:
        facts.append(("Newest signature", verdict.tip))
    title = "The audit is whole" if verdict.whole else "The audit is broken"
    print_card(card(title, Facts(tuple(facts)), tone="good" if verdict.whole else "bad"), output, reader_zone())
    return verdict.whole


async def _tail(most: int, output: Output, zone: str) -> None:
    from dataclasses import asdict

    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, card

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        entries = await store.audit.tail(most)
    if output is Output.json:
        print_json([{**asdict(entry), "at": entry.at.isoformat()} for entry in entries])
        return
    rows = tuple(
        (str(e.sequence), f"{e.at.astimezone(reader):%Y-%m-%d %H:%M:%S}", e.who, e.what, e.subject, e.result, e.why)
        for e in sorted(entries, key=lambda entry: entry.sequence)
    )
    columns = ("#", "WHEN", "WHO", "WHAT", "SUBJECT", "RESULT", "WHY")
    print_card(card("The record", Table(columns, rows)), output, reader)
