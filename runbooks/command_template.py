"""A command line with slots, and the one way to fill it.

The line is split into words first and filled afterwards, so a value can never become a second word, a flag or a piece
of shell: it stays inside its word, and the whole word is quoted. A word that is JSON is filled as JSON.
"""

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

from domain.scripts import ShellCommand
from runbooks.slots import SLOT, WHOLE_NUMBERS, Unfillable, slots_in

_UNQUOTED_SHELL = re.compile(r"[;&|<>`$(){}*?\[\]~#!\n]")
Value = Callable[[str], str]


class BadTemplate(ValueError):
    """A line that is not one simple command with slots in it."""


def lines_of(block: str) -> list[tuple[int, str]]:
    """The commands of a block: (line offset, text); a backslash at a line's end joins the next."""
    commands: list[tuple[int, str]] = []
    pending, start = "", 0
    for offset, line in enumerate(block.splitlines()):
        if not pending:
            start = offset
        if line.endswith("\\"):
            pending += line[:-1].strip() + " "
            continue
        text = (pending + line.strip()).strip()
        pending = ""
        if text and not text.startswith("#"):
            commands.append((start, text))
    if pending.strip():
        commands.append((start, pending.strip()))
    return commands


def words(template: str) -> list[str]:
    """The template's words with their slots still in them; BadTemplate unless it is one simple command."""
    marked, names = _mark(template)
    if _UNQUOTED_SHELL.search(_outside_quotes(marked)):
        raise BadTemplate("only one plain command: no pipes, variables, redirections, globs or lists")
    try:
        split = shlex.split(marked)
    except ValueError as broken:
        raise BadTemplate(f"the quoting does not close ({broken})") from broken
    if not split:
        raise BadTemplate("there is no command")
    found = [_unmark(word, names) for word in split]
    for word in found:
        if slots_in(word) and word[:1] in "{[" and not word.startswith("{{"):
            _parsed(word)
    if slots_in(found[0]):
        raise BadTemplate("the program itself cannot be a slot")
    return found


def fill_command(template: str, value: Value) -> ShellCommand:
    """The command with every slot filled; `value` gives a slot's text or raises Unfillable."""
    argv = tuple(_fill_word(word, value) for word in words(template))
    return ShellCommand(argv, shlex.join(argv))


def _fill_word(word: str, value: Value) -> str:
    names = slots_in(word)
    if not names:
        return word
    if word[0] in "{[" and not word.startswith("{{"):
        return _as_one_word(json.dumps(_fill_json(_parsed(word), value), separators=(",", ":")))
    if any(_several_lines(value(name)) for name in names):
        raise Unfillable(names[0], "its value has several lines, which only fit into JSON")
    filled = SLOT.sub(lambda found: value(found.group(1)), word)
    if filled.startswith("-") and not word.startswith("-"):
        raise Unfillable(names[0], "its value begins with a dash and would be taken for an option")
    return filled


def _as_one_word(text: str) -> str:
    """The same JSON in plain ASCII and without quotes inside strings, so that one pair of single quotes holds it."""
    escaped = re.sub(r"\\(.)", lambda pair: "\\u0022" if pair.group(1) == '"' else pair.group(), text)
    return escaped.replace("'", "\\u0027")


def _several_lines(text: str) -> bool:
    return "\n" in text or "\t" in text


_BARE = re.compile(r"(?<=[:,\[])\s*\{\{\s*(" + "|".join(sorted(WHOLE_NUMBERS)) + r")\s*\}\}(?=\s*[,}\]])")
_NUMBER = re.compile(r"\{\{#(\w+)\}\}")


def _parsed(word: str) -> Any:
    """The word as JSON; a slot that stands where a number would is kept as `{{#name}}`."""
    try:
        return json.loads(_BARE.sub(r'"{{#\1}}"', word))
    except ValueError as broken:
        raise BadTemplate(
            "a slot in JSON stands inside a quoted string, unless it is a whole number, "
            f"and the JSON has to parse ({broken})"
        ) from None


def _fill_json(part: Any, value: Value) -> Any:
    def text(template: str) -> str:
        return SLOT.sub(lambda found: value(found.group(1)), template)

    match part:
        case str() if bare := _NUMBER.fullmatch(part):
            return int(value(bare.group(1)))
        case str():
            return text(part)
        case dict():
            return {text(key): _fill_json(item, value) for key, item in part.items()}
        case list():
            return [_fill_json(item, value) for item in part]
        case _:
            return part


def _mark(template: str) -> tuple[str, list[str]]:
    """Slots replaced by letters and digits that shlex leaves alone; NUL cannot stand in a template otherwise."""
    names: list[str] = []

    def mark(found: re.Match[str]) -> str:
        names.append(found.group(1))
        return f"\0{len(names) - 1}\0"

    if "\0" in template:
        raise BadTemplate("the line holds a NUL character")
    return SLOT.sub(mark, template), names


def _unmark(word: str, names: list[str]) -> str:
    return re.sub(r"\0(\d+)\0", lambda found: "{{" + names[int(found.group(1))] + "}}", word)


def _outside_quotes(text: str) -> str:
    """The parts a shell would interpret; `$` and backticks inside double quotes count as outside."""
    outside, quote = [], ""
    position = 0
    while position < len(text):
        char = text[position]
        if quote == "'":
            quote = "" if char == "'" else quote
        elif char == "\\":
            position += 1
        elif quote == '"':
            if char in "$`":
                outside.append(char)
            quote = "" if char == '"' else quote
        elif char in "'\"":
            quote = char
        else:
            outside.append(char)
        position += 1
    return "".join(outside)
