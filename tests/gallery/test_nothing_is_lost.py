"""Whatever a card says reaches the reader, and nothing that somebody else wrote steers the terminal."""

import io
import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.doors.terminal.as_json import card_as_json
from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.keys import keys_of, press
from bot.doors.terminal.render import as_text, show
from bot.doors.terminal.view import View
from domain.cards import Card, Code, card
from domain.risk import Risk
from tests.gallery.any_card import anything, cards, said_in, words

WIDE = View(width=2000, zone=View().zone)
SLOW_IS_FINE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORMS = {
    "narrow": lambda c: as_text(c, View(width=60)),
    "tiny": lambda c: as_text(c, View(width=20)),
    "ascii": lambda c: as_text(c, View(width=80, unicode=False)),
    "piped": lambda c: as_text(c, View(interactive=False, colour=False)),
    "markdown": lambda c: as_markdown(c, View(interactive=False)),
}


def letters(text: str) -> Counter[str]:
    """What remains of a text however it is folded: letters and digits, each as often as it occurs."""
    return Counter(character for character in text if character.isalnum())


@pytest.mark.parametrize("form", FORMS)
@given(shown=cards(words))
@SLOW_IS_FINE
def test_no_form_drops_the_text_of_any_part(form: str, shown: Card) -> None:
    """Every letter of every part is there, whatever the width."""
    drawn = letters(FORMS[form](shown))

    missing = sum((letters(text) for text in said_in(shown)), Counter()) - drawn

    assert not missing


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_no_character_of_the_content_steers_the_terminal(shown: Card) -> None:
    """Control, bidi and zero-width characters arrive as visible escapes in every form."""
    for drawn in (form(shown) for form in FORMS.values()):
        hidden = {c for c in drawn if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}

        assert hidden <= {"\n", "\t", "\u200c", "\u200d"}


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_colour_comes_from_the_door_alone(shown: Card) -> None:
    """With colour on, taking our own style escapes away leaves the drawing without colour: content added none."""
    console = Console(width=100, file=io.StringIO(), force_terminal=True, color_system="standard", legacy_windows=False)
    with console.capture() as captured:
        show(shown, console, View(width=100, colour=False))

    bare = Console(width=100, file=io.StringIO(), force_terminal=True, color_system=None, legacy_windows=False)
    with bare.capture() as plain:
        show(shown, bare, View(width=100, colour=False))

    assert without_our_styles(captured.get()) == plain.get()
    assert "\x1b" not in plain.get()


def without_our_styles(text: str) -> str:
    """Drop `ESC [ digits ; ... m`, the only escape that drawing a card may use."""
    pieces = text.split("\x1b[")
    return pieces[0] + "".join(piece.lstrip("0123456789;").removeprefix("m") for piece in pieces[1:])


@given(text=st.text("abc $'\"|&;\\{}()<>#\t\n漢", max_size=400), width=st.integers(20, 200))
@SLOW_IS_FINE
def test_code_copies_exactly(text: str, width: int) -> None:
    """The lines of a code part stand in the output as they are: no fold, no indent, no padding."""
    body = text.strip("\n") or "x"
    drawn = as_text(card("t", Code(body, "sh", "Script")), View(width=width))

    assert drawn.endswith(f"\nScript\n{body}\n")


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_json_is_the_whole_card(shown: Card) -> None:
    """Every text and number of the card stands in its public JSON, as often as it occurs."""
    sent = json.loads(json.dumps(card_as_json(shown)))

    whole = asdict(shown)

    assert not Counter(leaves(whole)) - Counter(leaves(sent))


def leaves(value: Any) -> Iterator[str]:
    """All texts, numbers and moments inside, each written the way JSON has them."""
    match value:
        case dict():
            for inner in value.values():
                yield from leaves(inner)
        case list() | tuple():
            for inner in value:
                yield from leaves(inner)
        case datetime():
            yield value.isoformat()
        case Risk():
            yield value.name
        case float() if math.isnan(value):
            yield "null"
        case None:
            yield "null"
        case _:
            yield json.dumps(value) if not isinstance(value, str) else value


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_every_choice_can_be_typed(shown: Card) -> None:
    """What a card offers is reached by the key it shows, and no two choices share one."""
    keys = keys_of(shown)

    assert len({key for one in keys for key in one.keys}) == sum(len(one.keys) for one in keys)
    for key in keys:
        pressed = press(key.shown, shown)
        assert pressed is not None
        assert pressed.choice is key.choice
