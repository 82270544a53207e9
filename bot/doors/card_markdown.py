"""The small Markdown of cards, parsed the same way by every door."""

from functools import cache
from typing import TYPE_CHECKING

from domain.visible import prose

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


def tokens_of(markdown: str) -> "list[Token]":
    """Block tokens of a card's text. Nothing a log line might contain is taken for markup and lost."""
    return _parser().parse(prose(markdown))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # `[error]: no such host` is a link definition to Markdown and `<none>` is HTML: a log line would vanish.
    return MarkdownIt("commonmark").disable(
        ["reference", "html_block", "html_inline", "entity", "lheading", "autolink", "image"]
    )
