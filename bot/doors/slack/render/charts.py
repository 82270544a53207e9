"""Charts: Slack's own block where the workspace has it, a picture where not, and in words for who sees neither."""

import math
from datetime import datetime, timedelta

from bot.doors.slack.render import rich, small
from bot.doors.slack.render.lengths import file_name
from bot.doors.slack.render.post import File, View
from bot.pictures.words import in_words
from domain.cards import Chart, Series
from domain.plain_json import Json
from domain.quantities import scale_for
from domain.visible import one_line

MOST_SERIES, MOST_CATEGORIES = 6, 20
LONGEST_TITLE, LONGEST_LABEL = 50, 20
LONGEST_ALT_TEXT = 2000


def chart(part: Chart, view: View, number: int, *, block: bool) -> tuple[list[Json], list[File]]:
    """Title and course in words, then the drawing; `block` says whether Slack's own may be used."""
    if not part.title.strip() and not part.series:
        return [], []
    lines = rich.words(one_line(part.title), "bold")
    beside = len(part.series) == 1 and not part.series[0].label.strip()
    for series in part.series:
        lines += [*rich.words("  " if beside else "\n" if lines else ""), *rich.words(in_words(series, part.unit))]
    if not part.series:
        lines += rich.words("  no data")
    if part.mark is not None and lines:
        lines += [*rich.words("  · marked: " if beside else "\nmarked: "), rich.moment(part.mark)]
    said = [rich.paragraph(lines)] if lines else []
    if not any(_has_a_course(series) for series in part.series):
        return said, []
    own = _own_block(part, view) if block and view.chart_blocks else None
    if own is not None:
        return [*said, own], []
    if not view.charts_as_pictures:
        return said, []
    key = f"chart-{number}"
    alt = "; ".join([one_line(part.title) or "Chart", *(in_words(series, part.unit) for series in part.series)])
    file = File(
        key, file_name(part.title or "chart", "png"), one_line(part.title) or "Chart", alt, chart=part, zone=view.zone
    )
    picture: Json = {"type": "image", "slack_file": {"id": key}, "alt_text": small.cut(alt, LONGEST_ALT_TEXT)}
    return [*said, picture], [file]


def _has_a_course(series: Series) -> bool:
    """Whether there is more to draw than one moment."""
    return len({at for at, value in series.points if math.isfinite(value)}) > 1


def _own_block(part: Chart, view: View) -> Json | None:
    """A line chart of at most twenty moments; None where a series has gaps, since each moment needs every value."""
    measured = [Series(s.label, tuple(p for p in s.points if math.isfinite(p[1]))) for s in part.series]
    if not 1 <= len(measured) <= MOST_SERIES or not all(series.points for series in measured):
        return None
    moments = _moments(measured)
    labels = [f"{at.astimezone(view.zone):%H:%M:%S}" for at in moments]
    if len(moments) < 2 or len(set(labels)) < len(labels) or not _covered(measured, moments):
        return None
    names = [one_line(series.label)[:LONGEST_LABEL] or f"series {n}" for n, series in enumerate(measured, 1)]
    if len(set(names)) < len(names):
        return None
    scale = scale_for(max(abs(value) for series in measured for _, value in series.points), part.unit)
    return {
        "type": "data_visualization",
        "title": small.cut(one_line(part.title) or "Chart", LONGEST_TITLE),
        "chart": {
            "type": "line",
            "axis_config": {
                "categories": labels,
                "x_label": small.cut(f"{moments[-1].astimezone(view.zone):%Z}" or "time", LONGEST_LABEL),
                "y_label": small.cut(scale.suffix.strip() or "value", LONGEST_LABEL),
            },
            "series": [
                {"name": name, "data": _data(series, moments, labels, scale.divisor)}
                for name, series in zip(names, measured, strict=True)
            ],
        },
    }


def _moments(measured: list[Series]) -> list[datetime]:
    start = min(series.points[0][0] for series in measured)
    end = max(series.points[-1][0] for series in measured)
    step = (end - start) / (MOST_CATEGORIES - 1)
    return [start + step * n for n in range(MOST_CATEGORIES)] if step >= timedelta(seconds=1) else []


def _covered(measured: list[Series], moments: list[datetime]) -> bool:
    """Whether every series was measured near every moment."""
    near = (moments[1] - moments[0]) * 1.5
    return all(min(abs(at - moment) for at, _ in series.points) <= near for series in measured for moment in moments)


def _data(series: Series, moments: list[datetime], labels: list[str], divisor: float) -> list[Json]:
    nearest = (min(series.points, key=lambda point: abs(point[0] - moment)) for moment in moments)
    return [
        {"label": label, "value": round(value / divisor, 6)} for label, (_, value) in zip(labels, nearest, strict=True)
    ]
