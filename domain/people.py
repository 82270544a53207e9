"""Who speaks and what they may do: immutable ids, never display names or e-mail addresses."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True, order=True)
class Person:
    """One account on one platform; the pair (tenant, id) never changes hands there."""

    platform: str
    """`terminal`, `slack`, `teams`, `http`, or `practice` for the made-up people of a practice cluster."""
    tenant: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.tenant}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Person":
        """The person that `str(person)` wrote; ValueError when it is not of that form."""
        platform, tenant, person = text.split(":", 2)
        return cls(platform, tenant, person)


class Role(IntEnum):
    """What a person may do through Hilda; each role includes the ones before it."""

    nobody = 0
    viewer = 1
    developer = 2
    operator = 3
    admin = 4
