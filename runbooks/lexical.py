"""How well words of a question occur in pieces of text: BM25, as a share of what the question could score at most."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbooks.vocabulary import identifiers, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FORMULA = {"k1": 1.2, "b": 0.75, "method": "lucene"}


class Lexical:
    """Read-only once built. A score of 1 would be a piece made of nothing but the question's words."""

    def __init__(self, bm25: Any, pieces: int) -> None:
        self._bm25 = bm25
        self._pieces = pieces

    @classmethod
    def build(cls, texts: Sequence[str], folder: Path) -> None:
        """Count the words of `texts` and keep the result in `folder`."""
        bm25s = _bm25s()
        bm25 = bm25s.BM25(**_FORMULA)
        # The formula needs at least one piece, and one word in it.
        bm25.index([words(text) + identifiers(text) or ["-"] for text in texts or [""]], show_progress=False)
        bm25.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, pieces: int) -> "Lexical":
        return cls(_bm25s().BM25.load(folder, show_progress=False), pieces)

    def rarity(self, word: str) -> float:
        """Inverse document frequency; the highest for a word that occurs nowhere."""
        number = self._bm25.vocab_dict.get(word)
        frequency = 0
        if number is not None:
            starts = self._bm25.scores["indptr"]
            frequency = int(starts[number + 1] - starts[number])
        return math.log(1 + (self._pieces - frequency + 0.5) / (frequency + 0.5))

    def scores(self, question: str) -> "NDArray[np.float32]":
        """One share between 0 and 1 for each piece."""
        import numpy as np

        asked = self.asked(question)
        most = sum(map(self.rarity, asked))
        known = [word for word in asked if word in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._pieces, dtype=np.float32)
        found: NDArray[np.float32] = self._bm25.get_scores(known) / most
        return found

    def asked(self, question: str) -> list[str]:
        """The different words of a question; whole identifiers only where a runbook holds them too."""
        whole = [name for name in identifiers(question) if name in self._bm25.vocab_dict]
        return list(dict.fromkeys(words(question) + whole))


def _bm25s() -> Any:
    import bm25s

    # It sets its own logger to DEBUG, so its progress would show wherever anybody logs at all.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
