"""`hilda slack`: the app's manifest, and whether Slack is set up right."""

import asyncio
import os
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import Plain, PlainOption

app = group("Slack: the app's manifest, and whether everything is set up right.")


class Form(StrEnum):
    yaml = "yaml"
    json = "json"


UrlOption = Annotated[
    str,
    typer.Option("--url", metavar="URL", help="For HTTP: where Slack reaches `hilda serve`, https://…/slack/events."),
]


@app.command()
def manifest(
    url: UrlOption = "",
    name: Annotated[str, typer.Option("--name", help="What the app is called in your workspace.")] = "Hilda",
    output: Annotated[Form, typer.Option("--output", "-o", help="Slack takes both.")] = Form.yaml,
) -> None:
    """Print the app's manifest, to paste under "From a manifest" at api.slack.com/apps. Socket Mode without --url."""
    import yaml

    from bot.cli.output import print_json
    from bot.doors.slack.manifest import manifest as made
    from domain.errors import Misconfigured

    if url and not url.startswith("https://"):
        raise Misconfigured("Slack sends to https:// only. Behind a firewall leave --url out: that is Socket Mode.")
    if not 0 < len(name) <= 35:
        raise Misconfigured("Slack takes names of 1 to 35 characters.")
    if output is Form.json:
        print_json(made(request_url=url, name=name))
    else:
        typer.echo(
            yaml.safe_dump(made(request_url=url, name=name), sort_keys=False, allow_unicode=True, width=110), nl=False
        )


@app.command()
def check(url: UrlOption = "", output: PlainOption = Plain.text) -> None:
    """Try tokens, scopes, signing secret and events, and say what to mend. Exit 0 when nothing is broken, else 1."""
    raise typer.Exit(asyncio.run(_check(url, output)))


async def _check(url: str, output: Plain) -> Exit:
    from bot.cli.checks import show_checks
    from bot.settings import load_settings
    from domain.errors import ProgramsMissing

    try:
        from bot.doors.slack.check import Check
    except ModuleNotFoundError as missing:
        raise ProgramsMissing(f"Slack needs {missing.name}: pip install 'hilda-oncall[slack]'.") from missing

    found = await Check(load_settings(), url, os.environ.get("SLACK_CONFIG_TOKEN", "")).run()
    return show_checks("Slack", found, output)
