"""Microsoft's own library draws every card of the gallery and finds nothing wrong with it."""

import pytest

from bot.doors.teams.render.card import draw, draw_last
from bot.doors.teams.render.refresh import Refresh, with_refresh
from domain.cards import Text
from domain.plain_json import Json
from scripts import teams_painter as painter
from tests.gallery.cards import GALLERY
from tests.gallery.test_teams import SHOWN
from tests.needs import needs_teams_client


@pytest.mark.timeout(120)
def test_microsofts_library_has_nothing_against_any_card() -> None:
    """No unknown element, no bad value, no missing name; and a card with one is told apart."""
    needs_teams_client()
    cards = {f"{name}-{n}": post.card for name, card in SHOWN.items() for n, post in enumerate(draw(card))}
    own = draw_last(GALLERY["proposal"], [Text("You asked for this.")], "neutral")
    cards["own"] = with_refresh(own, Refresh("p1", "proposal:p1"), ["29:alice"]).card
    broken: Json = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Input.Text"}, {"type": "Blink"}]}

    found = painter.faults({**cards, "broken": broken})

    assert {name for name, _ in found} == {"broken"}
