"""Text as vectors, offline: static word vectors that ship inside the wordllama wheel, weighted by how rare a token is.

Nothing is downloaded: the library is told where its wheel put the files, and forbidden to look elsewhere.
"""

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbooks.vocabulary import spaced

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

NAME = "wordllama-l2-supercat-rare"
DIMENSION = 256
_BATCH = 256


class WordVectors:
    """The pre-trained vectors; what a team's own runbooks say decides how much each token weighs."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._table = model.embedding

    def weights(self, texts: Sequence[str]) -> "Vectors":
        """A weight per token: the square root of its inverse document frequency in `texts`."""
        import numpy as np

        seen = np.zeros(len(self._table), dtype=np.float32)
        for tokens in self._tokens(texts):
            seen[np.unique(tokens)] += 1
        rarity = np.log(1 + (len(texts) - seen + 0.5) / (seen + 0.5))
        found: Vectors = np.sqrt(rarity).astype(np.float32)
        return found

    def embed(self, texts: Sequence[str], weights: "Vectors") -> "Vectors":
        """One unit vector per text; a text without a known token is the zero vector."""
        import numpy as np

        found = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, tokens in enumerate(self._tokens(texts)):
            if len(tokens):
                pooled = weights[tokens] @ self._table[tokens]
                length = np.linalg.norm(pooled)
                found[row] = pooled / length if length else pooled
        return found

    def _tokens(self, texts: Sequence[str]) -> list["NDArray[np.int64]"]:
        import numpy as np

        found = []
        for start in range(0, len(texts), _BATCH):
            for encoded in self._model.tokenize([spaced(text) for text in texts[start : start + _BATCH]]):
                ids = [number for number, real in zip(encoded.ids, encoded.attention_mask, strict=True) if real]
                found.append(np.minimum(np.array(ids, dtype=np.int64), len(self._table) - 1))
        return found


@cache
def word_vectors() -> WordVectors:
    """The model, loaded once in a process (about a quarter of a second)."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    import wordllama

    # Importing it configures logging for the whole process, which is not its to decide.
    root.setLevel(level)
    root.handlers[:] = handlers
    package = Path(wordllama.__file__).parent
    return WordVectors(wordllama.WordLlama.load(cache_dir=package, disable_download=True))
