"""One thing of a platform's set-up that was looked at, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "absent", "broken"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was looked at. `absent` is no fault: it could not be told, or is not needed."""

    what: str
    state: State
    found: str
    fix: str = ""
