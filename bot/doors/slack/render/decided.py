"""A message after somebody decided: what it said stays, its buttons are gone, and it says who and when."""

from collections.abc import Sequence
from datetime import datetime

from bot.doors.slack.render import rich
from bot.doors.slack.render.heading import TONES
from domain.plain_json import Json

_ACTING = frozenset({"actions", "input", "context_actions"})


def decided(blocks: Sequence[Json], words: str, user_id: str, at: datetime) -> list[Json]:
    """`words` by that user at that time in place of everything that could be pressed; `blocks` as Slack sent them."""
    kept = [_asks_no_more(block) for block in blocks if block["type"] not in _ACTING]
    said = rich.paragraph(
        rich.words(f"{words} by ", "bold"), [rich.user(user_id)], rich.words(" · "), [rich.moment(at)]
    )
    return [*kept, said]


def _asks_no_more(block: Json) -> Json:
    """The head of a question without its question mark."""
    symbol, word = TONES["question"]
    if block["type"] == "header":
        return {**block, "text": {**block["text"], "text": block["text"]["text"].removeprefix(f"{symbol} ")}}
    if block["type"] == "context":
        return {**block, "elements": [_without(word, element) for element in block["elements"]]}
    if block["type"] == "rich_text":
        return {**block, "elements": [_without_in(word, element) for element in block["elements"]]}
    return block


def _without_in(word: str, element: Json) -> Json:
    if element["type"] != "rich_text_section":
        return element
    return {**element, "elements": [_without(word, inner) for inner in element["elements"]]}


def _without(word: str, element: Json) -> Json:
    """The place that a card is about, and no more that a decision is waited for."""
    text = str(element.get("text", ""))
    shorter = text.removeprefix(f"{word} · ").removesuffix(f" · {word}")
    return {**element, "text": shorter} if shorter and shorter != text else element
