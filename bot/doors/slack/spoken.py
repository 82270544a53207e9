"""Slack's way of writing messages, read back as the words a person meant."""

import html
import re
from collections.abc import Iterator

from domain.plain_json import Json

_MARKUP = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def plain(text: str, bot_user: str = "") -> str:
    """The text without Slack's escapes and links; a mention of the bot itself is left out."""
    said = _MARKUP.sub(lambda found: _words_of(found[1], found[2] or "", bot_user), text)
    return html.unescape(said).replace("\N{NO-BREAK SPACE}", " ").strip()


def whole(message: Json, bot_user: str = "") -> str:
    """Everything a message says: its text, and what alerts keep in attachments and blocks."""
    text = plain(str(message.get("text") or ""), bot_user)
    lines = [text] if text else [plain(line, bot_user) for line in _texts(message.get("blocks"))]
    for attachment in message.get("attachments") or ():
        if isinstance(attachment, dict):
            lines += [plain(line, bot_user) for line in _of_attachment(attachment)]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _words_of(what: str, label: str, bot_user: str) -> str:
    if what.startswith("@"):
        return "" if what[1:] == bot_user else f"@{label or what[1:]}"
    if what.startswith("#"):
        return f"#{label or what[1:]}"
    if what.startswith("!"):
        return label or f"@{what[1:].partition('^')[0]}"
    # Slack makes links of everything that looks like a host: people typed the label.
    if not label or label in what:
        return label or what
    return f"{label} ({what})"


def _of_attachment(attachment: Json) -> Iterator[str]:
    said = [str(attachment.get(name) or "") for name in ("pretext", "title", "text")]
    fields = [field for field in attachment.get("fields") or () if isinstance(field, dict)]
    said += [f"{field.get('title', '')}: {field.get('value', '')}".strip(": ") for field in fields]
    said += _texts(attachment.get("blocks"))
    yield from said if any(said) else [str(attachment.get("fallback") or "")]


def _texts(value: object) -> Iterator[str]:
    """Every text in blocks, in order."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "text" and isinstance(item, str):
                yield item
            elif isinstance(item, list | dict):
                yield from _texts(item)
