"""Every card of the gallery looks as its golden files say, in every form that the terminal has.

After a visible change: `pytest tests/gallery --refresh-gallery`, then read `git diff tests/gallery/golden`.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from bot.doors.terminal.as_json import card_as_json
from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.render import as_text, show
from bot.doors.terminal.view import View
from domain.cards import Card
from tests.gallery.cards import GALLERY

GOLDEN = Path(__file__).parent / "golden"
ZONE = ZoneInfo("Europe/Berlin")
PIPED = View(interactive=False, colour=False, zone=ZONE)


def in_colour(card: Card) -> str:
    """ANSI escapes written out, so that the golden file can be read and searched."""
    console = Console(width=100, file=io.StringIO(), force_terminal=True, color_system="standard", legacy_windows=False)
    with console.capture() as captured:
        show(card, console, View(width=100, zone=ZONE))
    return captured.get().replace("\x1b", "^[")


FORMS: dict[str, Callable[[Card], str]] = {
    "narrow.txt": lambda card: as_text(card, View(width=60, zone=ZONE)),
    "wide.txt": lambda card: as_text(card, View(width=160, zone=ZONE)),
    "ascii.txt": lambda card: as_text(card, View(width=80, unicode=False, zone=ZONE)),
    "piped.txt": lambda card: as_text(card, PIPED),
    "colour.txt": in_colour,
    "md": lambda card: as_markdown(card, PIPED),
    "json": lambda card: json.dumps(card_as_json(card), indent=1, ensure_ascii=False) + "\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", GALLERY)
def test_the_card_looks_as_agreed(name: str, form: str, pytestconfig: pytest.Config) -> None:
    """What people see changes only together with the golden file that a reviewer reads."""
    golden = GOLDEN / f"{name}.{form}"

    drawn = FORMS[form](GALLERY[name])
    if pytestconfig.getoption("--refresh-gallery", default=False):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(drawn)

    assert drawn == golden.read_text(), f"see {__doc__}"


def test_no_golden_file_is_left_behind() -> None:
    """Golden files and gallery name the same cards."""
    expected = {f"{name}.{form}" for name in GALLERY for form in FORMS}

    assert {path.name for path in GOLDEN.iterdir()} == expected
