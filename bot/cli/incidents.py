"""`hilda incidents`: what went wrong, what was done, what helped."""

import asyncio
from typing import Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import Output, OutputOption, ZoneOption

app = group("What went wrong, what was done about it, and what helped.")


@app.command("list")
def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """Incidents, newest first."""
    asyncio.run(_list(open_only, output, zone))


@app.command()
def show(
    incident: Annotated[str, typer.Argument(help="Its id, as `hilda incidents list` shows it.")],
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """One incident with its timeline."""
    if not asyncio.run(_show(incident, output, zone)):
        typer.echo(f"hilda: There is no incident {incident!r}. `hilda incidents list` shows those there are.", err=True)
        raise typer.Exit(Exit.no)


async def _list(open_only: bool, output: Output, zone: str) -> None:
    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, card

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        found = await store.incidents.list("open" if open_only else None)
    if output is Output.json:
        from dataclasses import asdict

        print_json([asdict(incident) for incident in found])
        return
    rows = tuple((i.id, i.state, f"{i.opened_at.astimezone(reader):%Y-%m-%d %H:%M}", i.title) for i in found)
    print_card(card("Incidents", Table(("ID", "STATE", "OPENED", "WHAT"), rows)), output, reader)


async def _show(incident: str, output: Output, zone: str) -> bool:
    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Facts, Table, card

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        found = await store.incidents.get(incident)
    if found is None:
        return False
    if output is Output.json:
        from dataclasses import asdict

        print_json(asdict(found))
        return True
    facts = [("Id", found.id), ("State", found.state), ("Cause", found.cause_key.replace("|", " "))]
    facts += [("Summary", found.summary)] if found.summary else []
    rows = tuple((f"{e.at.astimezone(reader):%Y-%m-%d %H:%M:%S}", e.kind, e.text) for e in found.timeline)
    shown = card(found.title, Facts(tuple(facts)), Table(("WHEN", "WHAT", ""), rows, "Timeline"))
    print_card(shown, output, reader)
    return True
