"""Code that people copy or approve: exact, highlighted where that changes no character."""

from rich.console import Group, RenderableType
from rich.text import Text

from bot.doors.terminal.exact_lines import ExactLines
from domain.cards import Code
from domain.risk import Risk
from domain.visible import exact, is_exact, one_line

RISKS: dict[Risk, str] = {
    Risk.read: "green",
    Risk.low: "cyan",
    Risk.medium: "yellow",
    Risk.high: "bold red",
    Risk.forbidden: "bold bright_white on red",
}


def draw_code(part: Code) -> RenderableType:
    """Label and risk on a line of their own, then the bytes from the first column on."""
    return Group(*_heading(part), ExactLines(_highlighted(exact(part.text.removesuffix("\n")), part.language)))


def _heading(part: Code) -> list[Text]:
    heading = Text.assemble((one_line(part.label), "bold"), overflow="fold")
    if part.risk is not None:
        heading.append("  " if part.label else "")
        heading.append(f"risk: {part.risk.name}", style=RISKS[part.risk])
    if not is_exact(part.text):
        heading.append("  contains hidden characters, shown as escapes: do not copy", style="bold red")
    return [heading] if heading.plain else []


def _highlighted(text: str, language: str) -> Text:
    from rich.syntax import Syntax

    coloured = Syntax(text, language or "text", theme="ansi_dark", background_color="default").highlight(text)
    plain = Text(text)
    if coloured.plain.rstrip("\n") == text.rstrip("\n"):  # A highlighter that changes a character is not heard.
        plain.spans.extend(span for span in coloured.spans if span.end <= len(text))
    return plain
