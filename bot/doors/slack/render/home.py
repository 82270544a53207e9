"""The Home tab: cards one below the other, each ended by a line."""

from collections.abc import Sequence

from bot.doors.slack.render import small
from bot.doors.slack.render.heading import heading
from bot.doors.slack.render.modals import as_view
from bot.doors.slack.render.packing import pieces
from bot.doors.slack.render.values import of_card
from domain.cards import Card
from domain.plain_json import Json

MOST_BLOCKS = 100
LONGEST_HOME = 60_000
"""Characters of JSON; a view may have 250 KB, and nobody reads that much."""


def home_view(cards: Sequence[Card], before: Sequence[Json] = ()) -> Json:
    """The cards as far as they fit; the last line says how many did not."""
    blocks = list(before)
    for number, card in enumerate(cards):
        more = [piece for block in [*heading(card), *as_view(card, card.parts)] for piece in pieces(block)]
        divider: list[Json] = [{"type": "divider"}] if blocks else []
        if len(blocks) + len(divider) + len(more) > MOST_BLOCKS - 1:
            blocks.append(small.context(f"{len(cards) - number} more did not fit here; ask me for them."))
            break
        blocks += [*divider, *_renumbered(more, number)]
    return {"type": "home", "blocks": blocks or [small.context("Nothing to show yet.")]}


def _renumbered(blocks: list[Json], card: int) -> list[Json]:
    """Elements and inputs of different cards by different ids."""
    return [_by_card(block, card) for block in blocks]


def _by_card(block: Json, card: int) -> Json:
    if block["type"] == "input":
        return {**block, "block_id": of_card(block["block_id"], card)}
    if block["type"] != "actions":
        return block
    return {**block, "elements": [{**e, "action_id": f"{e['action_id']}:{card}"} for e in block["elements"]]}
