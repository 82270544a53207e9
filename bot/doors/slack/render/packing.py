"""Blocks into messages that Slack takes: no block too long, no message too full, no word lost on the way."""

import json
from collections.abc import Iterator

from domain.plain_json import Json

MOST_BLOCKS = 45
LONGEST_MESSAGE = 11_500
"""Characters of JSON in one message. Slack refuses from about 13,000 on, and does not say how it counts."""
LONGEST_BLOCK = 5000


def packed(blocks: list[Json], longest: int = LONGEST_MESSAGE, most: int = MOST_BLOCKS) -> list[list[Json]]:
    """The blocks in order, in as few messages as they fit into; never an empty one."""
    messages: list[list[Json]] = []
    room = 0
    for block in (piece for whole in blocks for piece in pieces(whole)):
        size = weight(block)
        if messages and size <= room and len(messages[-1]) < most:
            messages[-1].append(block)
            room -= size
        else:
            messages.append([block])
            room = longest - size
    return messages


def weight(block: Json) -> int:
    return len(json.dumps(block, ensure_ascii=False)) + 1


def pieces(block: Json, longest: int = LONGEST_BLOCK) -> Iterator[Json]:
    """A rich text block as blocks that are not too long; any other block is bounded by how it was made."""
    if block["type"] != "rich_text" or weight(block) <= longest:
        yield block
        return
    taken: list[Json] = []
    for element in (part for whole in block["elements"] for part in _parts(whole, longest - 200)):
        if taken and weight({"elements": [*taken, element]}) > longest - 50:
            yield block | {"elements": taken}
            taken = []
        taken.append(element)
    yield block | {"elements": taken}


def _parts(element: Json, longest: int) -> Iterator[Json]:
    """An element as elements of its kind; a list goes on counting where it was cut."""
    if weight(element) <= longest:
        yield element
        return
    is_list = element["type"] == "rich_text_list"
    taken: list[Json] = []
    done = int(element.get("offset", 0))
    for inner in (part for whole in element["elements"] for part in _inner(whole, longest - 150)):
        if taken and weight({"elements": [*taken, inner]}) > longest - 100:
            yield element | {"elements": taken} | ({"offset": done} if is_list and done else {})
            done += len(taken)
            taken = []
        taken.append(inner)
    yield element | {"elements": taken} | ({"offset": done} if is_list and done else {})


def _inner(element: Json, longest: int) -> Iterator[Json]:
    if weight(element) <= longest:
        yield element
    elif "elements" in element:
        yield from _parts(element, longest)
    elif "text" in element and element["type"] == "text":
        yield from ({**element, "text": text} for text in _texts(str(element["text"]), longest // 2 - 100))
    else:
        yield element


def _texts(text: str, longest: int) -> Iterator[str]:
    """`text` cut after line breaks or blanks where there are some; joined again it is the same."""
    while len(text) > longest:
        head = text[:longest]
        at = head.rfind("\n") + 1 or head.rfind(" ") + 1 or longest
        yield text[:at]
        text = text[at:]
    if text:
        yield text
