"""Facts, steps of progress and links: short things, one per line."""

import re

from bot.doors import facts_of_people
from bot.doors.slack.render import rich, small
from bot.doors.slack.render.values import action_id
from domain.cards import Links, ProgressState
from domain.plain_json import Json
from domain.visible import one_line

_STEPS: dict[ProgressState, str] = {"done": "✅", "running": "⏳", "waiting": "▫️", "failed": "❌"}
_PERSON = re.compile(r"(?:slack:[A-Z0-9]+:)?([UW][A-Z0-9]{7,20})(?![A-Za-z0-9])")


def facts(rows: tuple[tuple[str, str], ...]) -> list[Json]:
    """Name in bold, then its value; several lines of a value stand below each other."""
    lines = [[*rich.words(_named(name), "bold"), *_value(name, value)] for name, value in rows]
    return [_stacked(lines)] if lines else []


def progress(steps: tuple[tuple[str, ProgressState], ...]) -> list[Json]:
    lines = [
        [*rich.words(f"{_STEPS[state]} "), *rich.words(text, *(("bold",) if state == "running" else ()))]
        for text, state in steps
    ]
    return [_stacked(lines)] if lines else []


def links(part: Links, first: int) -> list[Json]:
    """Named buttons; what no button can hold is a line of words. Their numbers begin at `first`."""
    fit = [
        (label, url) for label, url in part.links if rich.follows(url) and len(one_line(label)) <= small.LONGEST_BUTTON
    ]
    others = [pair for pair in part.links if pair not in fit]
    buttons: list[Json] = [
        {
            "type": "button",
            "text": small.plain(label, small.LONGEST_BUTTON, otherwise="Open"),
            "url": url,
            "action_id": action_id("link", first + number),
        }
        for number, (label, url) in enumerate(fit)
    ]
    found = [_stacked([_line(label, url) for label, url in others])] if others else []
    return [*found, *(small.actions(buttons[n : n + 5]) for n in range(0, len(buttons), 5))]


def _line(label: str, url: str) -> list[Json]:
    named = rich.words(f"{one_line(label)}: " if label.strip() else "", "bold")
    return [*named, *rich.link(url)]


def _named(name: str) -> str:
    return f"{one_line(name)}:  " if name.strip() else ""


def _value(name: str, value: str) -> list[Json]:
    """Who decided is shown by name, a command as what it is; any other value stands as it is."""
    if value.startswith("kubectl ") and "\n" not in value:
        return rich.words(value, "code")
    person = _PERSON.match(value) if name in facts_of_people.NAMES else None
    if person is None:
        return rich.words(f"\n{value}" if "\n" in value.strip() else value)
    return [rich.user(person[1]), *rich.words(value[person.end() :])]


def _stacked(lines: list[list[Json]]) -> Json:
    joined: list[list[Json]] = []
    for line in lines:
        joined += [rich.words("\n")] if joined else []
        joined.append(line)
    return rich.paragraph(*joined)
