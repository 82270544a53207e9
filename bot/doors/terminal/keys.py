"""What people type instead of pressing a button; drawing a card and reading an answer share this one table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from domain.cards import Action, Card, Checklist, Choice, Choices, parts_of

WORDS: dict[Action, tuple[str, str]] = {
    "approve": ("a", "approve"),
    "reject": ("r", "reject"),
    "edit": ("e", "edit"),
    "next_level": ("n", "next"),
    "evidence": ("v", "evidence"),
    "stop": ("s", "stop"),
    "undo": ("u", "undo"),
    "run": ("x", "run"),
    "revoke": ("w", "revoke"),
}
"""The letter and the word of each action; `ask` is chosen by number, `tick` by the number of its task."""

_SAME: dict[str, Action] = {
    "next level": "next_level",
    "undo that": "undo",
    "undo it": "undo",
    "show evidence": "evidence",
    "deny": "reject",
    "cancel": "stop",
}
_TAKES_WORDS: frozenset[Action] = frozenset({"reject", "revoke", "stop"})
"""Actions after whose word a person may say why."""


@dataclass(frozen=True, slots=True)
class Key:
    """How one choice is typed: `keys` are all that is accepted, the first is what the card shows."""

    keys: tuple[str, ...]
    choice: Choice

    @property
    def shown(self) -> str:
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class Pressed:
    choice: Choice
    words: str = ""
    """What followed: the reason of a rejection."""


def keys_of(card: Card) -> tuple[Key, ...]:
    """The card's choices in order, each with what to type for it; no two share a key."""
    return tuple(_assign(card))


def _assign(card: Card) -> Iterator[Key]:
    choices = [choice for part in parts_of(card, Choices) if isinstance(part, Choices) for choice in part.choices]
    tasks = [i.id for part in parts_of(card, Checklist) if isinstance(part, Checklist) for i in part.items]
    taken: set[str] = set()
    number = 0
    for choice in choices:
        wanted: tuple[str, ...] = ()
        if choice.action == "tick":
            nth = next((n for n, task in enumerate(tasks, 1) if _names(choice.subject, task)), None)
            wanted = (f"tick {nth}",) if nth else ()
        elif choice.action in WORDS:
            wanted = WORDS[choice.action]
        free = tuple(key for key in wanted if key not in taken)
        if not free:
            number += 1
            while str(number) in taken:
                number += 1
            free = (str(number),)
        taken.update(free)
        yield Key(free, choice)


def _names(subject: str, task: str) -> bool:
    return subject == task or re.split(r"[/:#]", subject)[-1] == task


def press(typed: str, card: Card) -> Pressed | None:
    """The choice of `card` that `typed` names, by its key, its word or its whole label; None when it names none."""
    line = " ".join(typed.strip().strip("[]").split())
    wanted = line.casefold()
    if not wanted:
        return None
    keys = keys_of(card)
    by_key = (key.choice for key in keys if wanted in key.keys)
    by_label = (key.choice for key in keys if wanted == " ".join(key.choice.label.split()).casefold())
    if choice := next(chain(by_key, by_label), None):
        return Pressed(choice)
    if same := _SAME.get(wanted.rstrip(".!")):
        return next((Pressed(key.choice) for key in keys if key.choice.action == same), None)
    first, _, rest = line.partition(" ")
    for key in keys:
        if key.choice.action in _TAKES_WORDS and first.casefold().rstrip(":,") in key.keys[-1:] and rest:
            return Pressed(key.choice, rest.removeprefix("because ").strip())
    return None
