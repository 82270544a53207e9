"""Elements into cards that Teams takes: none too large, no word lost on the way."""

import json
from collections.abc import Iterator

from domain.plain_json import Json

LARGEST_CARD = 24_000
"""Characters of JSON in one card, pictures not counted. Teams takes about 100 KB of UTF-16 for a bot's message and
28 KB for a webhook's (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages)."""
LARGEST_ELEMENT = 8_000


def packed(elements: list[Json], largest: int = LARGEST_CARD) -> list[list[Json]]:
    """The elements in order, in as few cards as they fit into; never an empty one."""
    cards: list[list[Json]] = [[]]
    room = largest
    for element in (piece for whole in elements for piece in pieces(whole)):
        size = weight(element)
        if cards[-1] and size > room:
            cards.append([])
            room = largest
        cards[-1].append(element)
        room -= size
    return cards


def weight(element: Json) -> int:
    """Characters of JSON without pictures."""
    if element["type"] == "Image":
        return len(str(element.get("altText", ""))) + 100
    return len(json.dumps(element, ensure_ascii=False)) + 1


def pieces(element: Json, largest: int = LARGEST_ELEMENT) -> Iterator[Json]:
    """An element as several of its kind that are not too large; one that cannot be cut stays whole."""
    if weight(element) <= largest:
        yield element
        return
    match element["type"]:
        case "Container" if "id" not in element:
            for items in _bunches([p for item in element["items"] for p in pieces(item, largest - 200)], largest - 150):
                yield {**element, "items": items}
        case "Table":
            head = element["rows"][:1] if element["firstRowAsHeader"] else []
            for rows in _bunches(element["rows"][len(head) :], largest - 200 - sum(map(_size, head))):
                yield {**element, "rows": [*head, *rows]}
        case "RichTextBlock":
            runs = [run for whole in element["inlines"] for run in _runs(whole, largest // 2)]
            for number, inlines in enumerate(_bunches(runs, largest - 100)):
                yield {**element, "inlines": inlines} | ({"spacing": "None"} if number else {})
        case _:
            yield element


def _bunches(items: list[Json], largest: int) -> Iterator[list[Json]]:
    taken: list[Json] = []
    room = largest
    for item in items:
        size = _size(item)
        if taken and size > room:
            yield taken
            taken, room = [], largest
        taken.append(item)
        room -= size
    yield taken


def _size(item: Json) -> int:
    return len(json.dumps(item, ensure_ascii=False)) + 2


def _runs(run: Json, largest: int) -> Iterator[Json]:
    text = str(run["text"])
    for start in range(0, max(len(text), 1), largest):
        yield {**run, "text": text[start : start + largest]}
