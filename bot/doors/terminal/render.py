"""Card to rich renderables: for any width, with and without colour, for eyes and for pipes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text as Line

from bot.doors.terminal.chart import draw_chart
from bot.doors.terminal.code import draw_code
from bot.doors.terminal.exact_lines import ExactLines, Trimmed
from bot.doors.terminal.keys import Key, keys_of
from bot.doors.terminal.markdown_text import draw_markdown
from bot.doors.terminal.sources import draw_sources
from bot.doors.terminal.tables import draw_table
from bot.doors.terminal.view import View
from domain.cards import (
    Card,
    Chart,
    Checklist,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    Links,
    Part,
    Progress,
    Sources,
    Table,
    Text,
    Tone,
)
from domain.visible import one_line, prose

TONES: dict[Tone, tuple[str, str, str]] = {
    "neutral": ("●", "*", "bold blue"),
    "good": ("✔", "+", "bold green"),
    "warning": ("▲", "!", "bold yellow"),
    "bad": ("✖", "x", "bold red"),
    "question": ("?", "?", "bold cyan"),
}
"""Mark, ASCII mark and style of each tone: the mark carries the meaning where there is no colour."""

_STEPS = {
    "done": ("✔", "x", "green"),
    "running": ("▸", ">", "bold cyan"),
    "waiting": ("·", " ", "dim"),
    "failed": ("✖", "!", "bold red"),
}


def draw(card: Card, view: View) -> RenderableType:
    """The whole card. Print it with `show`, so that long code lines are not cropped."""
    return Group(*_header(card, view), *(piece for block in body(card, view) for piece in (Line(""), block)))


def body(card: Card, view: View) -> list[RenderableType]:
    """The card's parts, without its title and without blanks between them."""
    return [block for part in card.parts if (block := _part(part, card, view)) is not None]


def show(card: Card, console: Console, view: View) -> None:
    """Print one card, code uncut whatever the width."""
    console.print(draw(card, view), crop=False, highlight=False, markup=False, emoji=False)


def as_text(card: Card, view: View) -> str:
    """The card without any colour, as it would stand in a file."""
    plain = replace(view, colour=False)
    console = Console(width=canvas(view), color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as captured:
        show(card, console, plain)
    return captured.get()


def canvas(view: View) -> int:
    """How wide a console for `view` is: tables in a file are as wide as they are."""
    return view.width if view.interactive else max(view.width, 10_000)


def _header(card: Card, view: View) -> Iterator[RenderableType]:
    mark, plain_mark, style = TONES[card.tone]
    title = Grid.grid(padding=(0, 1, 0, 0))
    title.add_column(no_wrap=True)
    title.add_column(overflow="fold")
    title.add_row(
        Line(mark if view.unicode else f"[{plain_mark}]", style=style), Line(one_line(card.title), style="bold")
    )
    if view.interactive:
        yield Constrain(
            Rule(style=style.removeprefix("bold "), characters="─" if view.unicode else "-"), view.prose_width
        )
    yield Trimmed(title, view.prose_width)
    if card.cluster is not None:
        yield Trimmed(_where(card.cluster, view), view.prose_width)


def _where(cluster: ClusterLabel, view: View) -> RenderableType:
    """Cluster, environment, and who speaks: production cannot be overlooked, with or without colour."""
    words: list[tuple[str, str]] = []
    environment = one_line(cluster.environment)
    if cluster.production:
        name = f" PRODUCTION: {environment} " if environment.lower() not in ("", "production") else " PRODUCTION "
        words.append(
            (name if view.interactive and view.colour else f"*** {name.strip()} ***", "bold bright_white on red")
        )
    elif environment:
        words.append((environment, "bold green"))
    words.append((one_line(cluster.name), "default"))
    if cluster.practice_identity:
        words.append((f"speaking as {one_line(cluster.practice_identity)} (practice)", "bold magenta"))
    line = Line(overflow="fold")
    for number, (word, style) in enumerate(words):
        line.append(view.dot if number else "", style="dim")
        line.append(word, style=style)
    return Padding(line, (0, 0, 0, 2), expand=False) if view.interactive else line


def _part(part: Part, card: Card, view: View) -> RenderableType | None:
    """One part, or None where it has nothing to say."""
    match part:
        case Text(markdown):
            return (
                Trimmed(draw_markdown(markdown, unicode=view.unicode), view.prose_width) if markdown.strip() else None
            )
        case Facts(rows):
            return _facts(rows, view) if rows else None
        case Table():
            return draw_table(part, view)
        case Code(text, _, label, risk):
            return draw_code(part) if text or label or risk is not None else None
        case Checklist(items):
            return _checklist(part, view) if items else None
        case Chart():
            return Trimmed(Group(*draw_chart(part, view)), view.width)
        case Links(links):
            return _stacked([ExactLines(_link(label, url)) for label, url in links])
        case Choices(choices):
            mine = {id(choice) for choice in choices}
            return _choices([key for key in keys_of(card) if id(key.choice) in mine], view)
        case Form():
            return _form(part)
        case Progress(steps):
            return _stacked([_step(text, state, view) for text, state in steps])
        case Sources(evidence):
            return draw_sources(evidence, view) if evidence else None
        case _:
            assert_never(part)


def _stacked(lines: Sequence[RenderableType]) -> RenderableType | None:
    return Group(*lines) if lines else None


def _facts(rows: tuple[tuple[str, str], ...], view: View) -> RenderableType:
    names = [one_line(name) for name, _ in rows]
    widest = max(map(cell_len, names), default=0)
    if widest > view.prose_width // 2:
        pairs = zip(names, (prose(value) for _, value in rows), strict=True)
        lines = [Line.assemble((f"{name}: ", "dim"), value, overflow="fold") for name, value in pairs]
        return Trimmed(Group(*lines), view.prose_width)
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, (_, value) in zip(names, rows, strict=True):
        grid.add_row(Line(name), Line(prose(value)))
    return Trimmed(grid, view.prose_width)


def _checklist(part: Checklist, view: View) -> RenderableType:
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right", no_wrap=True, style="dim")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    box, ticked = ("☐", "☑") if view.unicode else ("[ ]", "[x]")
    for number, item in enumerate(part.items, 1):
        body = Line(prose(item.text), style="dim strike" if item.done else "bold")
        details = [Line(f"Why: {prose(item.why)}", style="dim")] if item.why else []
        if item.done_when:
            details.append(Line(f"Done when: {prose(item.done_when)}", style="dim"))
        grid.add_row(
            Line(f"{number}."),
            Line(ticked if item.done else box, style="green" if item.done else ""),
            Group(body, *details),
        )
    return Trimmed(grid, view.prose_width)


def _link(label: str, url: str) -> Line:
    line = Line(f"{one_line(label)}: " if label else "")
    line.append(one_line(url), style="underline")
    return line


def _choices(keys: list[Key], view: View) -> RenderableType | None:
    """Buttons side by side as far as they fit, questions one below the other."""
    lines: list[Line] = []
    for key in keys:
        button = _choice(key)
        beside = Line("   ").join([lines[-1], button]) if lines else button
        alone = not lines or key.choice.action == "ask" or cell_len(beside.plain) > view.prose_width
        lines[-1:] = [*lines[-1:], button] if alone else [beside]
    return Trimmed(Group(*lines), view.prose_width) if lines else None


def _choice(key: Key) -> Line:
    style = {"primary": "bold green", "danger": "bold red", "plain": "bold cyan"}[key.choice.style]
    return Line.assemble((f"[{key.shown}]", style), " ", one_line(key.choice.label), overflow="fold")


def _form(part: Form) -> RenderableType:
    lines: list[RenderableType] = []
    for field in part.fields:
        need = "" if field.required else " (optional)"
        lines.append(Line(f"{one_line(field.label)}{need}:", style="bold"))
        lines.append(ExactLines(Line(prose(field.value), style="cyan"), indent=2))
    lines.append(Line.assemble(("[submit]", "bold green"), f" {one_line(part.submit)}"))
    return Group(*lines)


def _step(text: str, state: str, view: View) -> Line:
    mark, plain_mark, style = _STEPS[state]
    return Line.assemble(
        (mark if view.unicode else f"[{plain_mark}]", style), " ", (prose(text), "dim" if state == "waiting" else "")
    )
