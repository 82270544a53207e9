"""The YAML between two `---` lines at the top of a runbook: who it is, what it is for, who answers for it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import yaml

_LISTS = ("causes", "kinds", "signals")
_OWN_KEYS = ("id", "title", *_LISTS, "owner", "reviewed")
_RUNME_KEYS = ("cwd", "shell", "skipPrompts", "terminalRows", "category", "tag", "runme")
_REQUIRED = ("id", "title", "causes", "owner")
Say = Callable[[int, str], None]
"""Told of each fault: the line in the file, and a sentence."""


def split_front_matter(text: str) -> tuple[str | None, str, int]:
    """(YAML or None, body, the body's first line number)."""
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return None, text, 1
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return "\n".join(lines[1:index]), "\n".join(lines[index + 1 :]), index + 2
    return None, text, 1


def read_front_matter(text: str, say: Say) -> tuple[dict[str, Any], str, int]:
    source, body, first_line = split_front_matter(text)
    if source is None:
        say(1, "front matter is missing: the file begins with a line '---', YAML, and another '---'")
        return {}, body, first_line
    try:
        # Everything stays a string or a list of strings: no dates, numbers or objects are made here.
        value = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.MarkedYAMLError as broken:
        # An open bracket is noticed at the end only; where it began is the line to mend.
        at_end = "stream end" in (broken.problem or "") and broken.context_mark
        mark = broken.context_mark if at_end else broken.problem_mark
        line = mark.line + 2 if mark else 2
        say(line, f"front matter is not YAML: {broken.problem or broken.context or 'unreadable'}")
        return {}, body, first_line
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        say(2, f"front matter is not YAML: {str(broken).splitlines()[0] if str(broken) else 'unreadable'}")
        return {}, body, first_line
    if not isinstance(value, dict):
        say(2, "front matter has to be 'key: value' lines")
        return {}, body, first_line
    return _checked(value, source, say), body, first_line


def _checked(value: dict[Any, Any], source: str, say: Say) -> dict[str, Any]:
    def line_of(key: object) -> int:
        return next((i for i, line in enumerate(source.split("\n"), start=2) if line.startswith(f"{key}:")), 2)

    for key, item in value.items():
        if key in _RUNME_KEYS:
            continue
        if key not in _OWN_KEYS:
            say(line_of(key), f"front matter has an unknown key {key!r}; known are {', '.join(_OWN_KEYS)}")
        elif key in _LISTS:
            if not (isinstance(item, list) and item and all(isinstance(i, str) and i.strip() for i in item)):
                say(line_of(key), f"{key} has to be a list with at least one name")
        elif not isinstance(item, str) or not item.strip():
            say(line_of(key), f"{key} has to be text")
        elif key == "reviewed" and not _is_date(item):
            say(line_of(key), f"reviewed has to be a day such as 2026-03-01, not {item!r}")
    for key in _REQUIRED:
        if key not in value:
            say(1, f"front matter lacks {key!r}")
    return value


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
