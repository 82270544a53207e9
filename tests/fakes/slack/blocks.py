"""Every block of Block Kit, what it may hold, and where it may stand."""

import re

from tests.fakes.slack.elements import (
    ACCESSORIES,
    ACTION_ELEMENTS,
    BUTTON,
    DOCS,
    FEEDBACK,
    ICON_BUTTON,
    IMAGE,
    IN_CONTEXT,
    INPUTS,
    SLACK_FILE,
    URL,
    URL_SOURCE,
    either,
    plain,
)
from tests.fakes.slack.rich_text import PARTS, RICH_TEXT, RICH_TEXT_INPUT
from tests.fakes.slack.shapes import Also, Boolean, Fields, Items, Kind, Matching, Number, OneOf, Text, typed

BLOCKS = f"{DOCS}/block-kit/blocks"
ID = {"block_id": Text(255, example="part")}

ACTIONS = typed("actions", f"{BLOCKS}/actions-block", {"elements": Items(Kind(ACTION_ELEMENTS), 1, 25)}, ID)
ALERT = typed(
    "alert",
    f"{BLOCKS}/alert-block",
    {"text": either()},
    {"level": OneOf(("default", "info", "warning", "error", "success")), **ID},
)
CARD = typed(
    "card",
    f"{BLOCKS}/card-block",
    may={
        "title": either(150),
        "subtitle": either(150),
        "body": either(200),
        "hero_image": IMAGE,
        "icon": IMAGE,
        "actions": Items(Kind((BUTTON,)), 1, 2),
        **ID,
    },
    any_of=("title", "hero_image", "actions", "body"),
)
CAROUSEL = typed("carousel", f"{BLOCKS}/carousel-block", {"elements": Items(Kind((CARD,)), 1, 10)}, ID)
CONTEXT = typed("context", f"{BLOCKS}/context-block", {"elements": Items(IN_CONTEXT, 1, 10)}, ID)
CONTEXT_ACTIONS = typed(
    "context_actions",
    f"{BLOCKS}/context-actions-block",
    {"elements": Items(Kind((FEEDBACK, ICON_BUTTON)), 1, 5)},
    ID,
)
DIVIDER = typed("divider", f"{BLOCKS}/divider-block", may=ID)
FILE = typed("file", f"{BLOCKS}/file-block", {"external_id": Text(), "source": OneOf(("remote",))}, ID)
HEADER = typed("header", f"{BLOCKS}/header-block", {"text": plain(150)}, {"level": Number(1, 4), **ID})
IMAGE_BLOCK = typed(
    "image",
    f"{BLOCKS}/image-block",
    {"alt_text": Text(2000)},
    {"image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000), **ID},
    one_of=("image_url", "slack_file"),
)
INPUT = typed(
    "input",
    f"{BLOCKS}/input-block",
    {"label": plain(2000), "element": Kind((*INPUTS, RICH_TEXT_INPUT))},
    {"dispatch_action": Boolean(), "hint": plain(2000), "optional": Boolean(), **ID},
    also=(
        Also(
            "dispatches no action of a file_input",
            lambda block: not (block["element"]["type"] == "file_input" and block.get("dispatch_action")),
            "dispatch_action is not allowed with file_input",
            {"element": {"type": "file_input"}, "dispatch_action": True},
        ),
    ),
)
MARKDOWN = typed("markdown", f"{BLOCKS}/markdown-block", {"text": Text(12000)}, ID)
TASK = typed(
    "task_card",
    f"{BLOCKS}/task-card-block",
    {"task_id": Text(), "title": Text(), "status": OneOf(("pending", "in_progress", "complete", "error"))},
    {
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": Items(Kind((URL_SOURCE,)), least=0),
        **ID,
    },
)
PLAN = typed("plan", f"{BLOCKS}/plan-block", {"title": Text()}, {"tasks": Items(Kind((TASK,)), least=0), **ID})
SECTION = typed(
    "section",
    f"{BLOCKS}/section-block",
    may={
        "text": either(),
        "fields": Items(either(2000), 1, 10),
        "accessory": Kind(ACCESSORIES),
        "expand": Boolean(),
        **ID,
    },
    any_of=("text", "fields"),
)
RAW_TEXT = typed("raw_text", f"{BLOCKS}/table-block", {"text": Text()})
RAW_NUMBER = typed("raw_number", f"{BLOCKS}/data-table-block", {"value": Number(whole=False)}, {"text": Text()})
RICH_CELL = typed("rich_text", f"{BLOCKS}/table-block", {"elements": Items(Kind(PARTS), least=0)})


class _ColumnSetting(Fields):
    """A column's settings, or null for none."""

    def faults(self, value, at):  # type: ignore[no-untyped-def]
        return iter(()) if value is None else super().faults(value, at)


TABLE = typed(
    "table",
    f"{BLOCKS}/table-block",
    {"rows": Items(Items(Kind((RAW_TEXT, RICH_CELL)), 1, 20), 1, 100)},
    {
        "column_settings": Items(
            _ColumnSetting({}, {"align": OneOf(("left", "center", "right")), "is_wrapped": Boolean()}), least=0, most=20
        ),
        **ID,
    },
)
DATA_TABLE = typed(
    "data_table",
    f"{BLOCKS}/data-table-block",
    {"caption": Text(), "rows": Items(Items(Kind((RAW_TEXT, RAW_NUMBER, RICH_CELL)), 1, 20), 2, 101)},
    {"page_size": Number(1, 100), "row_header_column_index": Number(0, 19), **ID},
    also=(
        Also(
            "has a header row of plain cells",
            lambda block: all(cell["type"] != "rich_text" for cell in block["rows"][0]),
            "the header row must not contain rich_text cells",
            {"rows": [[{"type": "rich_text", "elements": []}], [{"type": "raw_text", "text": "x"}]]},
        ),
    ),
)
POINT = Fields({"label": Text(20), "value": Number(whole=False)})
SERIES = Fields({"name": Text(20), "data": Items(POINT, 1, 20)})
AXIS = Fields({"categories": Items(Text(20), 1, 20)}, {"x_label": Text(50), "y_label": Text(50)})
SEGMENT = Fields({"label": Text(20), "value": Number(least=1e-9, whole=False)})


def _one_point_per_category(chart) -> bool:  # type: ignore[no-untyped-def]
    categories = chart["axis_config"]["categories"]
    return all(sorted(point["label"] for point in one["data"]) == sorted(categories) for one in chart["series"])


def _series_told_apart(chart) -> bool:  # type: ignore[no-untyped-def]
    names = [one["name"] for one in chart["series"]]
    return len(names) == len(set(names))


_TWINS = [{"name": "p99", "data": [{"label": "words", "value": 1}]}] * 2
_SHORT = {"categories": ["words", "more"]}


def _drawn(kind: str):  # type: ignore[no-untyped-def]
    return typed(
        kind,
        f"{BLOCKS}/data-visualization-block",
        {"series": Items(SERIES, 1, 6), "axis_config": AXIS},
        also=(
            Also(
                "has one point per category in each series",
                _one_point_per_category,
                "each series must have exactly one data point per category",
                {"axis_config": _SHORT},
            ),
            Also(
                "has a name of its own for each series", _series_told_apart, "duplicate series name", {"series": _TWINS}
            ),
        ),
    )


CHARTS = (
    *(_drawn(kind) for kind in ("line", "bar", "area")),
    typed("pie", f"{BLOCKS}/data-visualization-block", {"segments": Items(SEGMENT, 1, 6)}),
)
DATA_VISUALIZATION = typed(
    "data_visualization", f"{BLOCKS}/data-visualization-block", {"title": Text(50), "chart": Kind(CHARTS)}, ID
)
HTTPS = Matching(re.compile(r"^https://"), "https://example.com/v")
VIDEO = typed(
    "video",
    f"{BLOCKS}/video-block",
    {"alt_text": Text(), "title": plain(199), "thumbnail_url": URL, "video_url": HTTPS},
    {
        "author_name": Text(49),
        "description": plain(199),
        "provider_icon_url": URL,
        "provider_name": Text(),
        "title_url": HTTPS,
        **ID,
    },
)
CONTAINED = (
    ACTIONS,
    CONTEXT,
    DIVIDER,
    FILE,
    HEADER,
    IMAGE_BLOCK,
    INPUT,
    RICH_TEXT,
    SECTION,
    TABLE,
    VIDEO,
)
CONTAINER = typed(
    "container",
    f"{BLOCKS}/container-block",
    {"child_blocks": Items(Kind(CONTAINED), 1, 10)},
    {
        "title": plain(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": either(150),
        "icon": IMAGE,
        "width": OneOf(("narrow", "standard", "wide", "full")),
        "is_collapsible": Boolean(),
        "default_collapsed": Boolean(),
        "has_header_divider": Boolean(),
        **ID,
    },
    any_of=("title", "rich_text_title"),
    also=(
        Also(
            "is collapsed at first only where it can be collapsed",
            lambda block: not block.get("default_collapsed") or block.get("is_collapsible", False),
            "default_collapsed requires is_collapsible",
            {"default_collapsed": True, "is_collapsible": False},
        ),
    ),
)

ALL = (
    ACTIONS,
    ALERT,
    CARD,
    CAROUSEL,
    CONTAINER,
    CONTEXT,
    CONTEXT_ACTIONS,
    DATA_TABLE,
    DATA_VISUALIZATION,
    DIVIDER,
    FILE,
    HEADER,
    IMAGE_BLOCK,
    INPUT,
    MARKDOWN,
    PLAN,
    RICH_TEXT,
    SECTION,
    TABLE,
    TASK,
    VIDEO,
)
BLOCK = Kind(ALL)

SURFACES_FROM = "https://docs.slack.dev/blocks.json"
# From blocks.json, with what the pages add: an app cannot send a file block anywhere.
# Cards and carousels that are said to stand in modals do not render there (TightknitAI/slack-block-kit-validator).
NOT_IN: dict[str, frozenset[str]] = {
    "message": frozenset({"alert", "file"}),
    "modal": frozenset(
        {
            "card",
            "carousel",
            "container",
            "context_actions",
            "data_table",
            "data_visualization",
            "file",
            "markdown",
            "plan",
            "table",
            "task_card",
        }
    ),
    "home": frozenset(
        {
            "alert",
            "container",
            "context_actions",
            "data_visualization",
            "file",
            "markdown",
            "plan",
            "table",
            "task_card",
        }
    ),
}
