"""Modals: forms, reasons, and scripts that are read to their end before they can be approved."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.doors.slack.render import rich, small
from bot.doors.slack.render.card import parts_drawn
from bot.doors.slack.render.codes import in_full
from bot.doors.slack.render.forms import fields, fits
from bot.doors.slack.render.heading import heading, name_of
from bot.doors.slack.render.packing import packed
from bot.doors.slack.render.post import View
from bot.doors.slack.render.tables import table
from bot.doors.slack.render.values import field_block_id
from domain.cards import Action, Card, Choices, Code, Form, FormField, Part, Table
from domain.plain_json import Json
from domain.visible import exact, one_line

FORM, READ, REASON, ASK = "hilda:form", "hilda:read", "hilda:reason", "hilda:ask"
"""callback_ids of our modals."""
NAME = "Hilda"
_TITLES: dict[Action, str] = {"edit": "Change the commands", "settle": "Say how it ended"}
LONGEST_TITLE = 24
MOST_BLOCKS = 90
LONGEST_PAGE = 3600
"""Characters of JSON on one page of a script: about fifty lines, so that Approve is not pressed past unread ones."""
LONGEST_PIECE = 1300
"""Of a script, so that pages are filled."""
LONGEST_VIEW = 60_000
_IN_A_VIEW = View(charts_as_pictures=False)


@dataclass(frozen=True, slots=True)
class About:
    """What a modal is about, kept in it and brought back by it."""

    action: str
    subject: str = ""
    digest_prefix: str = ""
    conversation: str = ""
    page: int = 0
    """Of a script that is being read, from 0."""

    def written(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def about(private_metadata: str) -> About | None:
    """The inverse of `written`; None for what we did not write."""
    try:
        return About(**json.loads(private_metadata))
    except (ValueError, TypeError):
        return None


def form_view(card: Card, what: About) -> Json:
    """The card around its form, and the form as inputs; without a submit button where a value is too long to change."""
    found = next(part for part in card.parts if isinstance(part, Form))
    others = [part for part in card.parts if not isinstance(part, Form | Choices)]
    submit = (found.submit if found.submit.strip() else "Send") if fits(found) else ""
    body = fields(found, 0)[0] if submit else [block for field in found.fields for block in _to_read(field)]
    return _modal(
        FORM, _TITLES.get(found.action, NAME), [*heading(card), *as_view(card, others), *body], what, submit=submit
    )


def _to_read(field: FormField) -> list[Json]:
    """A field to read: one of this form's values is longer than Slack lets anybody change."""
    said = rich.paragraph(rich.words(one_line(field.label), "bold"), rich.words(" (too long to change in Slack)"))
    return [said, *in_full(Code(field.value))]


def reason_view(card: Card, what: About, *, submit: str, label: str = "Why", required: bool = False) -> Json:
    """One question before a decision counts; its answer arrives as the field `reason`."""
    box = small.field(label, "", multiline=True, required=required, block_id=field_block_id(0, 0, "reason"))
    return _modal(REASON, submit, [*heading(card), box], what, submit=submit)


def question_view(title: str, label: str, what: About, *, filled_in: str = "", submit: str = "Ask") -> Json:
    """A text to type, for the shortcuts; it arrives as the field `text`."""
    block_id = field_block_id(0, 0, "text")
    shown = exact(filled_in)[: small.LONGEST_INPUT]
    box = small.field(label, shown, multiline=True, required=True, block_id=block_id)
    return _modal(ASK, title, [box], what, submit=submit)


def pages(card: Card) -> list[list[Json]]:
    """All of a card, scripts in full, in pages; what decides is not on them."""
    shown = [part for part in card.parts if not isinstance(part, Choices | Form)]
    return packed([*heading(card), *as_view(card, shown)], LONGEST_PAGE, MOST_BLOCKS)


def reading_view(card: Card, what: About) -> Json:
    """One page. Only the last one can be approved, and every page before it leads to the next."""
    found = pages(card)
    number = min(max(what.page, 0), len(found) - 1)
    last = number == len(found) - 1
    foot = "This is all of it." if last else f"It goes on for {len(found) - number - 1} more."
    where = f" It would run in {name_of(card.cluster)}." if card.cluster else ""
    blocks = [*found[number], small.context(f"Page {number + 1} of {len(found)}. {foot}{where}")]
    submit = "Approve" if last else "Read on"
    kept = About(what.action, what.subject, what.digest_prefix, what.conversation, number)
    return _modal(READ, f"Read it all, {number + 1} of {len(found)}", blocks, kept, submit=submit)


def is_last_page(card: Card, what: About) -> bool:
    """Whether submitting this page approves; else the next one is shown."""
    return what.page >= len(pages(card)) - 1


def message_view(card: Card) -> Json:
    """A card to read and close: a refusal where the person is, or what became of what they sent."""
    shown = [part for part in card.parts if not isinstance(part, Choices | Form)]
    blocks, *more = packed([*heading(card), *as_view(card, shown)], LONGEST_VIEW, MOST_BLOCKS)
    blocks += [small.context("There is more than a window holds; ask me in a conversation.")] if more else []
    return _modal("", NAME, blocks, None, submit="", close="Close")


def busy_view(title: str, words: str) -> Json:
    """Stands while something takes longer than Slack waits."""
    return _modal("", title, [rich.paragraph(rich.words(f"⏳ {words}"))], None, submit="", close="Close")


def _modal(
    callback: str, title: str, blocks: Sequence[Json], what: About | None, *, submit: str, close: str = "Cancel"
) -> Json:
    view: Json = {
        "type": "modal",
        "title": small.plain(title, LONGEST_TITLE),
        "close": small.plain(close, LONGEST_TITLE),
        "blocks": list(blocks)[:100],
    }
    view |= {"callback_id": callback} if callback else {}
    view |= {"submit": small.plain(submit, LONGEST_TITLE)} if submit.strip() else {}
    return view | ({"private_metadata": what.written()} if what else {})


def as_view(card: Card, parts: Sequence[Part]) -> list[Json]:
    """Parts as a modal takes them: scripts whole, tables as text."""
    return [block for number, part in enumerate(parts) for block in _in_view(card, part, number)]


def _in_view(card: Card, part: Part, number: int) -> list[Json]:
    match part:
        case Code():
            return in_full(part, LONGEST_PIECE) if part.text else parts_drawn(card, [part], _IN_A_VIEW, number)[0]
        case Table():
            return table(part, native=False, files=False)[0]
        case _:
            return parts_drawn(card, [part], _IN_A_VIEW, number)[0]
