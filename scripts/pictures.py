"""Pictures of the gallery's cards: SVG by rich, PNG by a headless Chromium where there is one.

python scripts/pictures.py FOLDER [--width 100] [--png] [CARD ...]
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from bot.doors.terminal.render import show
from bot.doors.terminal.view import View
from domain.cards import Card
from tests.gallery.cards import GALLERY

NIGHT = TerminalTheme(
    (22, 24, 33),
    (214, 219, 230),
    [
        (59, 66, 82),
        (224, 92, 101),
        (139, 196, 120),
        (229, 192, 107),
        (97, 160, 235),
        (190, 130, 225),
        (92, 196, 204),
        (200, 205, 216),
    ],
    [
        (98, 108, 130),
        (240, 113, 120),
        (160, 215, 140),
        (245, 210, 130),
        (130, 180, 250),
        (210, 155, 240),
        (120, 215, 222),
        (240, 243, 250),
    ],
)


def svg_of(card: Card, width: int) -> str:
    """The card as a terminal of that width shows it."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    show(card, console, View(width=width, zone=ZoneInfo("Europe/Berlin")))
    return _even(console.export_svg(title="hilda", theme=NIGHT, unique_id="hilda"))


def _even(svg: str) -> str:
    """A plot's blanks as blank braille: otherwise a fallback font with other widths would bend the line."""
    return re.sub(
        r">([^<]*[\u2801-\u28ff][^<]*)<", lambda text: f">{text.group(1).replace('&#160;', chr(0x2800))}<", svg
    )


def png_of(svg: Path, png: Path) -> None:
    """A screenshot of the SVG at its own size."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("No Chromium on PATH: install it, or leave --png off.")
    head = svg.read_text().split('viewBox="0 0 ', 1)[1].split('"', 1)[0].split()
    width, height = (int(float(number)) + 1 for number in head)
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--hide-scrollbars",
             f"--window-size={width},{height}", f"--screenshot={png}", svg.resolve().as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("cards", nargs="*", metavar="CARD")
    options.add_argument("--width", type=int, default=100)
    options.add_argument("--png", action="store_true")
    given = options.parse_intermixed_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.cards or GALLERY:
        svg = given.folder / f"{name}.svg"
        svg.write_text(svg_of(GALLERY[name], given.width))
        if given.png:
            png_of(svg, svg.with_suffix(".png"))


if __name__ == "__main__":
    main()
