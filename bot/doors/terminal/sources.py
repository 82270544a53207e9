"""How Hilda knows: each piece of evidence with the line that lets a person see the same."""

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from bot.doors.terminal.exact_lines import ExactLines, Trimmed
from bot.doors.terminal.view import View
from domain.evidence import Evidence
from domain.look import Window
from domain.visible import exact, one_line, prose


def draw_sources(evidence: tuple[Evidence, ...], view: View) -> RenderableType:
    """Numbered from 1 as the text cites them; check lines are never wrapped."""
    blocks: list[RenderableType] = [Text("How I know", style="bold")]
    gutter = len(str(len(evidence))) + 2
    for number, item in enumerate(evidence, 1):
        blocks.append(Trimmed(_said(number, item, gutter, view), view.prose_width))
        blocks.extend(_shown(item, gutter, view))
    return Group(*blocks)


def _said(number: int, item: Evidence, gutter: int, view: View) -> RenderableType:
    """The sentence with its number; then, dimmed, who says so, what was asked, and about when."""
    sentence = Text(overflow="fold")
    sentence.append(one_line(item.summary))
    origin = [one_line(item.source)]
    if item.trust != "system":
        origin.append(item.trust)
    if item.query and item.query not in item.check:
        origin.append(one_line(item.query))
    if item.window is not None:
        origin.append(span(item.window, view))
    sentence.append(f"  ({view.dot.join(origin)})", style="dim")
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=gutter - 1, no_wrap=True, style="bold cyan")
    grid.add_column(overflow="fold")
    grid.add_row(Text(f"{number}."), sentence)
    return grid


def _shown(item: Evidence, gutter: int, view: View) -> list[RenderableType]:
    """What a person copies or compares: the excerpt, the line to check it by, the link; none of it folded."""
    lines: list[RenderableType] = []
    if item.sample:
        lines.append(_sample(item.sample, gutter, view))
    if item.check:
        lines.append(ExactLines(Text.assemble(("check: ", "dim"), (exact(item.check), "cyan")), indent=gutter))
    if item.link:
        lines.append(ExactLines(Text(one_line(item.link), style="underline"), indent=gutter))
    return lines


def _sample(sample: str, gutter: int, view: View) -> RenderableType:
    bar = "▏" if view.unicode else "|"
    return Group(
        *(
            ExactLines(Text(f"{bar} {line}", style="dim"), indent=gutter)
            for line in prose(sample).rstrip("\n").split("\n")
        )
    )


def span(window: Window, view: View) -> str:
    """A window in the reader's zone: the day once, then from and to."""
    start, end = window.start.astimezone(view.zone), window.end.astimezone(view.zone)
    dash = "–" if view.unicode else "-"
    if start.date() == end.date():
        return f"{start:%Y-%m-%d %H:%M:%S} {dash} {end:%H:%M:%S %Z}".rstrip()
    return f"{start:%Y-%m-%d %H:%M:%S} {dash} {end:%Y-%m-%d %H:%M:%S %Z}".rstrip()
