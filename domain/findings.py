"""What is wrong, and what explains it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from domain.evidence import Evidence
from domain.objects import ObjectRef


class Severity(IntEnum):
    info = 0
    warning = 1
    critical = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, about one object."""

    code: str
    """A stable kebab-case name: `image-pull`, `crash-loop`, `out-of-memory`, `config-missing`, ..."""
    severity: Severity
    object: ObjectRef
    title: str
    """One sentence for a phone's lock screen."""
    evidence: tuple[Evidence, ...]
    since: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """Observed values that a fix may need (`container`, `previous_image`, `config_key`, ...); never guesses."""

    @property
    def id(self) -> str:
        return "f" + hashlib.sha256(f"{self.code}\n{self.object}".encode()).hexdigest()[:8]

    @property
    def key(self) -> str:
        """What makes two findings the same trouble: code and object."""
        ref = self.object
        return f"{self.code}|{ref.cluster}|{ref.namespace}|{ref.kind}|{ref.name}"

    @property
    def is_trouble(self) -> bool:
        """Whether it needs somebody: not only worth knowing, and not over."""
        return self.severity > Severity.info and "recovered_at" not in self.facts


@dataclass(frozen=True, slots=True)
class Cause:
    """One root finding with everything that follows from it."""

    finding: Finding
    confidence: float
    """0 to 1: how much of the evidence it explains, less what speaks against it."""
    consequences: tuple[Finding, ...] = ()
    supporting: tuple[str, ...] = ()
    """Sentences that speak for it, each resting on evidence of the finding or its consequences."""
    against: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What makes two causes the same incident."""
        return self.finding.key
