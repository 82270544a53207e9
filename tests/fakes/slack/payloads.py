"""What Slack refuses about a whole message, modal or Home: counts, surfaces, ids told apart, totals.

block_rules.py lists every rule of Block Kit here and below, each with its source and a payload that it refuses.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.fakes.slack import blocks as kit
from tests.fakes.slack import elements
from tests.fakes.slack.elements import DOCS, plain
from tests.fakes.slack.shapes import Also, Boolean, Fault, Items, Json, Kind, Text, typed

Blocks = list[Json]


def words(value: Json) -> Iterator[str]:
    """Every piece of text in blocks that a person reads."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("text", "title", "alt_text", "caption", "label", "hint") and isinstance(item, str):
                yield item
            elif key != "value":
                yield from words(item)
    elif isinstance(value, list):
        for item in value:
            yield from words(item)


def inside(value: Json) -> Iterator[dict[str, Json]]:
    """Every object in blocks, the outer ones first."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from inside(item)
    elif isinstance(value, list):
        for item in value:
            yield from inside(item)


@dataclass(frozen=True)
class Whole:
    """A rule over all blocks of a message ("message"), a modal or a Home; `refuses` breaks it and no other."""

    rule: str
    source: str
    surfaces: tuple[str, ...]
    complaint: Callable[[Blocks], str]
    refuses: Blocks
    error: str = "invalid_blocks"


EVERYWHERE = ("message", "modal", "home")


def _section(text: str = "words", **more: Json) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def _button(action_id: str) -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": "Press"}, "action_id": action_id}


def _too_many(kinds: tuple[str, ...], most: int, complaint: str) -> Callable[[Blocks], str]:
    return lambda blocks: complaint if sum(block.get("type") in kinds for block in blocks) > most else ""


def _doubled_block_ids(blocks: Blocks) -> str:
    counts = Counter(block["block_id"] for block in blocks if "block_id" in block)
    return next((f"block_id {one} already exists" for one, count in counts.items() if count > 1), "")


def _doubled_action_ids(blocks: Blocks) -> str:
    for block in blocks:
        counts = Counter(item["action_id"] for item in inside(block) if isinstance(item.get("action_id"), str))
        for one, count in counts.items():
            if count > 1:
                return f"action_id {one} already exists"
    return ""


def _focused_twice(blocks: Blocks) -> str:
    focused = sum(item.get("focus_on_load") is True for item in inside(blocks))
    return "only one element can have focus_on_load set to true" if focused > 1 else ""


def _files_outside_modals(blocks: Blocks) -> str:
    return "unsupported type: file_input" if any(item.get("type") == "file_input" for item in inside(blocks)) else ""


def _markdown(blocks: Blocks) -> str:
    total = sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown")
    return "markdown blocks must have at most 12000 characters in total" if total > 12000 else ""


def _data_table(blocks: Blocks) -> str:
    total = sum(len(text) for block in blocks if block.get("type") == "data_table" for text in words(block))
    return "data_table must have at most 10000 characters" if total > 10000 else ""


def _text_of_all(blocks: Blocks) -> str:
    return "blocks too long" if sum(map(len, words(blocks))) > 13200 else ""


def _input(name: str) -> Json:
    box = {"type": "plain_text_input", "action_id": name, "focus_on_load": True}
    return {"type": "input", "label": {"type": "plain_text", "text": name}, "element": box}


_CHART = {
    "type": "data_visualization",
    "title": "p99",
    "chart": {"type": "pie", "segments": [{"label": "words", "value": 1}]},
}
_TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
_WIDE_TABLE = {
    "type": "data_table",
    "caption": "all",
    "rows": [[{"type": "raw_text", "text": "x" * 4000}] for _ in range(3)],
}
_VALIDATOR = "https://github.com/TightknitAI/slack-block-kit-validator"

WHOLE = (
    Whole(
        "has at most 50 blocks",
        f"{DOCS}/block-kit/blocks",
        ("message",),
        lambda blocks: "no more than 50 items allowed" if len(blocks) > 50 else "",
        [{"type": "divider"}] * 51,
    ),
    Whole(
        "has each block_id once",
        f"{DOCS}/block-kit/blocks",
        EVERYWHERE,
        _doubled_block_ids,
        [_section(block_id="same"), _section(block_id="same")],
    ),
    Whole(
        "has each action_id once in a block",
        f"{elements.ELEMENTS}/button-element",
        EVERYWHERE,
        _doubled_action_ids,
        [{"type": "actions", "elements": [_button("same"), _button("same")]}],
    ),
    Whole(
        "has at most one table",
        f"{DOCS}/block-kit/blocks/table-block",
        ("message",),
        _too_many(("table", "data_table"), 1, "only_one_table_allowed"),
        [_TABLE, _TABLE],
        error="invalid_attachments",
    ),
    Whole(
        "has at most one plan",
        _VALIDATOR,
        ("message",),
        _too_many(("plan",), 1, "only one plan block allowed"),
        [{"type": "plan", "title": "a"}, {"type": "plan", "title": "b"}],
    ),
    Whole(
        "has at most two charts",
        f"{DOCS}/block-kit/blocks/data-visualization-block",
        ("message",),
        _too_many(("data_visualization",), 2, "no more than 2 data_visualization blocks allowed"),
        [_CHART] * 3,
    ),
    Whole(
        "has at most 12000 characters of markdown in all",
        f"{DOCS}/block-kit/blocks/markdown-block",
        ("message",),
        _markdown,
        [{"type": "markdown", "text": "x" * 6001}] * 2,
    ),
    Whole(
        "has a data_table of at most 10000 characters",
        f"{DOCS}/block-kit/blocks/data-table-block",
        ("message", "home"),
        _data_table,
        [_WIDE_TABLE],
    ),
    Whole(
        "has one element with the focus at most",
        f"{elements.ELEMENTS}/plain-text-input-element",
        EVERYWHERE,
        _focused_twice,
        [_input("a"), _input("b")],
    ),
    Whole(
        "has file inputs in modals only",
        f"{elements.ELEMENTS}/file-input-element",
        ("message", "home"),
        _files_outside_modals,
        [{"type": "input", "label": {"type": "plain_text", "text": "a"}, "element": {"type": "file_input"}}],
    ),
    Whole(
        "has at most 13200 characters in all its blocks",
        "https://github.com/slackapi/bolt-js/issues/2509",
        ("message",),
        _text_of_all,
        [_section("x" * 2900)] * 5,
        error="msg_blocks_too_long",
    ),
)

_OPEN_ENDED = Text(3000, least=0)
_NAMES = Text(255, least=0)
VIEWS = f"{DOCS}/views"
HOME = typed(
    "home",
    f"{VIEWS}/home-tab-views",
    {"blocks": Items(kit.BLOCK, 0, 100)},
    {"private_metadata": _OPEN_ENDED, "callback_id": _NAMES, "external_id": _NAMES},
)
MODAL = typed(
    "modal",
    f"{VIEWS}/modal-views",
    {"title": plain(24), "blocks": Items(kit.BLOCK, 1, 100)},
    {
        "close": plain(24),
        "submit": plain(24),
        "private_metadata": _OPEN_ENDED,
        "callback_id": _NAMES,
        "external_id": _NAMES,
        "clear_on_close": Boolean(),
        "notify_on_close": Boolean(),
        "submit_disabled": Boolean(),
    },
    also=(
        Also(
            "has submit where it has an input",
            lambda view: "submit" in view or all(block["type"] != "input" for block in view["blocks"]),
            "missing required field: submit",
            {"blocks": [kit.INPUT.good()]},
        ),
    ),
)
VIEW = Kind((MODAL, HOME))


@dataclass(frozen=True)
class Refusal:
    error: str
    faults: tuple[Fault, ...]


def refusal_of_blocks(blocks: Json, surface: str = "message", at: str = "/blocks") -> Refusal | None:
    """Why Slack refuses these blocks on this surface, or None."""
    faults = tuple(Items(kit.BLOCK, least=0).faults(blocks, at))
    if faults:
        return Refusal("invalid_blocks", faults)
    misplaced = tuple(
        Fault(f"unsupported type: {block['type']}", f"{at}/{index}/type")
        for index, block in enumerate(blocks)
        if block["type"] in kit.NOT_IN[surface]
    )
    if misplaced:
        return Refusal("invalid_blocks", misplaced)
    for whole in WHOLE:
        complaint = whole.complaint(blocks) if surface in whole.surfaces else ""
        if complaint:
            return Refusal(whole.error, (Fault(complaint, at),))
    return None


def refusal_of_view(view: Json, kinds: tuple[str, ...] = ("modal", "home")) -> Refusal | None:
    """Why Slack refuses this view, or None."""
    if isinstance(view, dict) and len(json.dumps(view)) > 250_000:
        return Refusal("view_too_large", (Fault("view is greater than 250kb", "/view"),))
    faults = tuple(VIEW.faults(view, "/view"))
    if not faults and view["type"] not in kinds:
        faults = (Fault(f"unsupported type: {view['type']}", "/view/type"),)
    if faults:
        return Refusal("invalid_arguments", faults)
    refused = refusal_of_blocks(view["blocks"], view["type"], "/view/blocks")
    return Refusal("invalid_arguments", refused.faults) if refused else None


def refusal(surface: str, payload: Json) -> Refusal | None:
    return refusal_of_blocks(payload) if surface == "message" else refusal_of_view(payload, (surface,))
