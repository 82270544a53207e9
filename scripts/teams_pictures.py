"""Our own cards as Teams shows them: `python scripts/teams_pictures.py FOLDER [NAME]...`; all unless named.

Needs Chromium and, from npm, Microsoft's card library (`make teams-client`).
"""

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageChops

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.doors.teams.render.card import draw
from scripts import teams_painter as painter
from tests.gallery.cards import GALLERY

ZONE = ZoneInfo("Europe/Berlin")
DOCS = ("answer", "latency")
"""What docs/teams.md shows: `--docs` in place of names."""


def main() -> None:
    folder, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    for_docs = wanted == {"--docs"}
    for name, card in GALLERY.items():
        if wanted and name not in (DOCS if for_docs else wanted):
            continue
        cards = {f"{name}-{n}": post.card for n, post in enumerate(draw(card, ZONE))}
        for theme in ("light",) if for_docs else ("light", "dark"):
            target = folder / (f"teams-{name}.png" if for_docs else f"{name}.{theme}.png")
            painter.photograph(cards, target, dark=theme == "dark")
            _cut(target)
            print(f"wrote {target}")


def _cut(target: Path) -> None:
    """Without the empty rest of the page."""
    picture = Image.open(target).convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((picture.width - 1, picture.height - 1)))
    box = ImageChops.difference(picture, ground).getbbox() or (0, 0, picture.width, 1)
    picture.crop((0, 0, picture.width, min(box[3] + 14, picture.height))).save(target, optimize=True)


if __name__ == "__main__":
    main()
