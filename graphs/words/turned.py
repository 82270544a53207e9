"""When a fresh look shows something else than what was told before: said, never done in silence."""

from collections.abc import Sequence

from domain.findings import Cause
from graphs.focus import Focus


def turned(focus: Focus, causes: Sequence[Cause]) -> str:
    """What became of the cause that was explained before, in a sentence or two; "" while it is still the one."""
    if not focus.cause or any(cause.key == focus.cause for cause in causes):
        return ""
    before = focus.held.get("title") or _named(focus.cause)
    if not causes:
        return f"What I told you before no longer shows: {before}."
    if any(finding.key == focus.cause for cause in causes for finding in cause.consequences):
        return f"I see further now than before: {before}. That follows from what this look shows."
    return f"What I told you before no longer shows: {before}. This is what is wrong now."


def _named(key: str) -> str:
    """A cause by its key alone, where nothing more of it was kept."""
    code, *_, name = key.split("|")
    return f"{code} of {name}"
