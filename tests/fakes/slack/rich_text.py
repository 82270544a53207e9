"""The rich_text block and what stands in it: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

import re

from tests.fakes.slack.elements import CHANNEL_ID, DOCS, URL, USER_ID
from tests.fakes.slack.shapes import Boolean, Fields, Items, Kind, Matching, Number, OneOf, Text, typed

PAGE = f"{DOCS}/block-kit/blocks/rich-text-block"

STYLE = Fields(
    {},
    {
        key: Boolean()
        for key in ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
    },
    any_of=("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink"),
)
STYLED = {"style": STYLE}

LEAVES = (
    typed("text", PAGE, {"text": Text()}, STYLED),
    typed("link", PAGE, {"url": URL}, {"text": Text(least=0), "unsafe": Boolean(), **STYLED}),
    typed("user", PAGE, {"user_id": USER_ID}, STYLED),
    typed("usergroup", PAGE, {"usergroup_id": Matching(re.compile(r"^S[A-Z0-9]+$"), "S0123")}, STYLED),
    typed("channel", PAGE, {"channel_id": CHANNEL_ID}, STYLED),
    typed("emoji", PAGE, {"name": Text()}, {"unicode": Text(), "skin_tone": Number(1, 6), **STYLED}),
    typed("broadcast", PAGE, {"range": OneOf(("here", "channel", "everyone"))}, STYLED),
    typed("color", PAGE, {"value": Matching(re.compile(r"^#?[0-9a-fA-F]{6}$"), "#2eb67d")}, STYLED),
    typed(
        "date",
        PAGE,
        {"timestamp": Number(0), "format": Text(example="{date_num} {time_secs}")},
        {"url": URL, "fallback": Text(least=0), **STYLED},
    ),
)
LEAF_LIST = Items(Kind(LEAVES), least=0)
BORDER = {"border": OneOf((0, 1))}
SECTION = typed("rich_text_section", PAGE, {"elements": LEAF_LIST})
PREFORMATTED = typed("rich_text_preformatted", PAGE, {"elements": LEAF_LIST}, {**BORDER, "language": Text()})
QUOTE = typed("rich_text_quote", PAGE, {"elements": LEAF_LIST}, BORDER)
LIST = typed(
    "rich_text_list",
    PAGE,
    {"style": OneOf(("bullet", "ordered")), "elements": Items(Kind((SECTION,)))},
    {"indent": Number(0), "offset": Number(0), **BORDER},
)
PARTS = (SECTION, PREFORMATTED, QUOTE, LIST)
RICH_TEXT = typed("rich_text", PAGE, {"elements": Items(Kind(PARTS), least=0)}, {"block_id": Text(255)})
RICH_TEXT_INPUT = typed(
    "rich_text_input",
    f"{DOCS}/block-kit/block-elements/rich-text-input-element",
    {"action_id": Text(255)},
    {"initial_value": RICH_TEXT, "focus_on_load": Boolean()},
)
