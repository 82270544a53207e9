"""Tables that fit: in columns where there is room, as records where there is not, and never with side borders."""

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from bot.doors.terminal.exact_lines import Trimmed
from bot.doors.terminal.view import View
from domain.cards import Table
from domain.visible import one_line, prose

GAP = 2
LEAST = 14
"""A folded column narrower than this reads like a ransom note; records read better."""


def draw_table(table: Table, view: View) -> RenderableType | None:
    """The caption, then the rows; nothing is cut, whatever the width."""
    caption = [Text(one_line(table.caption), style="bold", overflow="fold")] if table.caption else []
    if not table.rows and not table.columns:
        return Group(*caption) if caption else None
    if not table.rows:
        return Group(*caption, _columns(table, view), Text("(none)", style="dim"))
    if view.interactive and _least_width(table) > view.width:
        return Group(*caption, _records(table))
    return Group(*caption, _columns(table, view))


def _cells(row: tuple[str, ...], columns: int) -> list[str]:
    return [prose(cell) for cell in row] + [""] * (columns - len(row))


def _least_width(table: Table) -> int:
    count = max(len(table.columns), *(len(row) for row in table.rows))
    natural = [
        max(
            (
                cell_len(line)
                for cells in ((*table.columns,), *table.rows)
                for line in _cells(cells, count)[n].split("\n")
            ),
            default=0,
        )
        for n in range(count)
    ]
    if sum(natural) + GAP * (count - 1) <= 1:
        return 0
    return sum(min(width, LEAST) for width in natural) + GAP * (count - 1)


def _columns(table: Table, view: View) -> RenderableType:
    count = max([len(table.columns), *(len(row) for row in table.rows)])
    numeric = [_numeric(table, n) for n in range(count)]
    ruled = view.interactive and view.unicode
    grid = Grid(
        box=box.SIMPLE_HEAD if ruled else None,
        padding=(0, GAP - 1 if ruled else GAP, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
        border_style="dim",
        collapse_padding=True,
    )
    for n in range(count):
        title = one_line(table.columns[n]) if n < len(table.columns) else ""
        grid.add_column(Text(title), justify="right" if numeric[n] else "left", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in _cells(row, count)))
    return Trimmed(grid, view.width if view.interactive else 10_000)


def _numeric(table: Table, column: int) -> bool:
    """Whether a column reads better aligned to the right: all of its cells begin with a digit or a sign."""
    cells = [row[column].strip() for row in table.rows if column < len(row)]
    return bool(cells) and all(cell and (cell[0].isdigit() or cell[0] in "+-–<>") for cell in cells)


def _records(table: Table) -> RenderableType:
    """One block per row, "column: value": for windows too narrow for columns."""
    blocks: list[RenderableType] = []
    for number, row in enumerate(table.rows):
        if number:
            blocks.append(Text(""))
        for column, cell in enumerate(_cells(row, len(table.columns))):
            name = one_line(table.columns[column]) if column < len(table.columns) else ""
            line = Text(overflow="fold")
            line.append(f"{name}: " if name else "", style="dim" if column else "bold")
            line.append(cell, style="bold" if not column else "")
            blocks.append(line)
    return Group(*blocks)
