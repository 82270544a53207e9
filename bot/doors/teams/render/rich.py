"""Rich text of Adaptive Cards, run by run: nothing in it is parsed, so no text can become markup or a mention."""

import re
from datetime import UTC, datetime
from typing import Literal

from domain.plain_json import Json
from domain.visible import exact, one_line, prose

Style = Literal["bold", "italic", "strike", "code", "subtle"]

_STYLES: dict[Style, Json] = {
    "bold": {"weight": "Bolder"},
    "italic": {"italic": True},
    "strike": {"strikethrough": True},
    "code": {"fontType": "Monospace"},
    "subtle": {"isSubtle": True},
}
LONGEST_URL = 2000
_LINK = re.compile(r"(https?|mailto):[^\s<>|\"]+", re.IGNORECASE)
_BLANKS = re.compile(r"^ +| {2,}")
HARD_BLANK = "\u00a0"
"""Shown where a blank would be lost: at the beginning of a line of code and where several stand together."""


def words(text: str, *styles: Style) -> list[Json]:
    """`text` as it reads, whatever steers a line shown as an escape; its line breaks are `lines`' business."""
    shown = prose(text)
    if not shown:
        return []
    run: Json = {"type": "TextRun", "text": shown}
    for style in styles:
        run |= _STYLES[style]
    return [run]


def link(url: str, label: str = "", *styles: Style) -> list[Json]:
    """A link where `url` is one that can be followed, else label and address as words."""
    if not follows(url):
        return words(label, *styles) + words(f" ({url})" if label and url != label else url if not label else "")
    (run,) = words(one_line(label) or url, *styles)
    return [run | {"selectAction": {"type": "Action.OpenUrl", "url": url}}]


def follows(url: str) -> bool:
    """Whether this is an address to link to, in characters that everybody can see."""
    return len(url) <= LONGEST_URL and _LINK.fullmatch(url) is not None and url.isascii() and url.isprintable()


def block(runs: list[Json], *, close: bool = False) -> Json:
    """One paragraph; `close`: without room above it."""
    found: Json = {"type": "RichTextBlock", "inlines": runs}
    return found | ({"spacing": "None"} if close else {})


def paragraph(*runs: list[Json], close: bool = False) -> list[Json]:
    """The runs as blocks, one for each line: inside one Teams shows no line break."""
    lines: list[list[Json]] = [[]]
    for run in (run for several in runs for run in several):
        first, *more = str(run["text"]).split("\n")
        lines[-1] += [run | {"text": first}] if first else []
        lines += [[run | {"text": text}] if text else [] for text in more]
    shown = [line for line in lines if line]
    return [block(line, close=close or number > 0) for number, line in enumerate(shown)]


def code_lines(text: str) -> list[Json]:
    """Exact characters line by line in a fixed-width font; blanks that would be lost are hard ones."""
    lines = exact(text).removesuffix("\n").replace("\t", "    ").split("\n")
    return [
        block([{"type": "TextRun", "text": _kept(line) or HARD_BLANK, "fontType": "Monospace"}], close=True)
        for line in lines
    ]


def moment(at: datetime) -> str:
    """A time that each reader sees in their own zone; only a TextBlock understands it."""
    stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"{{{{DATE({stamp},COMPACT)}}}} {{{{TIME({stamp})}}}}"


def text_block(text: str, **more: object) -> Json:
    """A TextBlock of our own words: what it holds is read as Markdown, so nothing that others wrote goes in here."""
    return {"type": "TextBlock", "text": text, "wrap": True, **more}


def _kept(line: str) -> str:
    return _BLANKS.sub(lambda found: HARD_BLANK * len(found.group()), line)
