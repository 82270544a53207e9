"""Blocks as words: for notices, for screen readers, and for a channel that takes no blocks."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from domain.plain_json import Json, dig

LONGEST = 3500
"""chat.update refuses texts of about 4,000 characters; this leaves room."""


def text_of(blocks: Sequence[Json]) -> str:
    """Every word of `blocks`, escaped so that Slack reads no markup, mention or link into it."""
    return "\n".join(line for block in blocks if (line := "\n".join(_lines(block)).strip("\n")))


def escaped(text: str) -> str:
    """The three characters that Slack reads as control, as entities: what is left of them mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, longest: int = LONGEST) -> str:
    """Whole lines as far as they fit, and a sign that there is more; entities stay whole."""
    if len(text) <= longest:
        return text
    head = text[: longest - 2]
    head = head[: head.rfind("\n")] if "\n" in head else head[: head.rfind(" ")] if " " in head else head
    entity = head.rfind("&")
    return (head[:entity] if entity >= 0 and ";" not in head[entity:] else head) + "\n…"


def _lines(block: Json) -> Iterator[str]:
    match block["type"]:
        case "header" | "section":
            yield from (_words(text) for text in (block.get("text"), *block.get("fields", ())) if text)
        case "context":
            yield " ".join(_words(element) for element in block["elements"] if "text" in element)
        case "rich_text":
            yield from (_rich(element) for element in block["elements"])
        case "actions":
            yield from (_element(element) for element in block["elements"])
        case "input":
            yield f"{_words(block['label'])}: {escaped(block['element'].get('initial_value', ''))}"
        case "image":
            yield escaped(block["alt_text"])
        case "table":
            yield from (" | ".join(_cell(cell) for cell in row) for row in block["rows"])
        case "data_visualization":
            yield escaped(block["title"])
            yield from (escaped(series["name"]) for series in dig(block, "chart", "series", default=[]))
        case _:
            return


def _words(text: Json) -> str:
    return str(text["text"]) if text["type"] == "mrkdwn" else escaped(str(text["text"]))


def _rich(element: Json) -> str:
    inner = element["elements"]
    match element["type"]:
        case "rich_text_list":
            mark: Callable[[int], str] = partial(_mark, element)
            return "\n".join(f"{mark(number)} {_rich(item)}" for number, item in enumerate(inner))
        case "rich_text_preformatted":
            return f"```\n{''.join(map(_inline, inner))}\n```"
        case "rich_text_quote":
            return "\n".join(f"> {line}" for line in "".join(map(_inline, inner)).split("\n"))
        case _:
            return "".join(map(_inline, inner))


def _mark(element: Json, number: int) -> str:
    ordered = element.get("style") == "ordered"
    indent = "    " * int(element.get("indent", 0))
    return f"{indent}{int(element.get('offset', 0)) + number + 1}." if ordered else f"{indent}•"


def _inline(element: Json) -> str:
    match element["type"]:
        case "text":
            return escaped(str(element["text"]))
        case "link":
            label = escaped(str(element.get("text", "")))
            return f"{label} ({escaped(element['url'])})" if label else escaped(str(element["url"]))
        case "user":
            return f"<@{element['user_id']}>"
        case "date":
            return f"<!date^{element['timestamp']}^{element['format']}|{escaped(element['fallback'])}>"
        case _:
            return ""


def _element(element: Json) -> str:
    if element["type"] == "checkboxes":
        ticked = {option["value"] for option in element.get("initial_options", ())}
        return "\n".join(_box(option, option["value"] in ticked) for option in element["options"])
    url = f" ({escaped(element['url'])})" if element.get("url") else ""
    return f"[{_words(element['text'])}]{url}"


def _box(option: Json, ticked: bool) -> str:
    more = f"\n    {_words(option['description'])}" if "description" in option else ""
    return f"{'☑' if ticked else '☐'} {_words(option['text'])}{more}"


def _cell(cell: Json) -> str:
    return escaped(str(cell["text"])) if "text" in cell else " ".join(map(_rich, cell["elements"]))
