"""Finds the approved commands in a script again, in the order in which it runs them."""

from collections.abc import Iterable

from domain.scripts import ShellCommand
from policy.shell import parse


def commands_in(script: str, approved: Iterable[str]) -> tuple[ShellCommand, ...]:
    """Each place where one of the approved command texts stands on lines of its own.

    The lines between them are the compiler's (pre-checks and echoes); what those ask of the API the proxy judges.
    """
    # The longest first, so that a command of several lines is not mistaken for its first line.
    texts = sorted((text.splitlines() for text in dict.fromkeys(approved) if text), key=len, reverse=True)
    lines, at = script.splitlines(), 0
    found: list[ShellCommand] = []
    while at < len(lines):
        here = next((text for text in texts if lines[at : at + len(text)] == text), None)
        if here is None:
            at += 1
            continue
        found += parse("\n".join(here))
        at += len(here)
    return tuple(found)
