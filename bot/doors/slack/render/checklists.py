"""Checklists that people tick: boxes where Slack has room for the words, and the words in full beside them."""

from bot.doors.slack.render import rich, small
from bot.doors.slack.render.values import LONGEST_BOX_VALUE, action_id
from domain.cards import Card, Checklist, ChecklistItem, Choice, Choices
from domain.plain_json import Json
from domain.visible import one_line, prose

MOST_BOXES = 10
LONGEST_LABEL = 75


def checklist(part: Checklist, card: Card, first: int) -> list[Json]:
    """Boxes by tens, each with as much of its reason as fits; below them what did not fit."""
    if not part.items:
        return []
    if not _can_tick(part, card):
        return [rich.block(rich.section(_joined([_drawn(n, item) for n, item in enumerate(part.items, 1)])))]
    boxes = [_boxes(part.items[n : n + MOST_BOXES], n, card, first + n) for n in range(0, len(part.items), MOST_BOXES)]
    more = [lines for n, item in enumerate(part.items, 1) if (lines := _more(n, item))]
    return [*boxes, *([rich.block(rich.section(_joined(more)))] if more else [])]


def is_box(choice: Choice, card: Card) -> bool:
    """Whether this choice is a box of the card's checklist, so that it needs no button."""
    return choice.action == "tick" and any(
        _means(choice, item)
        for part in card.parts
        if isinstance(part, Checklist) and _can_tick(part, card)
        for item in part.items
    )


def _can_tick(part: Checklist, card: Card) -> bool:
    values = [_value(item, card) for item in part.items]
    fit = all(0 < len(value) <= LONGEST_BOX_VALUE for value in values)
    return fit and len(set(values)) == len(values) and any(_choice(item, card) for item in part.items)


def _boxes(items: tuple[ChecklistItem, ...], before: int, card: Card, number: int) -> Json:
    options = [_option(before + n, item, card) for n, item in enumerate(items, 1)]
    ticked = [option for option, item in zip(options, items, strict=True) if item.done]
    element: Json = {"type": "checkboxes", "action_id": action_id("tick", number), "options": options}
    return small.actions([element | ({"initial_options": ticked} if ticked else {})])


def _option(number: int, item: ChecklistItem, card: Card) -> Json:
    option: Json = {
        "text": small.plain(f"{number}. {one_line(item.text)}", LONGEST_LABEL),
        "value": _value(item, card),
    }
    why = one_line(item.why)
    return option | ({"description": small.plain(why, LONGEST_LABEL)} if 0 < len(why) <= LONGEST_LABEL else {})


def _more(number: int, item: ChecklistItem) -> list[Json]:
    """What the box could not say: the rest of a long task or reason, and how to tell that it worked."""
    long_text = len(f"{number}. {one_line(item.text)}") > LONGEST_LABEL
    long_why = len(one_line(item.why)) > LONGEST_LABEL
    said = [prose(item.text)] if long_text else []
    said += [f"Why: {prose(item.why)}"] if long_why else []
    said += [f"Done when: {prose(item.done_when)}"] if item.done_when else []
    return rich.words(f"{number}. " + "\n    ".join(said)) if said else []


def _drawn(number: int, item: ChecklistItem) -> list[Json]:
    """A task as words alone, where nobody can tick it here."""
    box = rich.words(f"{number}. {'☑' if item.done else '☐'} ")
    details = f"\n    Why: {item.why}" if item.why else ""
    details += f"\n    Done when: {item.done_when}" if item.done_when else ""
    return [*box, *rich.words(item.text, "strike" if item.done else "bold"), *rich.words(details)]


def _joined(lines: list[list[Json]]) -> list[Json]:
    found: list[Json] = []
    for line in lines:
        found += [*rich.words("\n" if found else ""), *line]
    return found


def _value(item: ChecklistItem, card: Card) -> str:
    choice = _choice(item, card)
    return choice.subject if choice else item.id


def _choice(item: ChecklistItem, card: Card) -> Choice | None:
    ticks = (c for part in card.parts if isinstance(part, Choices) for c in part.choices if c.action == "tick")
    return next((choice for choice in ticks if _means(choice, item)), None)


def _means(choice: Choice, item: ChecklistItem) -> bool:
    return bool(item.id) and (choice.subject == item.id or choice.subject.endswith(f"/{item.id}"))
