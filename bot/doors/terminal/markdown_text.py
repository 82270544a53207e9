"""Our small Markdown as lines of styled text. Nothing a log line might contain is taken for markup and lost."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.doors.card_markdown import tokens_of

if TYPE_CHECKING:
    from markdown_it.token import Token


def draw_markdown(markdown: str, *, unicode: bool = True) -> RenderableType:
    """Paragraphs, lists, quotes and code of `markdown`; links show where they lead."""
    tokens = iter(tokens_of(markdown))
    blocks = list(_blocks(tokens, "", "•" if unicode else "-"))
    return Group(*_spaced(blocks))


def _spaced(blocks: list[tuple[str, RenderableType]]) -> Iterator[RenderableType]:
    for number, (_, block) in enumerate(blocks):
        if number:
            yield Text("")
        yield block


def _blocks(tokens: "Iterator[Token]", until: str, bullet: str) -> Iterator[tuple[str, RenderableType]]:
    """(kind, drawn) for each block up to the token `until`."""
    for token in tokens:
        if token.type == until:
            return
        match token.type:
            case "paragraph_open" | "heading_open":
                inline = next(tokens)
                next(tokens)
                text = _inline(inline.children or [])
                if token.type == "heading_open":
                    text.stylize("bold")
                yield "text", text
            case "bullet_list_open" | "ordered_list_open":
                yield "list", _list(tokens, token, bullet)
            case "blockquote_open":
                inner = list(_blocks(tokens, "blockquote_close", bullet))
                yield "quote", Padding(Group(*_spaced(inner)), (0, 0, 0, 2), style="italic", expand=False)
            case "fence" | "code_block":
                yield "code", Padding(Text(token.content.rstrip("\n"), style="cyan"), (0, 0, 0, 2), expand=False)
            case "hr":
                yield "rule", Text("· · ·", style="dim")
            case _:
                continue


def _list(tokens: "Iterator[Token]", opening: "Token", bullet: str) -> RenderableType:
    ordered = opening.type == "ordered_list_open"
    number = int(opening.attrs.get("start", 1)) if ordered else 0
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for token in tokens:
        if token.type == opening.type.replace("open", "close"):
            break
        if token.type == "list_item_open":
            inner = list(_blocks(tokens, "list_item_close", bullet))
            marker = Text(f"{number}." if ordered else bullet, style="dim")
            grid.add_row(marker, Group(*(block for _, block in inner)))
            number += 1
    return grid


def _inline(children: "list[Token]") -> Text:
    text = Text(overflow="fold")
    styles: list[str] = []
    link = ""
    began = 0
    for child in children:
        match child.type:
            case "strong_open":
                styles.append("bold")
            case "em_open":
                styles.append("italic")
            case "strong_close" | "em_close":
                styles.pop()
            case "code_inline":
                text.append(child.content, style=" ".join([*styles, "cyan"]))
            case "softbreak" | "hardbreak":  # As in any chat: a new line is meant as one.
                text.append("\n")
            case "link_open":
                link = " ".join(str(child.attrs[key]) for key in ("href", "title") if child.attrs.get(key))
                began = len(text.plain)
            case "link_close":
                if text.plain[began:] != link:
                    text.append(" (")
                    text.append(link, style="underline")
                    text.append(")")
            case _:
                text.append(child.content, style=" ".join(styles) or "")
    return text
