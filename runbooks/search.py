"""Which runbook fits these words? Meaning and words blended as scores, and "none" where nothing fits well enough."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import ToolFailed
from runbooks.embedding import DIMENSION, NAME, word_vectors
from runbooks.index import VectorIndex, built_once, forget
from runbooks.lexical import Lexical
from runbooks.pages import Page, chunks, lead
from runbooks.vocabulary import identifiers, joined, question, words

if TYPE_CHECKING:
    from runbooks.embedding import Vectors

FORMAT = 1
"""Changes whenever the same runbooks would be cut or counted differently."""

THRESHOLD = 0.31
"""Below this no runbook fits. `bench/runbook_search.py` shows what other thresholds would do."""

_PIECE, _WORDS, _LEAD, _TITLE, _TITLE_WORDS = 1.0, 1.5, 0.5, 0.5, 0.3
_ALL = _PIECE + _LEAD + _TITLE + _WORDS + 2 * _TITLE_WORDS
_EXACT_NAME = 1.0
"""Somebody who writes `KubePodCrashLooping` wants the page of that name."""

_NEAR = 200
_WORDY = 50
_EXCERPT = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """A runbook that fits, and the piece of it that fits best."""

    id: str
    title: str
    score: float
    """0 to 1; comparable between questions to the same runbooks."""
    excerpt: str
    section: str


@dataclass(frozen=True, slots=True)
class _Piece:
    page: int
    section: str
    text: str


class RunbookSearch:
    """Open once, ask often; safe to be opened by several processes at once. Every call blocks for some milliseconds."""

    def __init__(self, pages: Sequence[Page], pieces: Sequence[_Piece], index: VectorIndex, folder: Path) -> None:
        import numpy as np

        self._pages = pages
        self._pieces = pieces
        self._index = index
        self._lexical = Lexical.load(folder / "words", len(pieces))
        self._weights: Vectors = np.load(folder / "weights.npy")
        self._owners = np.array([piece.page for piece in pieces])
        self._named: dict[str, list[int]] = {}
        self._title_words = [frozenset(words(page.title) + words(page.name)) for page in pages]
        for number, page in enumerate(pages):
            for name in {joined(page.title), joined(page.name)}:
                self._named.setdefault(name, []).append(number)

    @classmethod
    def open(cls, cache: str | Path, pages: Iterable[Page]) -> "RunbookSearch":
        """Search over `pages`, whose index lives below `cache` and is built there when it is missing."""
        known = tuple(pages)
        pieces = _cut(known)
        name = f"runbooks-{_content_hash(known)}-{NAME}-{DIMENSION}"
        for last_try in (False, True):
            folder = built_once(Path(cache), name, lambda half: _build(half, known, pieces))
            try:
                return cls(known, pieces, VectorIndex.open(folder / "vectors"), folder)
            except ToolFailed:
                raise
            except Exception as broken:
                # Whatever Chroma or a truncated file raises, the index is derived: throw it away and build it again.
                if last_try:
                    raise ToolFailed(f"The runbook index in {folder} cannot be read: {broken}. Remove it.") from broken
                forget(folder)
        raise AssertionError("the second try returns or raises")

    def search(self, query: str, k: int = 3) -> tuple[Hit, ...]:
        """The runbooks that fit, best first; empty when none fits."""
        ranking = self.ranking(query, k)
        return tuple(hit for hit in ranking if ranking[0].score >= THRESHOLD)

    def ranking(self, query: str, k: int = 3) -> tuple[Hit, ...]:
        """The nearest runbooks whether or not they fit, best first."""
        asked = question(query)
        if not self._pieces or not words(asked):
            return ()
        scored = self._scores(asked, query)
        best = sorted(scored, key=lambda number: (-scored[number][0], self._pages[number].id))[:k]
        return tuple(self._hit(number, *scored[number]) for number in best)

    def close(self) -> None:
        self._index.close()

    def _scores(self, asked: str, query: str) -> dict[int, tuple[float, int]]:
        """Score and best piece of every page that meaning, words or its name bring up."""
        import numpy as np

        vector = word_vectors().embed([asked], self._weights)[0]
        near = dict(self._index.nearest(vector, _NEAR))
        lexical = self._lexical.scores(asked)
        wordy = np.argsort(-lexical, kind="stable")[: 4 * _WORDY]
        named = {n for name in identifiers(query) for n in self._named.get(name, ())}
        candidates = {int(name.split(":")[0]) for name in near} | named
        candidates |= set(list(dict.fromkeys(int(self._owners[i]) for i in wordy if lexical[i] > 0))[:_WORDY])
        rows = [int(row) for row in np.flatnonzero(np.isin(self._owners, list(candidates)))]
        names = [f"{self._pieces[row].page}:{row}" for row in rows]
        names += [f"{page}:{part}" for page in candidates for part in ("title", "lead")]
        cosine = near | self._index.cosines(vector, [name for name in names if name not in near])

        words_asked = self._lexical.asked(asked)
        most = sum(map(self._lexical.rarity, words_asked))
        scores: dict[int, tuple[float, int]] = {}
        for page in candidates:
            mine = range(*np.searchsorted(self._owners, [page, page + 1]))
            by_meaning = max(mine, key=lambda row: cosine[f"{page}:{row}"])
            by_words = max(mine, key=lambda row: lexical[row])
            score = (
                _PIECE * cosine[f"{page}:{by_meaning}"]
                + _WORDS * float(lexical[by_words])
                + _LEAD * cosine[f"{page}:lead"]
                + _TITLE * cosine[f"{page}:title"]
                + _TITLE_WORDS * self._in_title(page, words_asked, most)
            ) / _ALL
            score += _EXACT_NAME if page in named else 0.0
            scores[page] = (score, by_meaning)
        return scores

    def _in_title(self, page: int, asked: Sequence[str], most: float) -> float:
        """Share of the title that was asked for, plus share of the question that the title answers."""
        title = self._title_words[page]
        common = sum(self._lexical.rarity(word) for word in asked if word in title)
        whole = sum(map(self._lexical.rarity, title))
        return (common / whole if whole else 0.0) + (common / most if most else 0.0)

    def _hit(self, page: int, score: float, row: int) -> Hit:
        piece = self._pieces[row]
        text = " ".join(piece.text.split())
        excerpt = text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rsplit(" ", 1)[0] + "…"
        return Hit(self._pages[page].id, self._pages[page].title, round(min(1.0, score), 4), excerpt, piece.section)


def _cut(pages: Sequence[Page]) -> tuple[_Piece, ...]:
    return tuple(
        _Piece(number, chunk.section, chunk.text) for number, page in enumerate(pages) for chunk in chunks(page.text)
    )


def _content_hash(pages: Sequence[Page]) -> str:
    content = json.dumps([FORMAT, [[page.id, page.title, page.text] for page in pages]], ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _build(folder: Path, pages: Sequence[Page], pieces: Sequence[_Piece]) -> None:
    import numpy as np

    model = word_vectors()
    texts = [f"{pages[piece.page].title}\n{piece.text}" for piece in pieces]
    weights = model.weights(texts)
    np.save(folder / "weights.npy", weights)
    Lexical.build(texts, folder / "words")
    names = [f"{piece.page}:{row}" for row, piece in enumerate(pieces)]
    for number, page in enumerate(pages):
        names += [f"{number}:title", f"{number}:lead"]
        texts += [page.title, f"{page.title} {lead(page.text)}"]
    (folder / "vectors").mkdir()
    VectorIndex.build(folder / "vectors", names, model.embed(texts, weights))
