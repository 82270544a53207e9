"""Clock times in a card's words, as they read in the zone of who asked, found again for readers in other zones."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moments:
    known: Mapping[str, datetime]
    found: re.Pattern[str]

    @classmethod
    def of(cls, moments: Sequence[tuple[str, datetime]]) -> "Moments | None":
        """None where there is nothing to find."""
        known = {words: at for words, at in moments if words.strip()}
        if not known:
            return None
        longest_first = "|".join(re.escape(words) for words in sorted(known, key=len, reverse=True))
        # Not within a longer number, and not "14:03 UTC" where only "14:03" is known.
        return cls(known, re.compile(rf"(?<![\w:.])(?:{longest_first})(?![\w:]|\.\d| [A-Z]{{3,5}}\b)"))

    def pieces(self, text: str) -> Iterator[tuple[str, datetime | None]]:
        """All of `text` in order, each time with its moment; a time that names a zone of its own is none of them."""
        end = 0
        for match in self.found.finditer(text):
            if match.start() > end:
                yield text[end : match.start()], None
            yield match[0], self.known[match[0]]
            end = match.end()
        if end < len(text):
            yield text[end:], None


def is_clock_only(words: str) -> bool:
    """Whether these words of a moment name no day."""
    return words[2:3] == ":"
