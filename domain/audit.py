"""One line of the record: who, what, when, why, and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.plain_json import Json


@dataclass(frozen=True, slots=True)
class AuditEntry:
    sequence: int
    at: datetime
    who: str
    """`str(person)`, or `executor:<worker>`, `hilda`."""
    what: str
    """A verb in kebab-case: `proposed`, `approved`, `refused`, `claimed`, `finished`, `looked`, ..."""
    subject: str
    """Id of what it was done to."""
    why: str
    result: str
    details: Json = field(default_factory=dict)
    mac: str = ""
