"""How Hilda knows: each piece of evidence with the line that lets a person see the same."""

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.text import Text

from bot.doors.terminal.exact_lines import ExactLines
from bot.doors.terminal.view import View
from bot.doors.terminal.visible import exact, one_line, prose
from domain.evidence import Evidence
from domain.look import Window


def draw_sources(evidence: tuple[Evidence, ...], view: View) -> RenderableType:
    """Numbered from 1 as the text cites them; check lines are never wrapped."""
    heading = Text("How I know", style="bold")
    blocks: list[RenderableType] = [heading]
    gutter = len(str(len(evidence))) + 2
    for number, item in enumerate(evidence, 1):
        blocks.extend(_source(number, item, gutter, view))
    return Group(*blocks)


def _source(number: int, item: Evidence, gutter: int, view: View) -> list[RenderableType]:
    first = Text(overflow="fold")
    first.append(f"{number:>{gutter - 2}}. ", style="bold cyan")
    first.append(one_line(item.summary))
    said_by = "" if item.trust == "system" else f", {item.trust}"
    first.append(f"  ({one_line(item.source)}{said_by})", style="dim")
    lines: list[RenderableType] = [Constrain(first, view.prose_width)]
    if item.window is not None:
        lines.append(Text(f"{' ' * gutter}{span(item.window, view)}", style="dim"))
    if item.query and item.query not in item.check:
        lines.append(ExactLines(Text(one_line(item.query), style="dim"), indent=gutter))
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
