"""Clock times in the zone of who asked, as dates that each reader sees in their own."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.doors.moments import Moments, is_clock_only
from bot.doors.slack.render import rich
from domain.plain_json import Json

_TIME, _DAY_AND_TIME = "{time}", "{date_short_pretty} {time}"
_INSIDE = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote"})
"""What is exact, to be copied, stays as it is."""


def in_each_zone(blocks: Sequence[Json], moments: Sequence[tuple[str, datetime]]) -> list[Json]:
    """The blocks with every one of these words as a date; a time that names a zone of its own is none of them."""
    known = Moments.of(moments)
    return [_block(block, known) for block in blocks] if known else list(blocks)


def _block(block: Json, moments: Moments) -> Json:
    if block["type"] != "rich_text":
        return block
    return {**block, "elements": [_element(element, moments) for element in block["elements"]]}


def _element(element: Json, moments: Moments) -> Json:
    if element["type"] not in _INSIDE:
        return element
    inner = [
        piece
        for one in element["elements"]
        for piece in ([_element(one, moments)] if "elements" in one else _pieces(one, moments))
    ]
    return {**element, "elements": inner}


def _pieces(leaf: Json, moments: Moments) -> Iterator[Json]:
    if leaf["type"] != "text" or leaf.get("style", {}).get("code"):
        yield leaf
        return
    for words, at in moments.pieces(leaf["text"]):
        yield (
            {**leaf, "text": words} if at is None else rich.moment(at, _TIME if is_clock_only(words) else _DAY_AND_TIME)
        )
