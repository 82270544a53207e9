"""Cards and JSON to standard output, in the form that was asked for."""

import json
import sys
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from bot.cli.options import Output
from domain.cards import Card


def print_card(card: Card, output: Output, zone: tzinfo) -> None:
    """One card as text, Markdown or JSON."""
    print_cards((card,), output, zone)


def print_cards(cards: Sequence[Card], output: Output, zone: tzinfo) -> None:
    """Several; as JSON they are one object, `{"cards": [...]}`, and a single one stands alone."""
    from bot.doors.terminal.screen import stdout_console, view_of

    match output:
        case Output.json:
            from bot.doors.terminal.as_json import card_as_json

            values = [card_as_json(card) for card in cards]
            print_json(values[0] if len(values) == 1 else {"cards": values})
        case Output.markdown:
            from bot.doors.terminal.as_markdown import as_markdown

            view = view_of(stdout_console(), zone)
            sys.stdout.write("\n".join(as_markdown(card, view) for card in cards))
        case Output.text:
            from bot.doors.terminal.screen import Screen

            screen = Screen(stdout_console(), zone)
            for card in cards:
                screen.say(card)


def print_json(value: Any) -> None:
    """JSON for another program: UTF-8, readable, one trailing newline."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
