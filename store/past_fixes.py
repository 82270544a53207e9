"""What was tried against a cause before, folded so that a person sees what is worth trying again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.clock import from_micros


@dataclass(frozen=True, slots=True)
class PastFix:
    title: str
    author: str
    """Where its commands came from: `runbook:<id>@<digest>`, `model`, `edit:<person>`."""
    commands: tuple[str, ...]
    """As they ran the last time; names and values are of that day."""
    namespace: str
    kind: str
    name: str
    helped: int
    """How often it was verified to help, and of how many tries."""
    tried: int
    last_helped_at: datetime
    incident: str
    """The incident it helped with the last time."""
    same_object: bool


def fold_fixes(newest_first: Iterable[Any], name: str, namespace: str) -> tuple[PastFix, ...]:
    """Fixes that helped at least once; equal ones are one, those of the object itself come first."""
    groups: dict[tuple[str, bool], list[Any]] = {}
    for row in newest_first:
        same = bool(name) and row["name"] == name and namespace in ("", row["namespace"])
        groups.setdefault((_kind_of_fix(row), same), []).append(row)
    found = [_fold(rows, same) for (_, same), rows in groups.items() if any(row["helped"] for row in rows)]
    return tuple(sorted(found, key=lambda past: (not past.same_object, -past.last_helped_at.timestamp())))


def _kind_of_fix(row: Any) -> str:
    """The runbook it came from, whatever its version; without one, its title."""
    author: str = row["author"]
    return author.partition("@")[0] if author.startswith("runbook:") else f"{author}\n{row['title']}"


def _fold(rows: list[Any], same_object: bool) -> PastFix:
    helped = [row for row in rows if row["helped"]]
    newest = helped[0]
    return PastFix(
        title=newest["title"],
        author=newest["author"],
        commands=tuple(newest["commands"]),
        namespace=newest["namespace"],
        kind=newest["kind"],
        name=newest["name"],
        helped=len(helped),
        tried=len(rows),
        last_helped_at=from_micros(newest["at"]),
        incident=newest["incident"],
        same_object=same_object,
    )
