"""`hilda doctor`: is everything here that Hilda needs? Each gap with its fix."""

import asyncio

import typer

from bot.cli.command import command
from bot.cli.exits import Exit
from bot.cli.options import ContextOption, KubeconfigOption, Output, OutputOption

app = command()


@app.command()
def doctor(context: ContextOption = "", kubeconfig: KubeconfigOption = "", output: OutputOption = Output.text) -> None:
    """Look at everything Hilda relies on. Exit 0 when all that is needed works, 1 when something does not."""
    raise typer.Exit(asyncio.run(_doctor(context, kubeconfig, output)))


async def _doctor(context: str, kubeconfig: str, output: Output) -> Exit:
    from bot.cli.examinations import examine
    from bot.cli.output import print_card, print_json
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Facts, Table, card

    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None)
    found = await examine(settings)
    broken = [one for one in found if one.state == "broken"]
    if output is Output.json:
        print_json({"ok": not broken, "checks": [one.as_json() for one in found]})
        return Exit.no if broken else Exit.ok
    rows = tuple((one.mark, one.what, one.found) for one in found)
    fixes = tuple((one.what, one.fix) for one in found if one.fix and one.state != "fine")
    title = f"{len(broken)} to mend" if broken else "Everything needed is here"
    table = Table(("", "WHAT", "FOUND"), rows)
    parts = (table, Facts(fixes)) if fixes else (table,)
    print_card(card(title, *parts, tone="bad" if broken else "good"), output, reader_zone())
    return Exit.no if broken else Exit.ok
