"""Whose eyes, how far, how long, how much, and what time it is: what every read is told."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.objects import Scope
from domain.people import Person


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that one look may read."""

    objects: int = 20_000
    log_bytes: int = 512 * 1024
    log_lines: int = 200
    queries: int = 60


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time that a question is about."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Told to every read. `now` is the asker's clock: everything relative ("10 min ago") is measured from it."""

    asker: Person
    now: datetime
    scope: Scope = field(default_factory=Scope)
    seconds: float = 5.0
    """How long one read (one kind, one query, one log) may take before it counts as slow."""
    budget: Budget = field(default_factory=Budget)
    window: Window | None = None
    """The past window the question is about; None means now."""
