"""What a button carries and brings back: an action, an opaque id, a digest prefix, and who wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from domain.cards import Action, Choice
from domain.plain_json import Json, dig

RELEASE = "1"
"""Of the form of values: a button from a release that wrote them otherwise is told apart, not guessed at."""
LONGEST_VALUE = 2000
LONGEST_BOX_VALUE = 150
OTHER_ACTIONS = frozenset({"read", "submit", "link"})
"""Read all of a long script; send a form that stands in a message; follow a link (nothing to do but acknowledge)."""
_FIELD = "hilda:field:"


@dataclass(frozen=True, slots=True)
class Pressed:
    """One button or box, read back."""

    action: str
    """An `Action` of the cards, or one of `OTHER_ACTIONS`."""
    subject: str = ""
    digest_prefix: str = ""


def action_id(action: str, number: int) -> str:
    """Different for each element of a message; all of ours begin with `hilda:`."""
    return f"hilda:{action}:{number}"


def value_of(choice: Choice) -> str:
    return value(choice.action, choice.subject, choice.digest_prefix)


def value(action: str, subject: str = "", digest_prefix: str = "") -> str:
    return f"{RELEASE}|{action}|{digest_prefix.replace('|', '')}|{subject}"


def pressed(action: Json, message: Json) -> tuple[Pressed, ...]:
    """What one entry of a payload's `actions` means; nothing where we did not write it, or not in this form.

    Boxes that were ticked before are those that `message` shows ticked; taking a tick away means nothing.
    """
    if not str(action.get("action_id", "")).startswith("hilda:"):
        return ()
    if action.get("type") == "checkboxes":
        before = _ticked_in(message, str(action.get("block_id", "")), str(action["action_id"]))
        now = (str(option.get("value", "")) for option in action.get("selected_options") or ())
        return tuple(Pressed("tick", box) for box in now if box not in before)
    if str(action["action_id"]).startswith("hilda:link:"):
        return (Pressed("link"),)
    read = parse(str(action.get("value", "")))
    return (read,) if read else ()


def parse(text: str) -> Pressed | None:
    """The inverse of `value`, or None."""
    release, _, rest = text.partition("|")
    action, _, rest = rest.partition("|")
    prefix, separator, subject = rest.partition("|")
    known = action in get_args(Action) or action in OTHER_ACTIONS
    return Pressed(action, subject, prefix) if release == RELEASE and known and separator else None


def field_block_id(form: int, number: int, field: str) -> str:
    return f"{_FIELD}{form}:{number}:{field}"[:255]


def of_card(block_id: str, card: int) -> str:
    """The same field where several cards stand on one surface."""
    return f"{_FIELD}{card}-{block_id.removeprefix(_FIELD)}"[:255]


def submitted(values: Mapping[str, Mapping[str, Json]]) -> dict[str, str]:
    """The fields of a form by id, out of a view's or a message's `state.values`."""
    found: dict[str, str] = {}
    for block_id, inputs in values.items():
        if not block_id.startswith(_FIELD):
            continue
        field = block_id.removeprefix(_FIELD).split(":", 2)[-1]
        for state in inputs.values():
            chosen = dig(state, "selected_option", "value")
            found[field] = str(chosen if chosen is not None else state.get("value") or "")
    return found


def _ticked_in(message: Json, block_id: str, action: str) -> set[str]:
    for block in message.get("blocks") or ():
        for element in block.get("elements") or ():
            if element.get("action_id") == action and block.get("block_id", block_id) == block_id:
                return {str(option.get("value", "")) for option in element.get("initial_options") or ()}
    return set()
