"""A runbook as its author means it: what it is about, its steps in order, how to check them and how to take them back.

The text is Markdown that reads well by hand. Command blocks are fenced `sh` with a Runme-compatible JSON object behind
the language (all values are strings). Everything under "Mitigation" is a step: a block that can be filled becomes a
command, a heading without a block is a task for a person.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from domain.risk import Risk

Tag = Literal["look", "do", "verify", "undo"]
SECTIONS = ("What it means", "Impact", "Diagnosis", "Mitigation", "Verify", "Undo")


@dataclass(frozen=True, slots=True)
class Block:
    """One command block with the prose that explains it."""

    name: str
    tag: Tag
    section: str
    heading: str
    why: str
    commands: tuple[str, ...]
    """Command lines with slots, one simple command each."""
    command_lines: tuple[int, ...]
    """Where each of them stands in the file."""
    line: int
    risk: Risk
    done_when: str = ""
    when: tuple[str, ...] = ()
    """Slots that have to have a value, beside those the commands name."""
    instead_of: str = ""
    """The block this one is an alternative to: the first of them that can be filled is the step."""
    after: tuple[str, ...] = ()
    """This step only follows when one of these blocks was chosen."""
    serves: tuple[str, ...] = ()
    """For verify and undo: the steps they belong to; empty means all."""
    otherwise: str = ""
    """What the task is called when neither this block nor its alternatives can be filled."""
    runs_alone: bool = False
    """Runme's `excludeFromRunAll`: never part of "run all blocks"."""
    irreversible: str = ""
    """Why there is nothing to undo."""


@dataclass(frozen=True, slots=True)
class Task:
    """A heading under Mitigation without a block: something only a person can do."""

    heading: str
    why: str
    line: int
    done_when: str = ""


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """A fenced `promql` block: what a metric should say once the fix holds."""

    name: str
    title: str
    query: str
    compare: str
    bound: str
    """A number, or the name of the slot that holds it."""
    factor: float
    unit: str
    line: int
    instead_of: str = ""


@dataclass(frozen=True)
class Runbook:
    id: str
    title: str
    causes: tuple[str, ...]
    """Codes of the findings it is for."""
    kinds: tuple[str, ...]
    signals: tuple[str, ...]
    owner: str
    reviewed: date | None
    file: str
    text: str
    """The whole file, front matter included."""
    body: str
    sections: Mapping[str, int]
    """Title of each section and the line it starts on."""
    steps: tuple[Block | Task, ...]
    """What stands under Mitigation, in order."""
    diagnosis: tuple[Block, ...]
    verify: tuple[Block, ...]
    undo: tuple[Block, ...]
    metrics: tuple[MetricCheck, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file's text: a changed runbook is another author."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def blocks(self) -> tuple[Block, ...]:
        mitigation = tuple(step for step in self.steps if isinstance(step, Block))
        return (*self.diagnosis, *mitigation, *self.verify, *self.undo)
