"""A metric over time in a few rows of text: a line for one series, a row of blocks each for several."""

import itertools
import math
import statistics
from datetime import datetime, timedelta, tzinfo

from rich.text import Text

from bot.doors.terminal.view import View
from domain.cards import Chart, Series
from domain.quantities import Scale, scale_for, ticks
from domain.visible import one_line

HEIGHT = 7
WIDEST = 84
NARROWEST = 20
"""A course in fewer columns than this says nothing; then it gets a line of its own."""
_BLOCKS, _ASCII_BLOCKS = "▁▂▃▄▅▆▇█", "_.:-=+*#"
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Braille: the bit of each of the 2 x 4 dots of one character, by column and row from the top."""

Point = tuple[datetime, float]


def draw_chart(chart: Chart, view: View) -> list[Text]:
    """The chart as lines, none wider than the view; times in the reader's zone."""
    drawn = [Series(s.label, tuple(p for p in s.points if math.isfinite(p[1]))) for s in chart.series]
    times = sorted(at for series in drawn for at, _ in series.points)
    title = Text.assemble((one_line(chart.title), "bold"), overflow="fold")
    if not drawn and not chart.title:
        return []
    if not times:
        empty = [Text(f"{one_line(s.label)}: no data", style="dim") for s in drawn] or [Text("no data", style="dim")]
        return [title, *empty]
    title.append(f"  {_day(times[0], times[-1], view.zone)}", style="dim")
    if len(drawn) == 1 and times[0] < times[-1]:
        return [title, *_plot(drawn[0], chart.unit, chart.mark, view)]
    if times[0] == times[-1]:
        return [title, *_values(drawn, chart.unit, view)]
    return [title, *_rows(drawn, chart.unit, chart.mark, (times[0], times[-1]), view)]


def _values(drawn: list[Series], unit: str, view: View) -> list[Text]:
    """One moment has no course: label, value and when."""
    lines = []
    for series in drawn:
        line = Text.assemble(f"{one_line(series.label)}: " if series.label else "", overflow="fold")
        if series.points:
            at, value = series.points[-1]
            scale = scale_for(value, unit)
            line.append(f"{scale.number(value)}{scale.suffix}")
            line.append(f"  at {at.astimezone(view.zone):%H:%M:%S}", style="dim")
        else:
            line.append("no data", style="dim")
        lines.append(line)
    return lines


def _plot(series: Series, unit: str, mark: datetime | None, view: View) -> list[Text]:
    values = [value for _, value in series.points]
    low, high = min(values), max(values)
    floor = 0.0 if 0 <= low < high * 0.7 or low == high >= 0 else low
    scale = scale_for(max(abs(low), abs(high)), unit)
    marks = ticks(floor, high, scale)
    labels = [scale.label(tick, marks[1] - marks[0]) for tick in marks]
    gutter = max(map(len, labels))
    columns = max(8, min(view.width, WIDEST) - gutter - 3)

    cells = _cells(series.points, columns, (marks[0], marks[-1]), unicode=view.unicode)
    start, end = series.points[0][0], series.points[-1][0]
    mark_at = _column(mark, start, end, columns)
    label_rows = {round((HEIGHT - 1) * (1 - i / (len(marks) - 1))): label for i, label in enumerate(labels)}

    lines = [Text(one_line(series.label), style="cyan")] if series.label else []
    for row in range(HEIGHT):
        label = label_rows.get(row, "")
        edge = ("┤" if label else "│") if view.unicode else ("+" if label else "|")
        course = "".join(cells[row])
        stroke = ("┊" if view.unicode else ":") if mark_at is not None and course[mark_at] == " " else ""
        before, after = (course[:mark_at], course[(mark_at or 0) + 1 :]) if stroke else (course.rstrip(), "")
        lines.append(
            Text.assemble(
                (f"{label:>{gutter}} {edge}", "dim"), (before, "cyan"), (stroke, "yellow"), (after.rstrip(), "cyan")
            )
        )
    return [*lines, *_axis(start, end, mark, columns, gutter + 1, view)]


def _cells(points: tuple[Point, ...], columns: int, bounds: tuple[float, float], *, unicode: bool) -> list[list[str]]:
    """The plot area, one character per cell: braille dots, or stars where there is only ASCII."""
    across, down = (2, 4) if unicode else (1, 1)
    heights = _heights(points, columns * across, bounds, HEIGHT * down)
    grid = [[0] * columns for _ in range(HEIGHT)]
    before: tuple[int, int] | None = None
    for x, span in enumerate(heights):
        if span is not None:
            low, high = span
            if before is not None:  # Join neighbours, so that a jump reads as one line.
                low, high = min(low, before[1] + 1, high), max(high, before[0] - 1, low)
            for y in range(low, high + 1):
                row = HEIGHT * down - 1 - y
                grid[row // down][x // across] |= _DOTS[x % across][row % down] if unicode else 1
        before = span
    return [[" " if not bits else chr(0x2800 + bits) if unicode else "*" for bits in row] for row in grid]


def _heights(
    points: tuple[Point, ...], columns: int, bounds: tuple[float, float], rows: int
) -> list[tuple[int, int] | None]:
    """For each column the lowest and highest dot, None where nothing was measured."""
    spans = _buckets(points, columns)
    low, high = bounds

    def dot(value: float) -> int:
        return min(rows - 1, max(0, round((value - low) / (high - low) * (rows - 1))))

    return [None if span is None else (dot(span[0]), dot(span[1])) for span in spans]


def _buckets(points: tuple[Point, ...], columns: int) -> list[tuple[float, float] | None]:
    """The least and greatest value per column; straight lines between points, nothing across real gaps."""
    start, end = points[0][0], points[-1][0]
    spans: list[tuple[float, float] | None] = [None] * columns
    gap = _gap(points)
    before: tuple[int, float, datetime] | None = None
    for at, value in points:
        x = _column(at, start, end, columns)
        assert x is not None
        if before is not None and at - before[2] <= gap:
            for between in range(before[0] + 1, x):
                share = (between - before[0]) / (x - before[0])
                level = before[1] + (value - before[1]) * share
                spans[between] = (level, level)
        least, greatest = spans[x] or (value, value)
        spans[x] = (min(least, value), max(greatest, value))
        before = (x, value, at)
    return spans


def _gap(points: tuple[Point, ...]) -> timedelta:
    """Longer than this between two points means that nothing was measured there."""
    steps = [b[0] - a[0] for a, b in itertools.pairwise(points)]
    return timedelta(seconds=3 * statistics.median(step.total_seconds() for step in steps)) if steps else timedelta(0)


def _column(at: datetime | None, start: datetime, end: datetime, columns: int) -> int | None:
    if at is None or not start <= at <= end:
        return None
    if end == start:
        return 0
    return min(columns - 1, int((at - start) / (end - start) * columns))


def _rows(
    drawn: list[Series], unit: str, mark: datetime | None, span: tuple[datetime, datetime], view: View
) -> list[Text]:
    """One row per series, all on one scale: label, course, first → last value and the greatest."""
    start, end = span
    values = [value for series in drawn for _, value in series.points]
    scale = scale_for(max(map(abs, values)), unit)
    low, high = min(0.0, *values), max(values)
    labels = [one_line(series.label) for series in drawn]
    ends = [_first_to_last(series, scale, view) for series in drawn]
    gutter = min(max(map(len, labels)), view.width // 3)
    columns = view.width - gutter - max(map(len, ends)) - 4
    if beside := columns >= NARROWEST:
        columns = min(48, columns)
    else:  # Then each course stands under its label and numbers.
        gutter, columns = 0, max(8, min(48, view.width - 2))

    lines: list[Text] = []
    for series, label, summary in zip(drawn, labels, ends, strict=True):
        course = _blocks(series.points, span, columns, (low, high), unicode=view.unicode)
        numbers = Text(summary, style="" if series.points else "dim")
        if beside and len(label) <= gutter:
            lines.append(Text.assemble(f"{label:<{gutter}}  ", (course, "cyan"), "  ", numbers))
        elif beside:
            lines += [Text(label), Text.assemble(" " * (gutter + 2), (course, "cyan"), "  ", numbers)]
        else:
            lines.append(Text.assemble((label, "bold"), "  " if label else "", numbers, overflow="fold"))
            lines += [Text.assemble("  ", (course, "cyan"))] if series.points else []
    return [*lines, *_axis(start, end, mark, columns, gutter + 1, view, corner=False)]


def _first_to_last(series: Series, scale: Scale, view: View) -> str:
    """`0.12 → 0.44 cores, at most 0.5`."""
    if not series.points:
        return "no data"
    values = [value for _, value in series.points]
    first, last, top = (scale.number(value) for value in (values[0], values[-1], max(values)))
    course = f"{last}{scale.suffix}" if first == last else f"{first} {view.arrow} {last}{scale.suffix}"
    return course if top in (first, last) else f"{course}, at most {top}"


def _blocks(
    points: tuple[Point, ...],
    span: tuple[datetime, datetime],
    columns: int,
    bounds: tuple[float, float],
    *,
    unicode: bool,
) -> str:
    glyphs = _BLOCKS if unicode else _ASCII_BLOCKS
    levels: list[float | None] = [None] * columns
    gap = _gap(points)
    before: tuple[int, float, datetime] | None = None
    for at, value in points:
        x = _column(at, *span, columns)
        assert x is not None
        if before is not None and at - before[2] <= gap:
            levels[before[0] + 1 : x] = [before[1]] * (x - before[0] - 1)
        known = levels[x]
        levels[x] = value if known is None or before is None or before[0] != x else max(known, value)
        before = (x, value, at)
    low, high = bounds
    height = (high - low) or 1.0
    return "".join(
        " " if level is None else glyphs[min(7, max(0, round((level - low) / height * 7)))] for level in levels
    )


def _axis(
    start: datetime, end: datetime, mark: datetime | None, columns: int, indent: int, view: View, *, corner: bool = True
) -> list[Text]:
    """The time line: where it begins and ends, and the marked moment under its arrow."""
    rule, foot, arrow = ("─", "└", "▲") if view.unicode else ("-", "+", "^")
    at = _column(mark, start, end, columns)
    line = Text.assemble((" " * indent + (foot if corner else " "), "dim"))
    line.append(rule * (columns if at is None else at), style="dim")
    if at is not None:
        line.append(arrow, style="bold yellow")
        line.append(rule * (columns - at - 1), style="dim")

    form = _clock_form(end - start)
    first, last = (moment.astimezone(view.zone).strftime(form) for moment in (start, end))
    words = Text.assemble((" " * (indent + 1) + first, "dim"))
    if mark is not None:
        when = mark.astimezone(view.zone).strftime(_clock_form(end - start))
        before = max(2, (at or 0) - len(first) - len(when) // 2)
        if at is None:
            last = f"{last}   ({arrow} {when}, outside)"
        elif len(first) + before + len(when) + 2 + len(last) <= columns:
            words.append(" " * before + when, style="bold yellow")
        else:
            last = f"{last}   {arrow} {when}"
    room = max(2, indent + 1 + columns - len(words.plain) - len(last))
    words.append(" " * room + last, style="dim")
    return [line, words]


def _clock_form(span: timedelta) -> str:
    if span < timedelta(minutes=10):
        return "%H:%M:%S"
    return "%H:%M" if span < timedelta(hours=18) else "%d %b %H:%M"


def _day(start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = start.astimezone(zone), end.astimezone(zone)
    name = last.strftime("%Z") or "local time"
    if first.date() == last.date():
        return f"{last.day} {last:%b %Y}, {name}"
    return f"{first.day} {first:%b} to {last.day} {last:%b %Y}, {name}"
