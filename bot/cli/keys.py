"""`hilda keys`: keys for programs that speak to Hilda over HTTP. Every change is signed and audited."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import group
from bot.cli.options import Output, OutputOption

if TYPE_CHECKING:
    from datetime import datetime

    from store.keys import NewKey

app = group("Keys for programs that speak to Hilda over HTTP.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the key is for: small letters and dashes.")]
LastsOption = Annotated[str, typer.Option("--lasts", metavar="SPAN", help="As 90d; without it until revoked.")]


@app.command()
def make(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", help="viewer, developer, operator or admin.")] = "viewer",
    lasts: LastsOption = "",
) -> None:
    """A new key, shown this once. Needs an administrator."""
    asyncio.run(_make(name, role, lasts))


@app.command("list")
def list_keys(output: OutputOption = Output.text) -> None:
    """All keys, dead ones too; never their secrets."""
    asyncio.run(_list(output))


@app.command()
def rotate(
    name: NameArgument,
    overlap: Annotated[str, typer.Option("--overlap", metavar="SPAN", help="How long the old one goes on.")] = "24h",
    lasts: LastsOption = "",
) -> None:
    """A second key of that name and role; the old one goes on for a while. Needs an administrator."""
    asyncio.run(_rotate(name, overlap, lasts))


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME|ID", help="All keys of a name, or one by its id.")],
    why: Annotated[str, typer.Option("--why", help="For the record.")] = "",
) -> None:
    """Worth nothing from now on. Needs an administrator."""
    typer.echo(asyncio.run(_revoke(name, why)))


async def _make(name: str, role: str, lasts: str) -> None:
    from bot.cli.moments import span
    from bot.cli.roles import administrator, role_called
    from bot.cli.storing import open_store
    from bot.settings import load_settings

    settings, wanted = load_settings(), role_called(role)
    until = span(lasts, "--lasts") if lasts else None
    async with open_store(settings) as store:
        _show(await store.keys.make(name, wanted, await administrator(store, settings), lasts=until))


async def _rotate(name: str, overlap: str, lasts: str) -> None:
    from bot.cli.moments import span
    from bot.cli.roles import administrator
    from bot.cli.storing import open_store
    from bot.settings import load_settings

    settings = load_settings()
    both, until = span(overlap, "--overlap"), span(lasts, "--lasts") if lasts else None
    async with open_store(settings) as store:
        by = await administrator(store, settings)
        _show(await store.keys.rotate(name, by, overlap=both, lasts=until))


async def _revoke(name: str, why: str) -> str:
    from bot.cli.roles import administrator
    from bot.cli.storing import open_store
    from bot.settings import load_settings
    from domain.errors import NotAllowed

    settings = load_settings()
    async with open_store(settings) as store:
        number = await store.keys.revoke(name, await administrator(store, settings), why)
    if not number:
        raise NotAllowed(f"There is no living key called {name!r}: `hilda keys list` shows them.")
    return f"{number} key{'s' if number > 1 else ''} of {name} revoked."


def _show(new: "NewKey") -> None:
    """The secret alone on standard output, so that it can be piped to where it belongs."""
    until = f", until {_written(new.key.expires_at)}" if new.key.expires_at else ""
    typer.echo(f"Key {new.key.id} for {new.key.name}, {new.key.role.name}{until}. It is shown this once:", err=True)
    typer.echo(new.secret)


async def _list(output: Output) -> None:
    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, Text, card

    async with open_store(load_settings()) as store:
        keys = await store.keys.list()
    columns = ("NAME", "ID", "ROLE", "STATE", "MADE", "EXPIRES", "LAST USED", "MADE BY")
    rows = tuple(
        (
            key.name,
            key.id,
            key.role.name,
            "alive" if key.alive else "revoked" if key.revoked_at else "expired",
            _written(key.made_at),
            _written(key.expires_at),
            _written(key.used_at),
            key.made_by,
        )
        for key in keys
    )
    if output is Output.json:
        print_json([dict(zip((name.lower().replace(" ", "_") for name in columns), row, strict=True)) for row in rows])
        return
    none = Text("There is no key yet: `hilda keys make NAME` makes one.")
    print_card(card("API keys", Table(columns, rows) if rows else none), output, reader_zone())


def _written(at: "datetime | None") -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else ""
