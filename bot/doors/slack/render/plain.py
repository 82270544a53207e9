"""A card as plain messages, for the day when Slack refuses its blocks: said poorly rather than not at all."""

from bot.doors.slack.render.card import parts_drawn
from bot.doors.slack.render.heading import heading
from bot.doors.slack.render.lengths import cut_at_lines
from bot.doors.slack.render.post import View
from bot.doors.slack.render.spoken import LONGEST, text_of
from domain.cards import Card

_FENCE = "```"


def plain(card: Card) -> tuple[str, ...]:
    """Texts for chat.postMessage without blocks, each short enough, its code fences closed."""
    blocks, _ = parts_drawn(card, card.parts, View(charts_as_pictures=False))
    pieces = cut_at_lines(text_of([*heading(card), *blocks]), LONGEST - 2 * len(_FENCE) - 2)
    texts: list[str] = []
    in_code = False
    for piece in pieces:
        begins = f"{_FENCE}\n" if in_code else ""
        in_code ^= sum(line == _FENCE for line in piece.split("\n")) % 2 == 1
        texts.append(f"{begins}{piece}" + (f"\n{_FENCE}" if in_code else ""))
    return tuple(texts)
