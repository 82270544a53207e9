"""Clock times in the zone of who asked, as dates that each reader sees in their own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.doors.slack.render import rich
from domain.plain_json import Json

_TIME, _DAY_AND_TIME = "{time}", "{date_short_pretty} {time}"
_INSIDE = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote"})
"""What is exact, to be copied, stays as it is."""


def in_each_zone(blocks: Sequence[Json], moments: Sequence[tuple[str, datetime]]) -> list[Json]:
    """The blocks with every one of these words as a date; a time that names a zone of its own is none of them."""
    if not moments:
        return list(blocks)
    known = {words: at for words, at in moments if words.strip()}
    longest_first = "|".join(re.escape(words) for words in sorted(known, key=len, reverse=True))
    # Not within a longer number, and not "14:03 UTC" where only "14:03" is known.
    found = re.compile(rf"(?<![\w:.])(?:{longest_first})(?![\w:]|\.\d| [A-Z]{{3,5}}\b)")
    return [_block(block, found, known) for block in blocks]


def _block(block: Json, found: re.Pattern[str], known: Mapping[str, datetime]) -> Json:
    if block["type"] != "rich_text":
        return block
    return {**block, "elements": [_element(element, found, known) for element in block["elements"]]}


def _element(element: Json, found: re.Pattern[str], known: Mapping[str, datetime]) -> Json:
    if element["type"] not in _INSIDE:
        return element
    inner = [
        piece
        for one in element["elements"]
        for piece in ([_element(one, found, known)] if "elements" in one else _pieces(one, found, known))
    ]
    return {**element, "elements": inner}


def _pieces(leaf: Json, found: re.Pattern[str], known: Mapping[str, datetime]) -> Iterator[Json]:
    if leaf["type"] != "text" or leaf.get("style", {}).get("code"):
        yield leaf
        return
    text, end = leaf["text"], 0
    for match in found.finditer(text):
        if match.start() > end:
            yield {**leaf, "text": text[end : match.start()]}
        yield rich.moment(known[match[0]], _TIME if match[0][2] == ":" else _DAY_AND_TIME)
        end = match.end()
    if end < len(text):
        yield {**leaf, "text": text[end:]}
