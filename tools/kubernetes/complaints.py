"""The lines of a log in which a program complains, among the many in which it only says what it does."""

import re

_COMPLAINS = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|PANIC|WARN(?:ING)?|SEVERE)\b"
    r"|(?i:\berr(?:or)?s?\b|exception|traceback|\bfail(?:ed|ure|ing)?\b|refused|timed? ?out|unavailable|unreachable"
    r"|no such host|could not resolve|reset by peer|exhausted|\b50[0-4]\b)"
)


def complaints(text: str, *, most: int = 6) -> list[str]:
    """The last such lines, oldest first."""
    return [line for line in text.splitlines() if _COMPLAINS.search(line)][-most:]
