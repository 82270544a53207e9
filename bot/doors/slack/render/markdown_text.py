"""The Markdown of cards as rich text: bold, code, lists, quotes and links, and no other meaning."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.doors.card_markdown import inline, tokens_of
from bot.doors.slack.render import rich
from domain.plain_json import Json

if TYPE_CHECKING:
    from markdown_it.token import Token


def blocks_of(markdown: str) -> list[Json]:
    """One rich text block, or none where there is nothing to say."""
    elements = list(_joined(list(_blocks(iter(tokens_of(markdown)), ""))))
    return [rich.block(*elements)] if elements else []


def _joined(elements: list[Json]) -> Iterator[Json]:
    """Paragraphs that follow each other as one section with a blank line between: Slack shows none by itself."""
    paragraphs: list[Json] = []
    for element in elements:
        if element["type"] == "rich_text_section":
            paragraphs += [*rich.words("\n\n" if paragraphs else ""), *element["elements"]]
            continue
        if paragraphs:
            yield rich.section(paragraphs)
            paragraphs = []
        yield element
    if paragraphs:
        yield rich.section(paragraphs)


def _blocks(tokens: "Iterator[Token]", until: str, indent: int = 0) -> Iterator[Json]:
    for token in tokens:
        if token.type == until:
            return
        match token.type:
            case "paragraph_open" | "heading_open":
                found = _inline(next(tokens).children or [], bold=token.type == "heading_open")
                next(tokens)
                if found:
                    yield rich.section(found)
            case "bullet_list_open" | "ordered_list_open":
                yield from _list(tokens, token, indent)
            case "blockquote_open":
                yield rich.quote(_flat(list(_blocks(tokens, "blockquote_close"))))
            case "fence" | "code_block":
                yield rich.preformatted(token.content)
            case "hr":
                yield rich.section(rich.words("· · ·"))
            case _:
                continue


def _list(tokens: "Iterator[Token]", opening: "Token", indent: int) -> Iterator[Json]:
    """Slack's lists do not nest: an item with a list of its own ends one and begins the next."""
    style = "ordered" if opening.type == "ordered_list_open" else "bullet"
    items: list[list[Json]] = []
    offset = int(opening.attrs.get("start", 1)) - 1 if style == "ordered" else 0
    offset = max(offset, 0)
    for token in tokens:
        if token.type == opening.type.replace("open", "close"):
            break
        if token.type != "list_item_open":
            continue
        inner = list(_blocks(tokens, "list_item_close", indent + 1))
        own = [element for element in inner if element["type"] == "rich_text_section"]
        items.append(_flat(own))
        rest = [element for element in inner if element["type"] != "rich_text_section"]
        if rest:
            yield rich.bullets(items, style, indent, offset)  # type: ignore[arg-type]
            offset, items = offset + len(items) if style == "ordered" else 0, []
            yield from rest
    if items:
        yield rich.bullets(items, style, indent, offset)  # type: ignore[arg-type]


def _flat(elements: list[Json]) -> list[Json]:
    """The words of several elements, each on lines of its own."""
    found: list[Json] = []
    for element in elements:
        inner = element["elements"]
        if inner and inner[0]["type"] == "rich_text_section":
            inner = _flat(inner)
        found += [*rich.words("\n" if found else ""), *inner]
    return found


def _inline(children: "list[Token]", *, bold: bool) -> list[Json]:
    return inline(children, rich.words, rich.link, bold=bold)
