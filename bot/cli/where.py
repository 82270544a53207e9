"""`hilda where`: where Hilda keeps what."""

from pathlib import Path

from bot.cli.command import command
from bot.cli.options import Output, OutputOption

app = command()


@app.command()
def where(output: OutputOption = Output.text) -> None:
    """Where Hilda keeps what: settings, database, audit key, runbooks, caches. Nothing secret is shown."""
    from bot.cli.output import print_card, print_json
    from bot.doors.terminal.identity import person_here
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings, settings_file
    from domain.cards import Facts, card
    from store.address import read_address

    settings = load_settings()
    address = read_address(settings.database)
    places = {
        "you": str(person_here(settings.state_folder)),
        "settings": _found(settings_file()),
        "database": address.shown,
        "audit key": _found(settings.audit_key),
        "state": _found(settings.state_folder),
        "cache": _found(settings.cache_folder),
        "history": _found(settings.state_folder / "chat_history"),
        "own runbooks": str(settings.runbooks) if settings.runbooks else "none; set HILDA_RUNBOOKS",
    }
    if output is Output.json:
        print_json(places)
        return
    print_card(card("Where Hilda keeps what", Facts(tuple(places.items()))), output, reader_zone())


def _found(path: Path) -> str:
    return str(path) if path.exists() else f"{path} (not there yet)"
