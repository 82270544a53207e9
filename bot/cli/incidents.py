"""`hilda incidents`: what went wrong, whose it is, what was done, what helped."""

import asyncio
from typing import Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import AsOption, ContextOption, KubeconfigOption, Output, OutputOption, ZoneOption

app = group("What goes wrong: whose it is, what was done about it, and what helped.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `hilda incidents list` shows it.")]


@app.command("list")
def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """Incidents, newest first."""
    asyncio.run(_list(open_only, output, zone))


@app.command()
def show(incident: IdArgument, output: OutputOption = Output.text, zone: ZoneOption = "") -> None:
    """One incident with its timeline."""
    if not asyncio.run(_show(incident, output, zone)):
        raise typer.Exit(_unknown(incident))


@app.command()
def report(incident: IdArgument, zone: ZoneOption = "") -> None:
    """The report of one incident in Markdown: timeline, cause, what was done by whom, and the evidence."""
    if not asyncio.run(_report(incident, zone)):
        raise typer.Exit(_unknown(incident))


@app.command()
def ack(
    incident: IdArgument,
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
) -> None:
    """Acknowledge it: somebody has seen it."""
    raise typer.Exit(asyncio.run(_act(f"acknowledge {incident}", incident, context, kubeconfig, as_)))


@app.command()
def take(
    incident: IdArgument,
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
) -> None:
    """Take it: it is yours from now on."""
    raise typer.Exit(asyncio.run(_act(f"take {incident}", incident, context, kubeconfig, as_)))


@app.command("hand-over")
def hand_over(
    incident: IdArgument,
    to: Annotated[str, typer.Argument(metavar="PERSON", help="As slack:T0123:U0456, or a name here.")],
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
) -> None:
    """Give it to somebody else."""
    raise typer.Exit(asyncio.run(_act(f"hand over {incident} to {to}", incident, context, kubeconfig, as_)))


@app.command()
def snooze(
    incident: IdArgument,
    span: Annotated[str, typer.Option("--for", metavar="TIME", help="As 30m, 2h, 1d.")] = "1h",
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
) -> None:
    """Hear nothing new of it for a while."""
    raise typer.Exit(asyncio.run(_act(f"snooze {incident} for {span}", incident, context, kubeconfig, as_)))


@app.command()
def merge(
    incident: IdArgument,
    into: Annotated[str, typer.Argument(metavar="OTHER", help="The incident that it goes on as.")],
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
) -> None:
    """Two are one: its alerts go to the other, and it is closed."""
    raise typer.Exit(asyncio.run(_act(f"merge {incident} into {into}", incident, context, kubeconfig, as_)))


@app.command()
def close(
    incident: IdArgument,
    why: Annotated[str, typer.Option("--why", metavar="WHY", help="It stays in the record.")] = "",
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
) -> None:
    """It is over; its report goes where it was announced."""
    said = f"close {incident}{f': {why}' if why else ''}"
    raise typer.Exit(asyncio.run(_act(said, incident, context, kubeconfig, as_)))


async def _list(open_only: bool, output: Output, zone: str) -> None:
    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, card
    from graphs.words.incident import who

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        found = await store.incidents.list("open" if open_only else None)
    if output is Output.json:
        from dataclasses import asdict

        print_json([asdict(incident) for incident in found])
        return
    rows = tuple(
        (
            i.id,
            i.state,
            i.severity,
            who(i.owner or i.acknowledged_by),
            f"{i.opened_at.astimezone(reader):%Y-%m-%d %H:%M}",
            i.title,
        )
        for i in found
    )
    columns = ("ID", "STATE", "SEVERITY", "OWNER", "OPENED", "WHAT")
    print_card(card("Incidents", Table(columns, rows)), output, reader)


async def _show(incident: str, output: Output, zone: str) -> bool:
    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Facts, Table, card
    from graphs.reporting import gathered
    from graphs.words.incident import who
    from graphs.words.report import happened

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        found = await store.incidents.get(incident)
        if found is None:
            return False
        told = await gathered(store, found)
    if output is Output.json:
        from dataclasses import asdict

        print_json(asdict(found))
        return True
    facts = [
        ("Id", found.id),
        ("State", found.state),
        ("Severity", found.severity),
        ("Cause", found.cause_key.replace("|", " ")),
        ("Acknowledged by", who(found.acknowledged_by)),
        ("Owner", who(found.owner)),
        ("Announced in", "\n".join(found.announced)),
        ("Merged into", found.merged_into),
        ("Summary", found.summary),
    ]
    rows = tuple((f"{at.astimezone(reader):%Y-%m-%d %H:%M:%S}", what, words) for at, what, words in happened(told))
    known = Facts(tuple(fact for fact in facts if fact[1]))
    shown = card(found.title, known, Table(("WHEN", "WHAT", ""), rows, "Timeline"))
    print_card(shown, output, reader)
    return True


async def _report(incident: str, zone: str) -> bool:
    from datetime import UTC, datetime

    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from graphs.reporting import gathered
    from graphs.words.report import incident_report

    async with open_store(load_settings()) as store:
        found = await store.incidents.get(incident)
        if found is None:
            return False
        told = await gathered(store, found)
    typer.echo(incident_report(told, datetime.now(UTC), reader_zone(zone).key), nl=False)
    return True


async def _act(words: str, incident: str, context: str, kubeconfig: str, as_: str) -> Exit:
    """What somebody would say in its thread takes the same way from here; the answer is shown."""
    from bot.app import open_app
    from bot.cli.output import print_cards
    from bot.cli.speaking import speaker
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings

    reader = reader_zone("")
    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None)
    async with open_app(settings) as opened:
        who = await speaker(opened, settings, as_, reader)
        before = await opened.store.incidents.get(incident)
        if before is None:
            return _unknown(incident)
        replies = [reply async for reply in opened.dispatcher.handle(who.listener().says(words))]
        after = await opened.store.incidents.get(incident)
        print_cards([reply.card for reply in replies], Output.text, reader)
    return Exit.ok if after is not None and after.newest > before.newest else Exit.no


def _unknown(incident: str) -> Exit:
    typer.echo(f"hilda: There is no incident {incident!r}. `hilda incidents list` shows those there are.", err=True)
    return Exit.no
