"""Pictures of charts: drawn whatever the data, clear on any ground."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image

from bot.pictures.chart import draw_png
from domain.cards import Card, Chart, Series
from tests.gallery.any_card import anything, cards
from tests.gallery.cards import GALLERY

BERLIN = ZoneInfo("Europe/Berlin")
COURSE = tuple((datetime(2026, 3, 12, 14, n, tzinfo=UTC), float(n)) for n in range(30))


def charts(shown: Card) -> list[Chart]:
    return [part for part in shown.parts if isinstance(part, Chart)]


@given(shown=cards(anything).filter(charts))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_any_chart_is_drawn_without_a_warning(shown: Card) -> None:
    """Gaps, lone points, no points, names in any script and with any sign."""
    for chart in charts(shown):
        assert draw_png(chart, BERLIN).startswith(b"\x89PNG")


def test_the_ground_is_clear_so_that_a_dark_client_shows_a_dark_chart() -> None:
    chart = charts(GALLERY["cpu"])[0]

    picture = Image.open(io.BytesIO(draw_png(chart, UTC))).convert("RGBA")

    assert picture.getpixel((3, 3))[3] == 0
    assert picture.width >= 1200


def test_the_same_chart_is_the_same_picture() -> None:
    """A post that is tried again uploads the same bytes."""
    chart = charts(GALLERY["latency"])[0]

    assert draw_png(chart, BERLIN) == draw_png(chart, BERLIN)


def test_thirty_names_leave_room_for_the_courses() -> None:
    series = tuple(Series(f"a-service-with-a-long-name-that-somebody-chose-{n}", COURSE) for n in range(30))

    assert draw_png(Chart("CPU", "cores", series), UTC).startswith(b"\x89PNG")
