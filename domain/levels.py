"""The five levels that people climb, as far as they want to."""

from enum import IntEnum


class Level(IntEnum):
    answer = 1
    checklist = 2
    commands = 3
    script = 4
    automatic = 5

    @property
    def title(self) -> str:
        return _TITLES[self]


_TITLES = {
    Level.answer: "assisted questioning",
    Level.checklist: "mitigation checklist",
    Level.commands: "command recommendation",
    Level.script: "script generation",
    Level.automatic: "automatic execution",
}
