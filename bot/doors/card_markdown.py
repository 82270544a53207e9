"""The small Markdown of cards, parsed the same way by every door."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from domain.plain_json import Json
from domain.visible import prose

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


def tokens_of(markdown: str) -> "list[Token]":
    """Block tokens of a card's text. Nothing a log line might contain is taken for markup and lost."""
    return _parser().parse(prose(markdown))


def inline(
    children: "Sequence[Token]", words: Callable[..., list[Json]], link: Callable[..., list[Json]], *, bold: bool
) -> list[Json]:
    """What stands in one paragraph, as a platform's rich text has it.

    `words(text, *styles)` makes its elements, `link(url, label, *styles)` its links; a style is `bold`, `italic` or
    `code`.
    """
    found: list[Json] = []
    styles = ["bold"] if bold else []
    url, label = "", ""
    in_link = False
    for child in children:
        match child.type:
            case "strong_open":
                styles.append("bold")
            case "em_open":
                styles.append("italic")
            case "strong_close" | "em_close":
                styles.pop()
            case "link_open":
                in_link, label = True, ""
                url = " ".join(str(child.attrs[key]) for key in ("href", "title") if child.attrs.get(key))
            case "link_close":
                in_link = False
                found += link(url, label, *dict.fromkeys(styles))
            case "softbreak" | "hardbreak":
                found += words("\n")
            case _ if in_link:
                label += child.content
            case "code_inline":
                found += words(child.content, *dict.fromkeys([*styles, "code"]))
            case _:
                found += words(child.content, *dict.fromkeys(styles))
    return found


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # `[error]: no such host` is a link definition to Markdown and `<none>` is HTML: a log line would vanish.
    return MarkdownIt("commonmark").disable(
        ["reference", "html_block", "html_inline", "entity", "lheading", "autolink", "image"]
    )
