"""The Markdown of cards as rich text: bold, code, lists, quotes and links, and no other meaning."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.doors.card_markdown import inline, tokens_of
from bot.doors.teams.render import rich
from domain.plain_json import Json

if TYPE_CHECKING:
    from markdown_it.token import Token

INDENT = rich.HARD_BLANK * 4


def elements_of(markdown: str) -> list[Json]:
    """Elements of a card, none where there is nothing to say."""
    return list(_blocks(iter(tokens_of(markdown)), "", ""))


def _blocks(tokens: "Iterator[Token]", until: str, before: str) -> Iterator[Json]:
    """The elements up to the token `until`; `before` stands at the beginning of each line."""
    for token in tokens:
        if token.type == until:
            return
        match token.type:
            case "paragraph_open" | "heading_open":
                found = _inline(next(tokens).children or [], bold=token.type == "heading_open")
                next(tokens)
                yield from rich.paragraph(rich.words(before), found, close=bool(before))
            case "bullet_list_open" | "ordered_list_open":
                yield from _list(tokens, token, before)
            case "blockquote_open":
                yield {"type": "Container", "style": "emphasis", "items": list(_blocks(tokens, "blockquote_close", ""))}
            case "fence" | "code_block":
                yield {"type": "Container", "style": "emphasis", "items": rich.code_lines(token.content)}
            case "hr":
                yield from rich.paragraph(rich.words("· · ·", "subtle"))
            case _:
                continue


def _list(tokens: "Iterator[Token]", opening: "Token", before: str) -> Iterator[Json]:
    ordered = opening.type == "ordered_list_open"
    number = int(opening.attrs.get("start", 1)) if ordered else 0
    for token in tokens:
        if token.type == opening.type.replace("open", "close"):
            return
        if token.type != "list_item_open":
            continue
        mark = f"{number}. " if ordered else "• "
        number += 1
        for place, element in enumerate(_blocks(tokens, "list_item_close", INDENT)):
            yield _marked(element, f"{before}{mark}" if not place else before, first=not place)


def _marked(element: Json, mark: str, *, first: bool) -> Json:
    """The first line of an item with its mark in place of the indent; the others further in."""
    if element["type"] != "RichTextBlock":
        return element
    runs = list(element["inlines"])
    indented = bool(runs) and str(runs[0]["text"]).startswith(INDENT)
    if first and indented:
        runs = [*rich.words(mark), *_without_indent(runs)]
    elif mark:
        runs = [*rich.words(mark), *runs]
    return {**element, "inlines": runs}


def _without_indent(runs: list[Json]) -> list[Json]:
    head = {**runs[0], "text": str(runs[0]["text"]).removeprefix(INDENT)}
    return [head, *runs[1:]] if head["text"] else runs[1:]


def _inline(children: "list[Token]", *, bold: bool) -> list[Json]:
    return inline(children, rich.words, rich.link, bold=bold)
