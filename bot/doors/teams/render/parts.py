"""Each part of a card as elements of an Adaptive Card; what people copy or approve is whole or stays out."""

import base64
import math
from datetime import UTC, tzinfo

from bot.doors.teams.render import rich
from bot.doors.teams.render.packing import LARGEST_ELEMENT, weight
from bot.doors.teams.render.values import FIELD, TICKS, execute
from bot.pictures.chart import draw_png
from bot.pictures.words import in_words
from domain.cards import (
    Card,
    Chart,
    Checklist,
    ChecklistItem,
    Choice,
    Choices,
    Code,
    Form,
    Links,
    ProgressState,
    Sources,
    Table,
)
from domain.evidence import Evidence
from domain.plain_json import Json
from domain.risk import Risk
from domain.visible import exact, is_exact, one_line, prose

BUTTONS_IN_A_ROW = 6
"""More than six are not shown (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference)."""
MOST_ROWS = 100
LONGEST_COPY = 6000
"""Characters in one input; more is copied from the lines above."""
HIDDEN = "⚠️ contains hidden characters, shown as escapes: do not copy"

_RISKS = {Risk.read: "🟢", Risk.low: "🔵", Risk.medium: "🟡", Risk.high: "🔴", Risk.forbidden: "⛔"}
_STEPS: dict[ProgressState, str] = {"done": "✅", "running": "⏳", "waiting": "▫️", "failed": "❌"}


def facts(rows: tuple[tuple[str, str], ...]) -> list[Json]:
    """Name in bold, then its value; several lines of a value stand below each other."""
    found: list[Json] = []
    for name, value in rows:
        named = f"{one_line(name)}:  " if name.strip() else ""
        below = "\n" if "\n" in value.strip() else ""
        found += rich.paragraph(rich.words(named, "bold"), rich.words(f"{below}{value}"), close=bool(found))
    return found


def table(part: Table) -> list[Json]:
    """Adaptive Cards' own table, a hundred rows to each."""
    caption = rich.paragraph(rich.words(one_line(part.caption), "bold")) if part.caption.strip() else []
    count = max([len(part.columns), *map(len, part.rows)], default=0)
    if not count:
        return caption
    if not part.rows:
        head = [_table(part.columns, (), count)] if any(part.columns) else []
        return [*caption, *head, *rich.paragraph(rich.words("(none)", "italic"))]
    pages = [part.rows[n : n + MOST_ROWS] for n in range(0, len(part.rows), MOST_ROWS)]
    return [*caption, *(_table(part.columns, rows, count) for rows in pages)]


def code(part: Code, name: str) -> list[Json]:
    """Every line in a fixed-width font, and behind a button the same characters in one piece to copy."""
    if not (part.text or part.label or part.risk is not None):
        return []
    said = rich.words(one_line(part.label), "bold")
    if part.risk is not None:
        said += rich.words(f"{'  ·  ' if said else ''}{_RISKS[part.risk]} risk: {part.risk.name}")
    if not is_exact(part.text):
        said += rich.words(f"{'  ·  ' if said else ''}{HIDDEN}", "bold")
    head = rich.paragraph(said)
    if not part.text:
        return head
    body: Json = {"type": "Container", "style": "emphasis", "spacing": "Small", "items": rich.code_lines(part.text)}
    if not is_exact(part.text) or len(part.text) > LONGEST_COPY:
        return [*head, body]
    copy: Json = {"type": "Input.Text", "id": name, "isMultiline": True, "isVisible": False, "value": exact(part.text)}
    return [*head, body, _row([_toggle("Copy", [name])]), copy]


def checklist(part: Checklist, card: Card, name: str) -> list[Json]:
    """Boxes and a button that saves the ticks; below each other why, and how to tell that it worked."""
    if not part.items:
        return []
    said = [element for number, item in enumerate(part.items, 1) for element in _task(number, item)]
    open_items = [item for item in part.items if not item.done]
    if not _can_tick(part, card) or not open_items:
        return said
    boxes: Json = {
        "type": "Input.ChoiceSet",
        "id": f"{TICKS}{name}",
        "isMultiSelect": True,
        "style": "expanded",
        "wrap": True,
        "label": "Tick what is done",
        "choices": [
            {"title": f"{number}. {one_line(item.text)}", "value": _subject(item, card)}
            for number, item in enumerate(part.items, 1)
            if not item.done
        ],
    }
    return [*said, boxes, _row([execute("Save ticks", Choice("Save ticks", "tick"), form=True)])]


def is_box(choice: Choice, card: Card) -> bool:
    """Whether this choice is a box of the card's checklist, so that it needs no button."""
    return choice.action == "tick" and any(
        choice.subject == _subject(item, card)
        for part in card.parts
        if isinstance(part, Checklist) and _can_tick(part, card)
        for item in part.items
    )


def chart(part: Chart, zone: tzinfo = UTC) -> list[Json]:
    """Title and course in words, then the picture; drawing it takes a third of a second."""
    if not part.title.strip() and not part.series:
        return []
    found = rich.paragraph(rich.words(one_line(part.title), "bold"))
    for series in part.series:
        found += rich.paragraph(rich.words(in_words(series, part.unit)), close=bool(found))
    if not part.series:
        found += rich.paragraph(rich.words("no data"))
    if part.mark is not None:
        found.append(rich.text_block(f"marked: {rich.moment(part.mark)}", isSubtle=True, spacing="None"))
    if not any(_has_a_course(series.points) for series in part.series):
        return found
    picture = base64.b64encode(draw_png(part, zone)).decode()
    alt = "; ".join([one_line(part.title) or "Chart", *(in_words(series, part.unit) for series in part.series)])
    return [*found, {"type": "Image", "url": f"data:image/png;base64,{picture}", "altText": alt, "size": "Stretch"}]


def links(part: Links) -> list[Json]:
    """Named buttons; what no button can follow is a line of words."""
    fit = [(one_line(label) or "Open", url) for label, url in part.links if rich.follows(url)]
    others = [pair for pair in part.links if not rich.follows(pair[1])]
    said = [
        line
        for label, url in others
        for line in rich.paragraph(rich.words(f"{one_line(label)}: ", "bold"), rich.words(url))
    ]
    buttons: list[Json] = [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in fit]
    return [*said, *rows_of(buttons)]


def choices(part: tuple[Choice, ...], card: Card) -> list[Json]:
    """Rows of buttons, decisions before questions; a rejection asks why before it counts."""
    wanted = [choice for choice in part if not is_box(choice, card)]
    ordered = [c for c in wanted if c.action != "ask"], [c for c in wanted if c.action == "ask"]
    return [row for kind in ordered for row in rows_of([_button(choice, card) for choice in kind])]


def form(part: Form) -> list[Json]:
    """The inputs and the button that sends them."""
    if not part.fields and not part.submit:
        return []
    inputs = [
        _input(field.id, field.label, field.value, multiline=field.multiline, required=field.required)
        for field in part.fields
    ]
    sent = Choice(part.submit, part.action, part.subject, style="primary")
    return [
        *(element for several in inputs for element in several),
        _row([execute(one_line(part.submit) or "Send", sent, form=True)]),
    ]


def progress(steps: tuple[tuple[str, ProgressState], ...]) -> list[Json]:
    found: list[Json] = []
    for text, state in steps:
        styles: tuple[rich.Style, ...] = ("bold",) if state == "running" else ()
        found += rich.paragraph(rich.words(f"{_STEPS[state]} "), rich.words(text, *styles), close=bool(found))
    return found


def sources(part: Sources, name: str) -> list[Json]:
    """How Hilda knows, behind a button: each piece with the line that lets a person see the same."""
    if not part.evidence:
        return []
    count = len(part.evidence)
    title = f"How I know: {'1 piece' if count == 1 else f'{count} pieces'} of evidence"
    shown = [element for number, item in enumerate(part.evidence, 1) for element in _evidence(number, item)]
    hidden: Json = {"type": "Container", "id": name, "isVisible": False, "items": shown}
    if weight(hidden) > LARGEST_ELEMENT:
        return [*rich.paragraph(rich.words(title, "bold")), *shown]  # A button reaches no further than its own message.
    return [_row([_toggle(title, [name])]), hidden]


def rows_of(buttons: list[Json]) -> list[Json]:
    return [_row(buttons[n : n + BUTTONS_IN_A_ROW]) for n in range(0, len(buttons), BUTTONS_IN_A_ROW)]


def _row(buttons: list[Json]) -> Json:
    return {"type": "ActionSet", "actions": buttons}


def _toggle(title: str, targets: list[str]) -> Json:
    return {"type": "Action.ToggleVisibility", "title": title, "targetElements": targets}


def _button(choice: Choice, card: Card) -> Json:
    title = one_line(choice.label) or choice.action
    asks = choice.action == "approve" and card.cluster is not None and card.cluster.production
    if choice.action != "reject" and not asks:
        return execute(title, choice)
    inner: list[Json]
    if asks:
        where = one_line(card.cluster.name) if card.cluster else ""
        inner = rich.paragraph(
            rich.words(f"Run this in production ({where})? It runs as soon as enough people approve.", "bold")
        )
    else:
        inner = _input("reason", "Why", "", multiline=True, required=False)
    shown: Json = {"type": "AdaptiveCard", "body": inner, "actions": [execute(title, choice, form=True)]}
    return {"type": "Action.ShowCard", "title": title, "card": shown}


def _input(field: str, label: str, value: str, *, multiline: bool, required: bool) -> list[Json]:
    shown = exact(value)
    found: Json = {
        "type": "Input.Text",
        "id": f"{FIELD}{field}",
        "label": one_line(label) or "Text",
        "value": shown,
        "isMultiline": multiline or "\n" in shown,
    }
    if required:
        found |= {"isRequired": True, "errorMessage": "Needed"}
    return [found, *([] if is_exact(value) else rich.paragraph(rich.words(HIDDEN)))]


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], count: int) -> Json:
    shown = [columns, *rows] if any(columns) else list(rows)
    return {
        "type": "Table",
        "firstRowAsHeader": any(columns),
        "showGridLines": False,
        "columns": [{"width": 1} for _ in range(count)],
        "rows": [
            {
                "type": "TableRow",
                "cells": [_cell(row[n] if n < len(row) else "", head=not place and any(columns)) for n in range(count)],
            }
            for place, row in enumerate(shown)
        ],
    }


def _cell(text: str, *, head: bool) -> Json:
    styles: tuple[rich.Style, ...] = ("bold",) if head else ()
    return {"type": "TableCell", "items": [rich.block(rich.words(one_line(text) or rich.HARD_BLANK, *styles))]}


def _task(number: int, item: ChecklistItem) -> list[Json]:
    box = rich.words(f"{number}. {'☑' if item.done else '☐'} ")
    said = rich.paragraph(box, rich.words(item.text, "strike" if item.done else "bold"))
    said += rich.paragraph(rich.words("Why: ", "subtle"), rich.words(item.why), close=True) if item.why else []
    if item.done_when:
        said += rich.paragraph(rich.words("Done when: ", "subtle"), rich.words(item.done_when), close=True)
    return said


def _can_tick(part: Checklist, card: Card) -> bool:
    values = [_subject(item, card) for item in part.items]
    return (
        all(values) and len(set(values)) == len(values) and not any("," in value or "\n" in value for value in values)
    )


def _subject(item: ChecklistItem, card: Card) -> str:
    """What ticking this task is about, "" where no choice of the card says so."""
    ticks = (c for part in card.parts if isinstance(part, Choices) for c in part.choices if c.action == "tick")
    found = (c.subject for c in ticks if item.id and (c.subject == item.id or c.subject.endswith(f"/{item.id}")))
    return next(found, "")


def _has_a_course(points: tuple[tuple[object, float], ...]) -> bool:
    """Whether there is more to draw than one moment."""
    return len({at for at, value in points if math.isfinite(value)}) > 1


def _evidence(number: int, item: Evidence) -> list[Json]:
    found = rich.paragraph(rich.words(f"{number}. {one_line(item.summary)}", "bold"))
    origin = [one_line(item.source), *([item.trust] if item.trust != "system" else [])]
    line = rich.words(" · ".join(text for text in origin if text), "subtle")
    if item.query and item.query not in item.check:
        line += [*rich.words(" · ", "subtle"), *rich.words(one_line(item.query), "code")]
    if item.link:
        line += [*rich.words(" · ", "subtle"), *rich.link(item.link, "see it" if rich.follows(item.link) else "")]
    found += rich.paragraph(line, close=True)
    if item.window is not None:
        span = f"{rich.moment(item.window.start)} – {rich.moment(item.window.end)}"
        found.append(rich.text_block(span, isSubtle=True, spacing="None"))
    for text in (item.sample, item.check):
        if text:
            words = "Check it by hand:" if text is item.check else ""
            found += rich.paragraph(rich.words(words, "subtle"), close=True)
            found.append(
                {"type": "Container", "style": "emphasis", "spacing": "Small", "items": rich.code_lines(prose(text))}
            )
    return found
