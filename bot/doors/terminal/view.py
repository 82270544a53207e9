"""What a reader's terminal can show: everything that drawing a card depends on besides the card."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

READABLE = 100
"""Longer lines of prose are hard to read, however wide the window is."""


@dataclass(frozen=True, slots=True)
class View:
    width: int = READABLE
    interactive: bool = True
    """A person watches; otherwise it goes to a file or another program: no rules, no padding, no folded tables."""
    colour: bool = True
    unicode: bool = True
    zone: tzinfo = UTC
    """The reader's own; every time that is drawn is in it."""

    @property
    def dot(self) -> str:
        return " · " if self.unicode else " | "

    @property
    def arrow(self) -> str:
        return "→" if self.unicode else "->"

    @property
    def prose_width(self) -> int:
        return min(self.width, READABLE)
