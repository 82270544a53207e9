"""What a button carries and brings back: an action, an opaque id, a digest prefix, and which release wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from domain.cards import Action, Choice
from domain.plain_json import Json

RELEASE = "1"
"""Of the form of values: a button from a release that wrote them otherwise is told apart, not guessed at."""
FIELD = "hilda.field."
TICKS = "hilda.ticks."


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, read back."""

    action: Action
    subject: str
    digest_prefix: str
    fields: Mapping[str, str]
    """What was typed into the card's inputs, by field; `ticks` are the boxes, one to a line."""
    is_form: bool

    @property
    def ticked(self) -> tuple[str, ...]:
        return tuple(box for box in self.fields.get("ticks", "").split("\n") if box)


def execute(title: str, choice: Choice, *, form: bool = False) -> Json:
    """The button of a choice; inputs are validated by Teams only where it sends a form."""
    carried = {"hilda": RELEASE, "subject": choice.subject, "digest": choice.digest_prefix, "form": form}
    button: Json = {"type": "Action.Execute", "title": title, "verb": choice.action, "data": carried}
    if not form:
        button["associatedInputs"] = "none"
    styles = {"primary": "positive", "danger": "destructive"}
    return button | ({"style": styles[choice.style]} if choice.style in styles else {})


def pressed(value: Any) -> Pressed | None:
    """What the value of an `adaptiveCard/action` invoke means; None for what we did not write, or not in this form."""
    action = value.get("action") if isinstance(value, dict) else None
    data = action.get("data") if isinstance(action, dict) else None
    if not isinstance(action, dict) or not isinstance(data, dict) or data.get("hilda") != RELEASE:
        return None
    verb = action.get("verb")
    if verb not in get_args(Action):
        return None
    fields = {name.removeprefix(FIELD): str(given) for name, given in data.items() if name.startswith(FIELD)}
    boxes = [str(given) for name, given in data.items() if name.startswith(TICKS) and given]
    if boxes:
        fields["ticks"] = "\n".join(box for several in boxes for box in several.split(","))
    return Pressed(
        cast("Action", verb),
        str(data.get("subject") or ""),
        str(data.get("digest") or ""),
        fields,
        bool(data.get("form")),
    )
