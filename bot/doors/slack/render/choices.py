"""Choices as buttons. What changes production, or cannot be taken back, asks first and names the loss."""

from bot.doors.slack.render import rich, small
from bot.doors.slack.render.checklists import is_box
from bot.doors.slack.render.codes import is_long
from bot.doors.slack.render.heading import name_of
from bot.doors.slack.render.values import LONGEST_VALUE, action_id, value, value_of
from domain.cards import Action, Card, Choice, Code
from domain.plain_json import Json
from domain.visible import one_line

BUTTONS_IN_A_ROW = 5
READ_FIRST = "The script is longer than a message. Read all of it; its end has the button"

_LOSES: dict[Action, tuple[str, str, str]] = {
    "undo": ("Undo it?", "This proposes to take back what was done; it runs only when it is approved.", "Propose it"),
    "stop": ("Stop it?", "What was read so far is lost; asking again starts from the beginning.", "Stop"),
    "revoke": ("Take it back?", "The approval is lost, and nothing runs unless it is proposed again.", "Take back"),
}


def choices(part: tuple[Choice, ...], card: Card, first: int) -> list[Json]:
    """Rows of buttons, decisions before questions, numbered from `first`; boxes of a checklist are none of them."""
    wanted = [choice for choice in part if not is_box(choice, card)]
    fit = [choice for choice in wanted if len(value_of(choice)) <= LONGEST_VALUE]
    said = [_in_words(choice) for choice in wanted if choice not in fit or _is_cut(choice)]
    buttons = [_button(choice, card, first + n) for n, choice in enumerate(fit)]
    decisions = [b for choice, b in zip(fit, buttons, strict=True) if choice.action != "ask"]
    questions = [b for choice, b in zip(fit, buttons, strict=True) if choice.action == "ask"]
    rows = [row for kind in (decisions, questions) for row in _rows(kind)]
    waiting = [f"{READ_FIRST} “{one_line(choice.label)}”." for choice in fit if _reads(choice, card)]
    return [*(rich.paragraph(rich.words(line)) for line in (*said, *waiting)), *rows]


def _button(choice: Choice, card: Card, number: int) -> Json:
    if _reads(choice, card):
        carried = value("read", choice.subject, choice.digest_prefix)
        return small.button("Read it all, then decide", action_id("read", number), carried, "primary")
    label = choice.label if choice.label.strip() else choice.action
    return small.button(label, action_id(choice.action, number), value_of(choice), choice.style, _confirm(choice, card))


def _reads(choice: Choice, card: Card) -> bool:
    """Whether approving waits until everything was shown."""
    return choice.action == "approve" and any(isinstance(part, Code) and is_long(part) for part in card.parts)


def _confirm(choice: Choice, card: Card) -> Json | None:
    if choice.action == "approve" and card.cluster is not None and card.cluster.production:
        text = f"It runs in {name_of(card.cluster)} as soon as enough people approve: {one_line(card.title)}"
        return small.confirm("Run this in production?", text, "Approve", "Not yet", danger=True)
    if choice.action not in _LOSES or choice.style != "danger":
        return None
    title, text, yes = _LOSES[choice.action]
    return small.confirm(title, text, yes, "Leave it", danger=True)


def _rows(buttons: list[Json]) -> list[Json]:
    return [small.actions(buttons[n : n + BUTTONS_IN_A_ROW]) for n in range(0, len(buttons), BUTTONS_IN_A_ROW)]


def _is_cut(choice: Choice) -> bool:
    return len(one_line(choice.label)) > small.LONGEST_BUTTON


def _in_words(choice: Choice) -> str:
    """A label that no button has room for; what it would say stands beside it where even that is too long to carry."""
    if len(value_of(choice)) <= LONGEST_VALUE:
        return one_line(choice.label)
    return f"{one_line(choice.label)}: too long for a button, so type it."
