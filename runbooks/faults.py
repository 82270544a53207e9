"""What is wrong with a runbook, and where: a file, a line, a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import HildaError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing an author has to mend."""

    file: str
    line: int
    """Counted from 1, in the file as it is on disk."""
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class RunbookFault(HildaError):
    """A runbook that cannot be used as it is. Its text lists every fault, one to a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))
