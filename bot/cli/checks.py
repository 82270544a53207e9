"""What a look at a platform's set-up found, printed: a table, and below it what to mend."""

from collections.abc import Sequence
from dataclasses import asdict

from bot.cli.exits import Exit
from bot.cli.options import Output, Plain
from bot.cli.output import print_card, print_json
from bot.doors.checked import Checked
from bot.doors.terminal.zones import reader_zone
from domain.cards import Facts, Table, card

_MARKS = {"fine": "✔", "absent": "–", "broken": "✖"}


def show_checks(platform: str, found: Sequence[Checked], output: Plain) -> Exit:
    """Print it; `no` when something is broken."""
    broken = [one for one in found if one.state == "broken"]
    if output is Plain.json:
        print_json({"ok": not broken, "checks": [asdict(one) for one in found]})
        return Exit.no if broken else Exit.ok
    table = Table(("", "WHAT", "FOUND"), tuple((_MARKS[one.state], one.what, one.found) for one in found))
    fixes = tuple((one.what, one.fix) for one in found if one.fix and one.state != "fine")
    title = f"{len(broken)} to mend" if broken else f"{platform} is set up"
    parts = (table, Facts(fixes)) if fixes else (table,)
    print_card(card(title, *parts, tone="bad" if broken else "good"), Output.text, reader_zone())
    return Exit.no if broken else Exit.ok
