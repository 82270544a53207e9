"""How well runbook search finds the right page, beside its floors from the same run.

    python bench/runbook_search.py FOLDER

FOLDER holds `runbooks/<corpus>/**/*.md` and `queries-dev.jsonl`, one JSON object per line: `query`, `gold` (paths below
runbooks/ without .md, empty = no page fits), `corpora` (which folders to search), `hard` (few words in common).
The last line printed is JSON.
"""

import argparse
import json
import math
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from runbooks.embedding import word_vectors
from runbooks.pages import Page, page
from runbooks.search import THRESHOLD, RunbookSearch
from runbooks.vocabulary import question

Ranker = Callable[[str], list[tuple[str, float]]]
FOLDS = 5


@dataclass(frozen=True)
class Question:
    text: str
    gold: frozenset[str]
    corpora: tuple[str, ...]
    hard: bool


@dataclass(frozen=True)
class Answered:
    """Where the right page came, and how sure the method was of its first."""

    asked: Question
    rank: int
    score: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", default="queries-dev.jsonl", help="the file of questions below FOLDER")
    options = parser.parse_args()
    questions = [
        Question(q["query"], frozenset(q["gold"]), tuple(q["corpora"]), bool(q["hard"]))
        for q in map(json.loads, (options.folder / options.queries).read_text(encoding="utf-8").splitlines())
    ]
    pages = read(options.folder / "runbooks", {name for q in questions for name in q.corpora})
    report: dict[str, Any] = {}
    print(f"{len(questions)} questions, {sum(not q.gold for q in questions)} of them without a right page\n")
    print(f"{'method':34} {'R@1':>6} {'R@3':>6} {'hard@1':>7} {'hard@3':>7} {'AUROC':>6} {'ms':>7}")
    with tempfile.TemporaryDirectory() as cache:
        methods: dict[str, Callable[[Sequence[Page]], Ranker]] = {
            "floor: BM25, whole pages": plain_bm25,
            "floor: cosine, whole pages": plain_cosine,
            "Hilda": lambda some: hilda(some, cache),
        }
        for name, make in methods.items():
            answers, milliseconds = run(make, pages, questions)
            report[name] = show(name, answers, milliseconds)
        report["abstention"] = show_abstention(answers)
        report["open"] = show_opening(pages, questions, cache)
    print(json.dumps(report))


def read(root: Path, corpora: set[str]) -> dict[str, list[Page]]:
    return {
        name: [
            page(path.relative_to(root).with_suffix("").as_posix(), path.read_text(encoding="utf-8"))
            for path in sorted((root / name).rglob("*.md"))
        ]
        for name in corpora
    }


def chosen(pages: dict[str, list[Page]], corpora: Sequence[str]) -> list[Page]:
    return [one for name in corpora for one in pages[name]]


def run(
    make: Callable[[Sequence[Page]], Ranker], pages: dict[str, list[Page]], questions: Sequence[Question]
) -> tuple[list[Answered], float]:
    rankers = {corpora: make(chosen(pages, corpora)) for corpora in {q.corpora for q in questions}}
    answers, took = [], []
    for asked in questions:
        start = time.perf_counter()
        ranking = rankers[asked.corpora](asked.text)
        took.append(time.perf_counter() - start)
        rank = next((i for i, (name, _) in enumerate(ranking) if name in asked.gold), 10**6)
        answers.append(Answered(asked, rank, ranking[0][1] if ranking else -1.0))
    return answers, 1000 * float(np.median(took))


def show(name: str, answers: Sequence[Answered], milliseconds: float) -> dict[str, float]:
    right = [a for a in answers if a.asked.gold]
    hard = [a for a in right if a.asked.hard]
    figures = {
        "R@1": share(right, 1),
        "R@3": share(right, 3),
        "hard R@1": share(hard, 1),
        "hard R@3": share(hard, 3),
        "AUROC": auroc([a.score for a in right], [a.score for a in answers if not a.asked.gold]),
        "ms": round(milliseconds, 2),
    }
    widths = (6, 6, 7, 7, 6)
    columns = " ".join(f"{value:{width}.3f}" for value, width in zip(figures.values(), widths, strict=False))
    print(f"{name:34} {columns} {milliseconds:7.2f}")
    return figures


def show_abstention(answers: Sequence[Answered]) -> dict[str, Any]:
    """What the shipped threshold does, its neighbours, and what cross-validation would have chosen."""
    print("\nabstention        answered   rejected   R@1 after  R@3 after")
    table = {}
    for threshold in sorted({0.25, 0.28, 0.30, THRESHOLD, 0.32, 0.34, 0.36}):
        right = [a for a in answers if a.asked.gold]
        none = [a for a in answers if not a.asked.gold]
        figures = {
            "answered": mean([a.score >= threshold for a in right]),
            "rejected": mean([a.score < threshold for a in none]),
            "R@1": mean([a.rank < 1 and a.score >= threshold for a in right]),
            "R@3": mean([a.rank < 3 and a.score >= threshold for a in right]),
        }
        mark = "  <- shipped" if threshold == THRESHOLD else ""
        print(f"  {threshold:.2f}            " + "".join(f"{value:11.3f}" for value in figures.values()) + mark)
        table[f"{threshold:.2f}"] = figures
    picked, accuracy = cross_validated(answers)
    print(f"  {FOLDS} folds choose {', '.join(f'{t:.3f}' for t in picked)}; balanced accuracy held out {accuracy:.3f}")
    return {"threshold": THRESHOLD, "table": table, "folds": picked, "held out balanced accuracy": accuracy}


def cross_validated(answers: Sequence[Answered]) -> tuple[list[float], float]:
    """The best threshold of all folds but one, and how it does on that one."""
    picked, outcome = [], []
    for fold in range(FOLDS):
        train = [a for i, a in enumerate(answers) if i % FOLDS != fold]
        held_out = [a for i, a in enumerate(answers) if i % FOLDS == fold]
        candidates = sorted({round(a.score, 3) for a in train})
        best = max(candidates, key=lambda threshold: balanced(train, threshold))
        picked.append(best)
        outcome.append(balanced(held_out, best))
    return picked, mean(outcome)


def balanced(answers: Sequence[Answered], threshold: float) -> float:
    right = mean([a.score >= threshold for a in answers if a.asked.gold])
    none = mean([a.score < threshold for a in answers if not a.asked.gold])
    return (right + none) / 2


def show_opening(pages: dict[str, list[Page]], questions: Sequence[Question], cache: str) -> dict[str, float]:
    largest = max({q.corpora for q in questions}, key=lambda corpora: len(chosen(pages, corpora)))
    some = chosen(pages, largest)
    with tempfile.TemporaryDirectory() as fresh:
        build = timed(lambda: RunbookSearch.open(fresh, some).close())
    reopen = timed(lambda: RunbookSearch.open(cache, some).close())
    print(f"\n{len(some)} pages: built in {build:.2f} s, opened again in {reopen:.3f} s")
    return {"pages": len(some), "build s": round(build, 3), "open s": round(reopen, 3)}


def timed(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def hilda(pages: Sequence[Page], cache: str) -> Ranker:
    search = RunbookSearch.open(cache, pages)
    return lambda text: [(hit.id, hit.score) for hit in search.ranking(text, 50)]


def plain_bm25(pages: Sequence[Page]) -> Ranker:
    """The textbook formula over whole pages, words as they stand."""
    documents = [Counter(re.findall(r"[a-z0-9]+", one.text.lower())) for one in pages]
    lengths = [sum(document.values()) for document in documents]
    average = sum(lengths) / len(lengths)
    postings: dict[str, list[int]] = defaultdict(list)
    for number, document in enumerate(documents):
        for word in document:
            postings[word].append(number)

    def rank(text: str) -> list[tuple[str, float]]:
        scores: dict[int, float] = defaultdict(float)
        for word in set(re.findall(r"[a-z0-9]+", text.lower())):
            holding = postings.get(word, [])
            rarity = math.log(1 + (len(documents) - len(holding) + 0.5) / (len(holding) + 0.5))
            for number in holding:
                count = documents[number][word]
                scores[number] += rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * lengths[number] / average))
        return sorted(((pages[n].id, s) for n, s in scores.items()), key=lambda pair: -pair[1])

    return rank


def plain_cosine(pages: Sequence[Page]) -> Ranker:
    """The same word vectors, unweighted, one per whole page."""
    model = word_vectors()
    even = np.ones(len(model.weights(["a"])), dtype=np.float32)
    vectors = model.embed([f"{one.title} {one.text}" for one in pages], even)

    def rank(text: str) -> list[tuple[str, float]]:
        cosines = vectors @ model.embed([question(text)], even)[0]
        return [(pages[n].id, float(cosines[n])) for n in np.argsort(-cosines)]

    return rank


def share(answers: Sequence[Answered], first: int) -> float:
    return mean([a.rank < first for a in answers])


def mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def auroc(right: Sequence[float], none: Sequence[float]) -> float:
    """How often an answerable question scores above one without an answer."""
    if not right or not none:
        return 0.0
    return mean([(r > n) + 0.5 * (r == n) for r in right for n in none])


if __name__ == "__main__":
    main()
