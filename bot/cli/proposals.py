"""`hilda proposals`: scripts that wait for a person; read them, decide about them."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import AsOption, ContextOption, KubeconfigOption, Output, OutputOption, ZoneOption
from domain.proposals import Ended

if TYPE_CHECKING:
    from domain.cards import Action
    from store.ledger.records import ProposalRecord
    from store.record import Store

app = group("Scripts that wait for a person: read them, decide about them.")

PREFIX = 12
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `hilda proposals list` shows it.")]
OnlyArgument = Annotated[
    str, typer.Argument(metavar="[ID]", help="As `hilda proposals list` shows it; the only one that waits needs none.")
]
DigestOption = Annotated[
    str, typer.Option("--digest", metavar="HEX", help="The first 12 digits, as `show` prints them: it is these bytes.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; it stays in the record.")]


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", "-a", help="Also those that are decided, run or expired.")] = False,
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """Proposals that wait for a decision, newest first."""
    asyncio.run(_list(all_, output, zone))


@app.command()
def show(id_: OnlyArgument = "", output: OutputOption = Output.text, zone: ZoneOption = "") -> None:
    """One proposal whole: every byte that would run, what it may change, who decided what."""
    if not asyncio.run(_show(id_, output, zone)):
        raise typer.Exit(_unknown(id_))


@app.command()
def approve(
    id_: OnlyArgument = "",
    digest: DigestOption = "",
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
    zone: ZoneOption = "",
) -> None:
    """Say yes to exactly the bytes shown. Asks for a typed word unless --digest proves that they were read."""
    raise typer.Exit(asyncio.run(_decide("approve", id_, digest, {}, context, kubeconfig, as_, zone)))


@app.command()
def reject(
    id_: OnlyArgument = "",
    reason: ReasonOption = "",
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
    zone: ZoneOption = "",
) -> None:
    """Say no. That is final."""
    raise typer.Exit(asyncio.run(_decide("reject", id_, "", {"reason": reason}, context, kubeconfig, as_, zone)))


@app.command()
def revoke(
    id_: IdArgument,
    reason: ReasonOption = "",
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
    zone: ZoneOption = "",
) -> None:
    """Take it back, whether approved or not, as long as it has not begun."""
    raise typer.Exit(asyncio.run(_decide("revoke", id_, "", {"reason": reason}, context, kubeconfig, as_, zone)))


@app.command()
def settle(
    id_: IdArgument,
    ended: Annotated[Ended, typer.Argument(metavar="ran|did-not-run", help="What you found out.")],
    why: Annotated[str, typer.Option("--why", metavar="WHY", help="How you know; it stays in the record.")],
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    as_: AsOption = "",
    zone: ZoneOption = "",
) -> None:
    """Say how a run ended whose executor was lost. Once; nothing runs because of it."""
    values = {"ended": ended.value, "reason": why}
    raise typer.Exit(asyncio.run(_decide("settle", id_, "", values, context, kubeconfig, as_, zone)))


async def _list(all_: bool, output: Output, zone: str) -> None:
    from bot.cli.output import print_card, print_json
    from bot.cli.proposal_card import record_as_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, card
    from domain.proposals import ProposalState

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        records = await store.proposals.list(None if all_ else ProposalState.proposed)
    if output is Output.json:
        print_json([record_as_json(record) for record in records])
        return
    rows = tuple(
        (
            record.proposal.id,
            str(record.state),
            record.proposal.risk.name,
            record.digest[:PREFIX],
            record.proposal.requester.id,
            f"{record.proposal.expires_at.astimezone(reader):%H:%M}",
            record.proposal.title,
        )
        for record in records
    )
    columns = ("ID", "STATE", "RISK", "DIGEST", "REQUESTED BY", "UNTIL", "WHAT")
    print_card(card("Proposals", Table(columns, rows)), output, reader)


async def _show(id_: str, output: Output, zone: str) -> bool:
    from bot.cli.output import print_card, print_json
    from bot.cli.proposal_card import record_as_json, record_card
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings

    reader = reader_zone(zone)
    async with open_store(load_settings()) as store:
        record = await store.proposals.get(id_ or await _the_only_one(store))
    if record is None:
        return False
    if output is Output.json:
        print_json(record_as_json(record))
    else:
        print_card(record_card(record, reader.key), output, reader)
    return True


async def _decide(
    action: "Action",
    id_: str,
    digest: str,
    values: dict[str, str],
    context: str,
    kubeconfig: str,
    as_: str,
    zone: str,
) -> Exit:
    """The decision takes the way of every button: through the dispatcher, whose answer is shown."""
    from bot.app import open_app
    from bot.cli.output import print_cards
    from bot.cli.speaking import speaker
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings

    reader = reader_zone(zone)
    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None)
    async with open_app(settings) as opened:
        who = await speaker(opened, settings, as_, reader)
        id_ = id_ or await _the_only_one(opened.store)
        record = await opened.store.proposals.get(id_)
        if record is None:
            return _unknown(id_)
        if action == "approve" and not _has_read(record, digest, reader.key):
            return Exit.no
        prefix = digest or record.digest[:PREFIX]
        pressed = who.listener().fills(action, id_, {**values, "digest_prefix": prefix})
        replies = [reply async for reply in opened.dispatcher.handle(pressed)]
        after = await opened.store.proposals.get(id_)
        print_cards([reply.card for reply in replies], Output.text, reader)
    assert after is not None
    counted = any(decision.person == who.person for decision in after.decisions) or after.state != record.state
    typer.echo(f"{id_} is {after.state}.")
    return Exit.ok if counted else Exit.no


async def _the_only_one(store: "Store") -> str:
    """The id of what waits for a decision, where nobody has to ask which."""
    from domain.errors import Misconfigured
    from domain.proposals import ProposalState

    waiting = await store.proposals.list(ProposalState.proposed)
    if len(waiting) != 1:
        said = f"{len(waiting)} proposals wait, so say which" if waiting else "No proposal waits for a decision"
        raise Misconfigured(f"{said}: `hilda proposals list` shows them.")
    return waiting[0].proposal.id


def _has_read(record: "ProposalRecord", digest: str, zone: str) -> bool:
    """Whether the person has seen the bytes: they name their digest, or see them now and type the word."""
    from bot.cli.output import print_card
    from bot.cli.proposal_card import record_card
    from bot.doors.terminal.zones import reader_zone

    if len(digest) >= PREFIX:
        return True  # Whether it is the right digest is for the record to say.
    if not sys.stdin.isatty():
        typer.echo(f"hilda: Name the bytes you approve: --digest, {PREFIX} digits, as `show` prints them.", err=True)
        return False
    print_card(record_card(record, zone), Output.text, reader_zone(zone))
    return str(typer.prompt("Type approve to run exactly this")).strip().lower() == "approve"


def _unknown(id_: str) -> Exit:
    typer.echo(f"hilda: There is no proposal {id_!r}. `hilda proposals list --all` shows those there are.", err=True)
    return Exit.no
