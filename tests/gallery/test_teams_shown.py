"""Microsoft's own library draws every card of the gallery and finds nothing wrong with it."""

import os

import pytest

from bot.doors.teams.render.card import draw
from domain.plain_json import Json
from scripts import teams_painter as painter
from tests.gallery.test_teams import SHOWN
from tests.needs import MUST_NOT_SKIP


def _needs_microsofts_library() -> None:
    missing = [
        *([] if painter.modules() else ["Microsoft's card library: `make teams-client` (needs npm)"]),
        *([] if painter.chromium() else ["Chromium: on Debian and Ubuntu `apt-get install chromium`"]),
    ]
    if missing and os.environ.get(MUST_NOT_SKIP) == "1":
        raise RuntimeError("; ".join(missing))
    if missing:
        pytest.skip("; ".join(missing))


@pytest.mark.timeout(120)
def test_microsofts_library_has_nothing_against_any_card() -> None:
    """No unknown element, no bad value, no missing name; and a card with one is told apart."""
    _needs_microsofts_library()
    cards = {f"{name}-{n}": post.card for name, card in SHOWN.items() for n, post in enumerate(draw(card))}
    broken: Json = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Input.Text"}, {"type": "Blink"}]}

    found = painter.faults({**cards, "broken": broken})

    assert {name for name, _ in found} == {"broken"}
