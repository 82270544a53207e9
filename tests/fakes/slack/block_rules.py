"""Every rule of Block Kit that this Slack keeps, with its source and a payload that it refuses."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.fakes.slack import blocks as kit
from tests.fakes.slack import elements, rich_text
from tests.fakes.slack.elements import plain
from tests.fakes.slack.payloads import HOME, MODAL, WHOLE, Blocks
from tests.fakes.slack.shapes import Json, Named


@dataclass(frozen=True)
class Rule:
    name: str
    source: str
    surface: str
    refuses: Json
    """Blocks for a message, a view else."""


def _modal(blocks: Blocks) -> Json:
    return {**MODAL.good(), "submit": plain(24).good(), "blocks": blocks}


def _stands_in(named: Named, value: Json) -> tuple[str, Blocks]:
    """A surface and blocks that hold this value in a place where its kind may stand."""
    text = {"type": "plain_text", "text": "words"}
    for kinds, block in (
        (elements.ACTION_ELEMENTS, {"type": "actions", "elements": [value]}),
        (kit.CONTEXT_ACTIONS.shape.needs["elements"].of.kinds, {"type": "context_actions", "elements": [value]}),  # type: ignore[attr-defined]
        (elements.IN_CONTEXT.kinds, {"type": "context", "elements": [value]}),
        (rich_text.PARTS, {"type": "rich_text", "elements": [value]}),
        (
            rich_text.LEAVES,
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [value]}]},
        ),
        ((kit.RAW_TEXT, kit.RICH_CELL), {"type": "table", "rows": [[value]]}),
        (
            (kit.RAW_NUMBER,),
            {"type": "data_table", "caption": "a", "rows": [[{"type": "raw_text", "text": "x"}], [value]]},
        ),
        (kit.CHARTS, {"type": "data_visualization", "title": "a", "chart": value}),
        (
            (elements.URL_SOURCE,),
            {"type": "task_card", "task_id": "1", "title": "a", "status": "complete", "sources": [value]},
        ),
        ((elements.SLACK_FILE,), {"type": "image", "alt_text": "a", "slack_file": value}),
        ((elements.CONFIRM,), {"type": "actions", "elements": [{"type": "button", "text": text, "confirm": value}]}),
        ((elements.OPTION,), {"type": "actions", "elements": [{"type": "static_select", "options": [value]}]}),
        ((elements.TICKED_OPTION,), {"type": "actions", "elements": [{"type": "checkboxes", "options": [value]}]}),
        ((elements.OVERFLOW_OPTION,), {"type": "actions", "elements": [{"type": "overflow", "options": [value]}]}),
        (
            (elements.OPTION_GROUP,),
            {"type": "actions", "elements": [{"type": "static_select", "option_groups": [value]}]},
        ),
        ((elements.FILTER,), {"type": "actions", "elements": [{"type": "conversations_select", "filter": value}]}),
    ):
        if any(kind is named for kind in kinds):
            return "message", [block]
    if named is elements.DISPATCH:
        value = {"type": "plain_text_input", "dispatch_action_config": value}
    return "modal", [{"type": "input", "label": text, "element": value}]


def _elements() -> tuple[Named, ...]:
    named = (
        *elements.ACTION_ELEMENTS,
        *elements.INPUTS,
        rich_text.RICH_TEXT_INPUT,
        elements.FEEDBACK,
        elements.ICON_BUTTON,
        *elements.IN_CONTEXT.kinds,
        *rich_text.PARTS,
        *rich_text.LEAVES,
        kit.RAW_TEXT,
        kit.RAW_NUMBER,
        kit.RICH_CELL,
        *kit.CHARTS,
        elements.URL_SOURCE,
        elements.SLACK_FILE,
        elements.CONFIRM,
        elements.OPTION,
        elements.TICKED_OPTION,
        elements.OVERFLOW_OPTION,
        elements.OPTION_GROUP,
        elements.FILTER,
        elements.DISPATCH,
    )
    return tuple({id(one): one for one in named}.values())


def _surface_of(block: Named) -> str:
    return "modal" if block.name in ("alert", "input") else "message"


def accepted() -> Iterator[tuple[str, str, Json]]:
    """(name, surface, payload) of a good example of everything that an app may send."""
    for block in kit.ALL:
        if block.name != "file":
            surface = _surface_of(block)
            yield block.name, surface, _modal([block.good()]) if surface == "modal" else [block.good()]
    for named in _elements():
        surface, blocks = _stands_in(named, named.good())
        yield named.name, surface, _modal(blocks) if surface == "modal" else blocks
    yield "modal", "modal", MODAL.good()
    yield "home", "home", HOME.good()


def rules() -> Iterator[Rule]:
    """Every rule of Block Kit that this Slack keeps."""
    for block in kit.ALL:
        if block.name == "file":
            continue  # no surface takes it, so that nothing else about it can be refused
        surface = _surface_of(block)
        for rule, value in block.shape.broken():
            payload = _modal([value]) if surface == "modal" else [value]
            yield Rule(f"{block.name} block {rule}", block.source, surface, payload)
    for named in _elements():
        for rule, value in named.shape.broken():
            surface, blocks = _stands_in(named, value)
            yield Rule(f"{named.name} {rule}", named.source, surface, _modal(blocks) if surface == "modal" else blocks)
    for surface, names in kit.NOT_IN.items():
        for block in kit.ALL:
            if block.name in names:
                held: Json = [block.good()]
                view = _modal(held) if surface == "modal" else {**HOME.good(), "blocks": held}
                yield Rule(
                    f"{block.name} block stands not in a {surface}",
                    kit.SURFACES_FROM,
                    surface,
                    held if surface == "message" else view,
                )
    for whole in WHOLE:
        for surface in whole.surfaces:
            view = _modal(whole.refuses) if surface == "modal" else {**HOME.good(), "blocks": whole.refuses}
            yield Rule(
                f"{surface} {whole.rule}", whole.source, surface, whole.refuses if surface == "message" else view
            )
    for named in (MODAL, HOME):
        for rule, view in named.shape.broken():
            yield Rule(f"{named.name} view {rule}", named.source, named.name, view)
