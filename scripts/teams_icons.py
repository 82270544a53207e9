"""The two icons of the Teams app: `python scripts/teams_icons.py bot/doors/teams/icons`.

https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package: colour 192x192, outline 32x32
in white on nothing.
"""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

GROUND, WORD = (31, 42, 68, 255), (255, 255, 255, 255)
FINE = 8
"""Drawn so many times larger and made small, for smooth edges."""


def icon(size: int, *, outline: bool) -> Image.Image:
    """A speech bubble with a pulse in it: somebody who speaks and watches."""
    large = size * FINE
    picture = Image.new("RGBA", (large, large), (0, 0, 0, 0) if outline else GROUND)
    pen = ImageDraw.Draw(picture)
    unit = large / 32
    stroke = round(2 * unit)
    bubble = [4 * unit, 5 * unit, 28 * unit, 23 * unit]
    pen.rounded_rectangle(bubble, radius=4 * unit, outline=WORD, width=stroke)
    pen.polygon([(9 * unit, 22 * unit), (16 * unit, 22 * unit), (9 * unit, 28 * unit)], fill=WORD)
    pulse = [(7, 14), (11, 14), (13, 9), (16, 19), (18.5, 12), (20, 14), (25, 14)]
    pen.line([(x * unit, y * unit) for x, y in pulse], fill=WORD, width=stroke, joint="curve")
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    folder = Path(sys.argv[1])
    icon(192, outline=False).save(folder / "color.png", optimize=True)
    icon(32, outline=True).save(folder / "outline.png", optimize=True)


if __name__ == "__main__":
    main()
