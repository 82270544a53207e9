"""Our own Slack payloads as pictures: `python scripts/slack_pictures.py FOLDER [NAME]...`; all unless named.

`--docs` in place of names: those that README and docs show, most of them out of a whole ladder (slack_ladder.py), for
which practice's programs are needed. All need Chromium (CHROMIUM, or chromium on PATH). They show how a card looks;
whether Slack takes it, the tests say.
"""

import asyncio
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageChops

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.doors.slack.render.card import draw
from bot.doors.slack.render.home import home_view
from bot.doors.slack.render.modals import About, form_view, pages, reading_view, reason_view
from bot.doors.slack.render.post import Post, View
from domain.cards import Card, Code
from scripts import slack_painter as painter
from scripts.slack_ladder import album
from tests.gallery.cards import GALLERY

ZONE = ZoneInfo("Europe/Berlin")
TALLEST = 3600


def bodies() -> Iterator[tuple[str, str]]:
    """Name and HTML of every picture."""
    for name, card in GALLERY.items():
        yield name, "".join(map(_post, draw(card, View(ZONE))))
    long = _long(GALLERY["proposal"])
    yield "long-proposal", "".join(map(_post, draw(long, View(ZONE))))
    what = About("approve", "p-77", "3f9ac2d1")
    for number in (0, len(pages(long)) - 1):
        yield f"long-proposal-page-{number + 1}", painter.view(reading_view(long, replace(what, page=number)))
    yield "edit-modal", painter.view(form_view(GALLERY["edit"], what))
    yield "reject-modal", painter.view(reason_view(GALLERY["proposal"], what, submit="Reject"))
    yield "home", painter.view(home_view([GALLERY["proposal"], GALLERY["healthy"]]))
    yield "chart-block", "".join(map(_post, draw(GALLERY["latency"], View(ZONE, chart_blocks=True))))


def _post(post: Post) -> str:
    pictures = {file.key: file.content() for file in post.files if file.is_picture}
    files = [(file.name, len(file.content())) for file in post.files if not file.is_picture]
    return painter.message(post.payload(), files, pictures)


def _long(card: Card) -> Card:
    script = "".join(f"kubectl -n shop rollout restart deployment/worker-{n}\n" for n in range(1, 120))
    head = "#!/usr/bin/env bash\nset -euo pipefail\n\n"
    parts = (replace(p, text=head + script) if isinstance(p, Code) and p.label == "Run" else p for p in card.parts)
    return replace(card, parts=tuple(parts))


def photograph(html: str, target: Path) -> None:
    """One page as a PNG, cut to what is on it."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(html)
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-background-networking",
        ]
        size = [f"--window-size=780,{TALLEST}", "--force-device-scale-factor=1.5", f"--screenshot={shot}"]
        subprocess.run([chromium, *options, *size, source.as_uri()], check=True, capture_output=True, timeout=60)
        picture = Image.open(io.BytesIO(shot.read_bytes())).convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((picture.width - 1, picture.height - 1)))
    box = ImageChops.difference(picture, ground).getbbox() or (0, 0, picture.width, 1)
    picture.crop((0, 0, picture.width, min(box[3] + 14, picture.height))).save(target, optimize=True)


def _documentation() -> str:
    root = Path(__file__).parent.parent
    return "".join(page.read_text() for page in (root / "README.md", *(root / "docs").glob("*.md")))


def main() -> None:
    folder, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    if wanted == {"--docs"}:
        for name, body in (dict(bodies()) | asyncio.run(album()).bodies).items():
            if f"slack-{name}.png" in _documentation():
                photograph(painter.page(body, dark=False), folder / f"slack-{name}.png")
        return
    for name, body in bodies():
        if wanted and name not in wanted:
            continue
        for theme in ("light", "dark"):
            target = folder / f"{name}.{theme}.png"
            photograph(painter.page(body, dark=theme == "dark"), target)
            print(f"wrote {target}")


if __name__ == "__main__":
    main()
