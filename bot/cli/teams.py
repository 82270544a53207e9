"""`hilda teams`: the app package, and whether Teams is set up right."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import Plain, PlainOption

app = group("Microsoft Teams: the app package, and whether everything is set up right.")


@app.command()
def manifest(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.zip", help="Write the package here.")],
    site: Annotated[
        str, typer.Option("--site", metavar="URL", help="Your own page about Hilda, for the links that Teams demands.")
    ] = "https://example.com/hilda",
    name: Annotated[str, typer.Option("--name", help="What the app is called in your organisation.")] = "Hilda",
) -> None:
    """Make the app package for TEAMS_APP_ID, to upload under "Manage your apps" in Teams."""
    from bot.doors.teams.manifest import manifest as made
    from bot.doors.teams.manifest import package
    from bot.settings import load_settings
    from domain.errors import Misconfigured

    settings = load_settings()
    if not settings.teams_app_id:
        raise Misconfigured("Set TEAMS_APP_ID first: the bot's id (docs/teams.md says where it comes from).")
    try:
        output.write_bytes(package(made(settings.teams_app_id, site, name=name)))
    except OSError as unwritable:
        raise Misconfigured(f"{output} cannot be written: {unwritable.strerror}.") from unwritable
    typer.echo(f"wrote {output}")


@app.command()
def check(
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="The bot's messaging endpoint, https://…/api/messages.")
    ] = "",
    output: PlainOption = Plain.text,
) -> None:
    """Try credentials, keys and endpoint, and say what to mend. Exit 0 when nothing is broken, else 1."""
    raise typer.Exit(asyncio.run(_check(url, output)))


async def _check(url: str, output: Plain) -> Exit:
    from bot.cli.checks import show_checks
    from bot.settings import load_settings
    from domain.errors import ProgramsMissing

    try:
        from bot.doors.teams.check import Check
    except ModuleNotFoundError as missing:
        raise ProgramsMissing(f"Teams needs {missing.name}: pip install 'hilda-oncall[teams]'.") from missing
    return show_checks("Teams", await Check(load_settings(), url).run(), output)
