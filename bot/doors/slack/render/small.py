"""Small pieces that many blocks are made of: plain texts of a bounded length, buttons, lines of context, inputs."""

from domain.plain_json import Json
from domain.visible import one_line

LONGEST_BUTTON = 75
LONGEST_HEADER = 150
LONGEST_INPUT = 3000
LONGEST_CONTEXT = 1500


def plain(text: str, longest: int, otherwise: str = "–") -> Json:
    """Plain text on one line, in which neither emoji codes nor mentions mean anything; never empty."""
    return {"type": "plain_text", "text": cut(one_line(text), longest) or otherwise, "emoji": False}


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text, LONGEST_HEADER)}


def context(*texts: str) -> Json:
    return {"type": "context", "elements": [plain(text, LONGEST_CONTEXT) for text in texts if text.strip()]}


def button(label: str, action_id: str, value: str, style: str = "plain", confirm: Json | None = None) -> Json:
    found: Json = {
        "type": "button",
        "text": plain(label, LONGEST_BUTTON),
        "action_id": action_id,
        "value": value,
    }
    if style in ("primary", "danger"):
        found["style"] = style
    return found | ({"confirm": confirm} if confirm else {})


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> Json:
    """A question before something that is not easily taken back; it names what is lost."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
        **({"style": "danger"} if danger else {}),
    }


def actions(elements: list[Json], block_id: str = "") -> Json:
    return {"type": "actions", "elements": elements} | ({"block_id": block_id} if block_id else {})


def field(label: str, value: str, *, multiline: bool, required: bool, block_id: str) -> Json:
    """A text to type, filled in with `value`, which fits (see `LONGEST_INPUT`)."""
    element: Json = {"type": "plain_text_input", "action_id": "value", "multiline": multiline or "\n" in value}
    if value:
        element["initial_value"] = value
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": not required,
    }
