"""A chart of a card as a PNG: readable on light and dark ground, in colours that the colour-blind tell apart."""

import io
import itertools
import math
from datetime import datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from domain.cards import Chart, Series
from domain.quantities import scale_for, ticks
from domain.visible import one_line

WIDTH, HEIGHT, LINE, DOTS_PER_INCH = 9.0, 3.4, 0.2, 160
"""In inches: of the picture without names, and of each line of names below it."""
LONGEST_LABEL = 80
_INK = "#7d8590"
"""Grey of about the same contrast on light and dark grounds; the ground itself is transparent."""
_COLOURS = ("#3b8eea", "#e8912d", "#2bac76", "#cc79a7", "#e01e5a", "#8a63d2", "#56b4e9", "#b5a642")
_STROKES = ("-", "--", "-.", ":")
_MARK = "#e01e5a"


def draw_png(chart: Chart, zone: tzinfo) -> bytes:
    """The chart as it is seen in `zone`, without its title; what was not measured is a gap."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    named = len(chart.series) // _side_by_side(chart) * LINE if any(s.label for s in chart.series) else 0
    figure = Figure(figsize=(WIDTH, HEIGHT + named), dpi=DOTS_PER_INCH, layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    _courses(axes, chart)
    _scales(axes, chart, zone)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture, metadata={"Software": None})
    return picture.getvalue()


def _courses(axes: Any, chart: Chart) -> None:
    """One line per series; a lone point is a dot."""
    for number, series in enumerate(chart.series):
        points = _with_gaps(series)
        colour, stroke = _COLOURS[number % len(_COLOURS)], _STROKES[number // len(_COLOURS) % len(_STROKES)]
        measured = sum(math.isfinite(value) for _, value in points)
        label = _literal(series.label) or ("_" if len(chart.series) == 1 else f"series {number + 1}")
        lone = "o" if measured == 1 else None
        axes.plot(
            [at for at, _ in points],
            [value for _, value in points],
            color=colour,
            linestyle=stroke,
            linewidth=2,
            marker=lone,
            label=label if measured else f"{label} (no data)",
        )
    if any(series.label for series in chart.series):
        axes.figure.legend(
            frameon=False, labelcolor=_INK, fontsize=9, loc="outside lower left", ncols=_side_by_side(chart)
        )


def _side_by_side(chart: Chart) -> int:
    """How many names stand on one line of the legend."""
    return 1 if any(len(series.label) > 40 for series in chart.series) else min(max(len(chart.series), 1), 3)


def _scales(axes: Any, chart: Chart, zone: tzinfo) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    values = [value for series in chart.series for _, value in series.points if math.isfinite(value)]
    times = [at for series in chart.series for at, value in series.points if math.isfinite(value)]
    if values:
        low, high = min(values), max(values)
        floor = 0.0 if 0 <= low < high * 0.7 or low == high >= 0 else low
        scale = scale_for(max(abs(low), abs(high)), chart.unit)
        marks = ticks(floor, high, scale)
        axes.set_ylim(marks[0], marks[-1] + (marks[-1] - marks[0]) * 0.05)
        axes.set_yticks(marks, [scale.label(mark, marks[1] - marks[0]) for mark in marks])
        locator = AutoDateLocator(minticks=4, maxticks=9, tz=zone)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone, show_offset=False))
        axes.set_xlabel(f"{max(times).astimezone(zone):%-d %b %Y, %Z}", color=_INK, fontsize=9, loc="right")
        if min(times) == max(times):
            axes.set_xlim(times[0] - timedelta(minutes=5), times[0] + timedelta(minutes=5))
        if chart.mark is not None and min(times) <= chart.mark <= max(times):
            axes.axvline(chart.mark, color=_MARK, linewidth=1.5, linestyle=(0, (4, 3)))
            spot = (chart.mark, 1.0)
            axes.annotate(
                f"{chart.mark.astimezone(zone):%H:%M:%S}",
                spot,
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                color=_MARK,
                fontsize=9,
                ha="center",
                va="bottom",
            )
    else:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=_INK)
    axes.tick_params(colors=_INK, labelsize=9, length=0)
    axes.grid(axis="y", color=_INK, alpha=0.25, linewidth=0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_INK)


def _with_gaps(series: Series) -> list[tuple[datetime, float]]:
    """The points, with a hole where nothing was measured for three times the usual step."""
    points = list(series.points)
    steps = sorted((b[0] - a[0] for a, b in itertools.pairwise(points)))
    if not steps:
        return points
    usual = steps[len(steps) // 2]
    found = points[:1]
    for before, point in itertools.pairwise(points):
        if usual and point[0] - before[0] > 3 * usual:
            found.append((before[0] + usual, math.nan))
        found.append(point)
    return found


def _literal(text: str) -> str:
    """Words as words: a dollar sign begins a formula to matplotlib, and a label with an underscore is hidden."""
    known = _characters()
    line = one_line(text)
    line = line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"
    shown = "".join(c if ord(c) in known else "\N{WHITE SQUARE}" for c in line).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


@cache
def _characters() -> frozenset[int]:
    """What the font of pictures has; it comes with matplotlib, so pictures are the same on every machine."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
