"""Lines as they are copied: never wrapped or cut where exact, never padded with blanks where laid out."""

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text


class ExactLines:
    """A rich renderable: the terminal itself folds a long line, and copying it gives one line."""

    def __init__(self, text: Text, indent: int = 0) -> None:
        self.text = text
        self.indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        base = console.get_style(self.text.style) if self.text.style else None
        for line in self.text.split("\n", allow_blank=True):
            if self.indent and line.plain:
                yield Segment(" " * self.indent)
            line.style = ""
            yield from Segment.apply_style(line.render(console, end="\n"), base)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, options.max_width)


class Trimmed:
    """A laid-out renderable without the blanks that fill its lines to the right edge."""

    def __init__(self, inner: RenderableType, width: int) -> None:
        self.inner = inner
        self.width = width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(
            self.inner, options.update_width(min(self.width, options.max_width)), pad=False
        ):
            yield from _without_trailing_blanks(line)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, min(self.width, options.max_width))


def _without_trailing_blanks(line: Sequence[Segment]) -> Sequence[Segment]:
    kept = list(line)
    while kept:
        last = kept.pop()
        if text := last.text.rstrip(" "):
            return [*kept, Segment(text, last.style)]
    return kept
