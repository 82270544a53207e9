"""What Slack takes, so that nothing is sent that it would refuse or, worse, take and not show.

Where slack_sdk's models check a limit, so do we; where they have holes, only we do. Each rule names its source:
`docs` is docs.slack.dev/reference/block-kit, `sdk` is slack_sdk.models, `seen` is an issue of slackapi with figures.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from domain.plain_json import Json

Surface = Literal["message", "modal", "home"]

MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}  # docs: blocks
LONGEST_BLOCKS = 13_000  # seen: slackapi/bolt-js#2509, msg_blocks_too_long from about 13,200 characters on
LONGEST_VIEW = 250_000  # docs: views.open, view_too_large
LONGEST_TEXT = 4000  # seen: chat.update answers msg_too_long at about 4,000
_IDS = 255  # sdk: block_id, action_id, callback_id
_ONLY: dict[str, tuple[Surface, ...]] = {  # docs: "Works in surfaces" of each block
    "alert": ("modal",),
    "table": ("message",),
    "markdown": ("message",),
    "data_visualization": ("message",),
    "plan": ("message",),
    "task_card": ("message",),
    "context_actions": ("message",),
}
_KNOWN = {"header", "section", "divider", "context", "actions", "image", "input", "rich_text", *_ONLY}
_RICH = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}


def faults_of_message(payload: Json) -> list[str]:
    """Why Slack would refuse or mangle this message; empty when it would not."""
    faults: list[str] = []
    text = payload.get("text", "")
    if not text.strip():
        faults.append("no text: notices and screen readers have nothing to say")
    if len(text) > LONGEST_TEXT:
        faults.append(f"text has {len(text)} characters of {LONGEST_TEXT}")
    blocks = payload.get("blocks") or []
    if len(json.dumps(blocks, ensure_ascii=False)) > LONGEST_BLOCKS:
        faults.append("msg_blocks_too_long")
    kinds = Counter(block.get("type") for block in blocks)
    faults += ["more than one table"] if kinds["table"] > 1 else []
    faults += ["more than two charts"] if kinds["data_visualization"] > 2 else []
    return [*faults, *faults_of_blocks(blocks, "message")]


def faults_of_view(view: Json) -> list[str]:
    """Why Slack would refuse this modal or Home tab."""
    surface: Surface = "home" if view.get("type") == "home" else "modal"
    faults = list(faults_of_blocks(view.get("blocks") or [], surface))
    if len(json.dumps(view, ensure_ascii=False)) > LONGEST_VIEW:
        faults.append("view_too_large")
    if len(view.get("private_metadata", "")) > 3000:  # sdk: View
        faults.append("private_metadata is too long")
    if len(view.get("callback_id", "")) > _IDS:
        faults.append("callback_id is too long")
    if surface == "home":
        return faults + [f"a Home tab has no {name}" for name in ("submit", "close", "title") if name in view]
    for name in ("title", "submit", "close"):
        if name in view:
            faults += _plain(view[name], 24, name)  # sdk: View
    if "title" not in view:
        faults.append("a modal needs a title")
    if any(block.get("type") == "input" for block in view.get("blocks", ())) and "submit" not in view:
        faults.append("inputs without a submit button")  # docs: views
    return faults


def faults_of_blocks(blocks: Sequence[Json], surface: Surface) -> list[str]:
    faults = [] if 1 <= len(blocks) <= MOST_BLOCKS[surface] else [f"{len(blocks)} blocks in a {surface}"]
    ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    faults += [f"block_id {found!r} is there {count} times" for found, count in ids.items() if count > 1]
    acting = Counter(
        e["action_id"] for b in blocks for e in _elements(b) if "action_id" in e and b["type"] == "actions"
    )
    faults += [f"action_id {found!r} is there {count} times" for found, count in acting.items() if count > 1]
    for number, block in enumerate(blocks):
        faults += [f"block {number} ({block.get('type')}): {fault}" for fault in _faults_of_block(block, surface)]
    return faults


def _faults_of_block(block: Json, surface: Surface) -> list[str]:
    try:
        return list(_block(block, surface))
    except (KeyError, TypeError, AttributeError) as unlike:
        return [f"has not the shape of its kind: {unlike!r}"]


def _block(block: Json, surface: Surface) -> Iterator[str]:
    kind = block.get("type")
    if kind not in _KNOWN:
        yield "is of no kind that we know"
        return
    if surface not in _ONLY.get(str(kind), (surface,)):
        yield f"is not shown in a {surface}"
    if not 0 < len(block.get("block_id", "-")) <= _IDS:
        yield "block_id is empty or too long"
    match kind:
        case "header":
            yield from _plain(block["text"], 150, "text")  # sdk: HeaderBlock; a mrkdwn type passes there
        case "section":
            yield from _section(block)
        case "context":
            yield from _count(block["elements"], 10)  # sdk: ContextBlock
            for element in block["elements"]:
                yield from _text(element, 3000, "element") if element["type"] != "image" else ()
        case "actions":
            yield from _count(block["elements"], 25)  # sdk: ActionsBlock
            for element in block["elements"]:
                yield from _element(element)
        case "input":
            yield from _plain(block["label"], 2000, "label")  # sdk: InputBlock
            if "hint" in block:
                yield from _plain(block["hint"], 2000, "hint")
            yield from _element(block["element"])
        case "image":
            yield from _image(block)
        case "rich_text":
            yield from _count(block["elements"], 1000)
            for element in block["elements"]:
                yield from _rich(element)
        case "table":
            yield from _table(block)
        case "data_visualization":
            yield from _chart(block)
        case "markdown":
            yield from [] if 0 < len(block["text"]) <= 12_000 else ["text is empty or too long"]  # sdk: MarkdownBlock


def _section(block: Json) -> Iterator[str]:
    if "text" in block:
        yield from _text(block["text"], 3000, "text")  # sdk: SectionBlock
    fields = block.get("fields", ())
    if not fields and "text" not in block:
        yield "has neither text nor fields"
    if len(fields) > 10:
        yield f"{len(fields)} fields"
    for field in fields:
        yield from _text(field, 2000, "field")  # docs: section, not in the sdk


def _image(block: Json) -> Iterator[str]:
    if not 0 < len(block.get("alt_text", "")) <= 2000:  # sdk: ImageBlock
        yield "alt_text is missing or too long"
    if ("image_url" in block) == ("slack_file" in block):
        yield "needs an image_url or a slack_file"
    if len(block.get("image_url", "")) > 3000:
        yield "image_url is too long"
    if "slack_file" in block and not block["slack_file"].get("id"):
        yield "a slack_file without id"
    if "title" in block:
        yield from _plain(block["title"], 2000, "title")


def _element(element: Json) -> Iterator[str]:
    if not 0 < len(element.get("action_id", "")) <= _IDS:
        yield "action_id is missing or too long"
    if "confirm" in element:
        yield from _confirm(element["confirm"])
    match element["type"]:
        case "button":
            yield from _plain(element["text"], 75, "button")  # sdk: ButtonElement
            if len(element.get("value", "")) > 2000:
                yield "value is too long"
            if "url" in element and not 0 < len(element["url"]) <= 3000:
                yield "url is too long"
            if element.get("style", "primary") not in ("primary", "danger"):
                yield f"style {element['style']!r}"
        case "checkboxes":
            yield from _count(element["options"], 10)  # docs: checkboxes
            yield from _options(element)
        case "static_select" | "radio_buttons":
            yield from _count(element["options"], 100 if element["type"] == "static_select" else 10)
            yield from _options(element)
        case "plain_text_input":
            if len(element.get("initial_value", "")) > 3000:  # docs: plain-text input, max_length
                yield "initial_value is too long"
        case kind:
            yield f"an element of kind {kind!r}"


def _options(element: Json) -> Iterator[str]:
    values = [option["value"] for option in element["options"]]
    if len(set(values)) < len(values):
        yield "two options of one value"
    for option in element["options"]:
        yield from _text(option["text"], 75, "option")  # docs: option object
        if not 0 < len(option["value"]) <= 150:
            yield "the value of an option is empty or too long"
        if "description" in option:
            yield from _text(option["description"], 75, "description")
    for option in element.get("initial_options", ()):
        if option not in element["options"]:
            yield "an initial option is none of the options"
    if "initial_options" in element and not element["initial_options"]:
        yield "initial_options is empty"


def _confirm(confirm: Json) -> Iterator[str]:
    for name, longest in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):  # sdk: ConfirmObject
        yield from _text(confirm[name], longest, name)


def _rich(element: Json) -> Iterator[str]:
    if element["type"] not in _RICH:
        yield f"an element of kind {element['type']!r}"
        return
    for inner in element["elements"]:
        match inner["type"]:
            case "rich_text_section" if element["type"] == "rich_text_list":
                yield from _rich(inner)
            case "text" if not inner["text"]:
                yield "an empty text"
            case "link" if not 0 < len(inner["url"]) <= 3000:
                yield "a link to nowhere"
            case "date" if not inner["format"] or inner["timestamp"] < 0:
                yield "a date without format or moment"
            case "user" if not inner["user_id"]:
                yield "nobody"
            case "text" | "link" | "user" | "date" | "emoji" | "channel" | "color":
                pass
            case kind:  # `broadcast` is not ours to send: nothing here pings a channel
                yield f"a {kind} in {element['type']}"
    if not element["elements"] and element["type"] in ("rich_text_preformatted", "rich_text_list"):
        yield f"an empty {element['type']}"
    if element["type"] == "rich_text_list":
        if element["style"] not in ("bullet", "ordered"):
            yield f"a list of style {element['style']!r}"
        if element.get("indent", 0) < 0 or element.get("offset", 0) < 0:
            yield "a list that begins before its margin"


def _table(block: Json) -> Iterator[str]:
    if not 0 < len(block["rows"]) <= 100:  # docs: table
        yield f"{len(block['rows'])} rows"
    widths = {len(row) for row in block["rows"]}
    if len(widths) > 1 or max(widths, default=0) > 20 or 0 in widths:
        yield f"rows of {sorted(widths)} cells"
    if any(cell["type"] == "raw_text" and not cell["text"] for row in block["rows"] for cell in row):
        yield "an empty cell"
    if len(block.get("column_settings", ())) > 20:
        yield "too many column settings"


def _chart(block: Json) -> Iterator[str]:
    chart = block["chart"]
    if not 0 < len(block["title"]) <= 50:  # docs: data visualization, as for all that follow
        yield "title is empty or too long"
    if chart["type"] not in ("line", "bar", "area"):
        yield f"a chart of kind {chart['type']!r}"
        return
    categories = chart["axis_config"]["categories"]
    yield from _count(categories, 20)
    yield from _count(chart["series"], 6)
    axes = [chart["axis_config"].get(name, "-") for name in ("x_label", "y_label")]
    names = [series["name"] for series in chart["series"]]
    if not all(0 < len(label) <= 20 for label in (*categories, *axes, *names)):
        yield "a label is empty or too long"
    if len(set(names)) < len(names):
        yield "two series of one name"
    for series in chart["series"]:
        if [point["label"] for point in series["data"]] != categories:
            yield "a series without one value for each category"


def _plain(text: Json, longest: int, name: str) -> Iterator[str]:
    if text["type"] != "plain_text":
        yield f"{name} is {text['type']}, not plain_text"
    yield from _text(text, longest, name)


def _text(text: Json, longest: int, name: str) -> Iterator[str]:
    if text["type"] not in ("plain_text", "mrkdwn"):
        yield f"{name} is of kind {text['type']!r}"
    if not 0 < len(text["text"]) <= longest:
        yield f"{name} has {len(text['text'])} characters of {longest}"


def _count(elements: Sequence[object], most: int) -> Iterator[str]:
    if not 0 < len(elements) <= most:
        yield f"{len(elements)} elements of {most}"


def _elements(block: Json) -> list[Json]:
    found: list[Json] = block.get("elements") or []
    return found
