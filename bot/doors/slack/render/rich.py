"""Slack's rich text, element by element: nothing in it is parsed, so no text can become markup or a mention."""

import re
from datetime import UTC, datetime
from typing import Literal

from domain.plain_json import Json
from domain.visible import exact, one_line, prose

Style = Literal["bold", "italic", "strike", "code"]

DAY_AND_TIME = "{date_num} {time_secs}"
LONGEST_URL = 3000
_LINK = re.compile(r"(https?|mailto):[^\s<>|\"]+", re.IGNORECASE)


def words(text: str, *styles: Style) -> list[Json]:
    """`text` as it reads, whatever steers a line shown as an escape; nothing for an empty one."""
    shown = prose(text)
    if not shown:
        return []
    return [{"type": "text", "text": shown, "style": dict.fromkeys(styles, True)} if styles else _text(shown)]


def link(url: str, label: str = "", *styles: Style) -> list[Json]:
    """A link where `url` is one that Slack follows, else label and address as words."""
    if not follows(url):
        return words(label, *styles) + words(f" ({url})" if label and url != label else url if not label else "")
    element: Json = {"type": "link", "url": url}
    if label.strip() and label != url:
        element["text"] = one_line(label)
    if styles:
        element["style"] = dict.fromkeys(styles, True)
    return [element]


def follows(url: str) -> bool:
    """Whether this is an address to link to, in characters that everybody can see."""
    return len(url) <= LONGEST_URL and _LINK.fullmatch(url) is not None and url.isascii() and url.isprintable()


def user(user_id: str) -> Json:
    """Somebody by id, shown by the name that they go by today."""
    return {"type": "user", "user_id": user_id}


def moment(at: datetime, form: str = DAY_AND_TIME) -> Json:
    """A time that each reader sees in their own zone."""
    return {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": utc(at)}


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements}


def quote(elements: list[Json]) -> Json:
    return {"type": "rich_text_quote", "elements": elements}


def bullets(items: list[list[Json]], style: Literal["bullet", "ordered"], indent: int = 0, offset: int = 0) -> Json:
    found: Json = {"type": "rich_text_list", "style": style, "elements": [section(item) for item in items]}
    found |= {"indent": indent} if indent else {}
    return found | ({"offset": offset} if offset else {})


def preformatted(text: str) -> Json:
    """Exact characters to copy; a trailing line break is Slack's own."""
    return {"type": "rich_text_preformatted", "elements": [_text(exact(text).removesuffix("\n") or " ")]}


def block(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def paragraph(*elements: list[Json]) -> Json:
    """One block with one section of all these."""
    return block(section([element for several in elements for element in several]))


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
