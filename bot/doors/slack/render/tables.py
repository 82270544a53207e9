"""Tables: Slack's own where it fits, aligned text where it does not, a file where even that is too long."""

import json

from rich.cells import cell_len

from bot.doors.slack.render import rich
from bot.doors.slack.render.lengths import cut_at_lines, file_name
from bot.doors.slack.render.post import File
from domain.cards import Table
from domain.plain_json import Json
from domain.visible import one_line

MOST_ROWS, MOST_COLUMNS = 100, 20
LONGEST_TABLE = 7000
"""Characters of JSON; more than that leaves no room in a message for anything else."""
LONGEST_TEXT = 2800
SHOWN_OF_A_FILE = 10


def table(part: Table, *, native: bool, files: bool = True) -> tuple[list[Json], list[File]]:
    """Blocks, and the file where only the first rows fit; `native` says whether Slack's table may be used."""
    caption = [rich.paragraph(rich.words(one_line(part.caption), "bold"))] if part.caption.strip() else []
    rows = [part.columns, *part.rows] if any(part.columns) else list(part.rows)
    if not rows:
        return caption, []
    if not part.rows:
        return [
            *caption,
            rich.block(rich.preformatted(aligned(rows))),
            rich.paragraph(rich.words("(none)", "italic")),
        ], []
    drawn = _native(rows)
    if native and drawn is not None:
        return [*caption, drawn], []
    text = aligned(rows)
    if len(text) <= LONGEST_TEXT or not files:
        return [*caption, *(rich.block(rich.preformatted(piece)) for piece in cut_at_lines(text, LONGEST_TEXT))], []
    shown = aligned(rows[: SHOWN_OF_A_FILE + 1])
    head = [rich.block(rich.preformatted(shown))] if len(shown) <= LONGEST_TEXT else []
    name = one_line(part.caption) or "table"
    said = f"{len(part.rows)} rows; all of them are in the file {file_name(name, 'txt')}."
    file = File(file_name(name, "txt"), file_name(name, "txt"), name, text=text + "\n")
    return [*caption, *head, rich.paragraph(rich.words(said, "italic"))], [file]


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Columns of text, two blanks apart, numbers to the right, for a fixed-width font."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    count = max(map(len, cells))
    for row in cells:
        row += [""] * (count - len(row))
    widths = [max(cell_len(row[n]) for row in cells) for n in range(count)]
    right = _numeric(rows)
    lines = ("  ".join(_padded(row[n], widths[n], to_the_right=right[n]) for n in range(count)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def _native(rows: list[tuple[str, ...]]) -> Json | None:
    """Slack's table block, where every limit of it is kept."""
    count = max(map(len, rows))
    if len(rows) > MOST_ROWS or not 0 < count <= MOST_COLUMNS:
        return None
    filled = [[{"type": "raw_text", "text": one_line(cell) or " "} for cell in row] for row in rows]
    for row in filled:
        row += [{"type": "raw_text", "text": " "}] * (count - len(row))
    settings = [{"align": "right" if right else "left", "is_wrapped": True} for right in _numeric(rows)]
    drawn: Json = {"type": "table", "rows": filled, "column_settings": settings}
    return drawn if len(json.dumps(drawn, ensure_ascii=False)) <= LONGEST_TABLE else None


def _numeric(rows: list[tuple[str, ...]]) -> list[bool]:
    """Whether each column reads better to the right: all of its cells below the head begin like a number."""
    count = max(map(len, rows))
    columns = ([row[n].strip() for row in rows[1:] if n < len(row)] for n in range(count))
    return [
        bool(cells) and all(cell and (cell[0].isdigit() or cell[0] in "+-–<>") for cell in cells) for cells in columns
    ]


def _padded(text: str, width: int, *, to_the_right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if to_the_right else text + blanks
