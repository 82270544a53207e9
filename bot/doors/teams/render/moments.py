"""Clock times in the zone of who asked, as each reader has them in their own.

Only a TextBlock knows such times, and it reads Markdown. A paragraph becomes one where none of its words could mean
anything in Markdown; any other keeps its times as they were said.
"""

import re
import string
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.doors.moments import Moments, is_clock_only
from bot.doors.teams.render import rich
from domain.plain_json import Json

_PLAIN = frozenset({"type", "text", "weight", "isSubtle"})
"""Properties of a run that a TextBlock can show, too."""
_MEANS_MORE = re.compile(r"[\\`*_~<>|{}#@]|\](?=[(:])|://|&(?=[\w#])|^\s*(?:[-+=]|\d+[.)])(?=\s|$)")
_WITHIN = ("items", "rows", "cells", "columns")


def in_each_zone(elements: Sequence[Json], moments: Sequence[tuple[str, datetime]]) -> list[Json]:
    """The elements with these words as times that Teams writes for each reader."""
    known = Moments.of(moments)
    return [_element(element, known) for element in elements] if known else list(elements)


def _element(element: Json, moments: Moments) -> Json:
    if element.get("type") == "RichTextBlock":
        return _block(element, moments)
    inner = {
        name: [_element(one, moments) for one in element[name]]
        for name in _WITHIN
        if isinstance(element.get(name), list)
    }
    return {**element, **inner}


def _block(block: Json, moments: Moments) -> Json:
    runs = block["inlines"]
    whole = "".join(str(run["text"]) for run in runs)
    if not any(moments.found.search(str(run["text"])) for run in runs) or _MEANS_MORE.search(whole):
        return block
    if any(run.keys() - _PLAIN for run in runs) or len({bool(run.get("isSubtle")) for run in runs}) > 1:
        return block
    if not all(_stays_bold(runs, place) for place in range(len(runs))):
        return block
    said = "".join(_marked(run, moments) for run in runs)
    look = {name: block[name] for name in ("spacing",) if name in block}
    return rich.text_block(said, **look, **({"isSubtle": True} if runs[0].get("isSubtle") else {}))


def _stays_bold(runs: Sequence[Json], place: int) -> bool:
    """Whether Markdown's marks around this run would be read as such: blanks or plain punctuation beyond them."""
    run = runs[place]
    if "weight" not in run:
        return True
    neighbours = [runs[n] for n in (place - 1, place + 1) if 0 <= n < len(runs)]
    if any("weight" in other for other in neighbours):
        return False
    text = str(run["text"])
    before = str(runs[place - 1]["text"])[-1] if place else " "
    after = str(runs[place + 1]["text"])[0] if place + 1 < len(runs) else " "
    return bool(text.strip()) and all(
        inner.isspace() or outer.isspace() or outer in string.punctuation
        for outer, inner in ((before, text[0]), (after, text[-1]))
    )


def _marked(run: Json, moments: Moments) -> str:
    text = str(run["text"])
    said = "".join(words if at is None else _own(words, at) for words, at in moments.pieces(text))
    bare = said.strip()
    if "weight" not in run or not bare:
        return said
    before, _, after = said.partition(bare)
    return f"{before}**{bare}**{after}"


def _own(words: str, at: datetime) -> str:
    stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    time = f"{{{{TIME({stamp})}}}}"
    return time if is_clock_only(words) else f"{{{{DATE({stamp},SHORT)}}}} {time}"
