"""Every card as Slack gets it: as the golden files say, within every limit, and with every word of the card.

After a visible change: `pytest tests/gallery --refresh-gallery`, then read `git diff tests/gallery/slack`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as SdkView

from bot.doors.slack.limits import faults_of_message, faults_of_view
from bot.doors.slack.render.card import draw
from bot.doors.slack.render.checklists import is_box
from bot.doors.slack.render.home import home_view
from bot.doors.slack.render.modals import About, form_view, message_view, pages, reading_view, reason_view
from bot.doors.slack.render.plain import plain
from bot.doors.slack.render.post import Post, View
from bot.doors.slack.render.spoken import text_of
from domain.cards import Card, Code, Form
from domain.plain_json import Json
from tests.fakes.slack.payloads import refusal_of_blocks, refusal_of_view
from tests.gallery.any_card import anything, cards, letters, wanted, words
from tests.gallery.cards import GALLERY

GOLDEN = Path(__file__).parent / "slack"
SLOW_IS_FINE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BERLIN = ZoneInfo("Europe/Berlin")
VIEWS = {
    "pictures": View(BERLIN),
    "charts": View(BERLIN, chart_blocks=True),
    "alone": View(BERLIN, charts_as_pictures=False),
}
WHAT = About("approve", "p-77", "3f9ac2d1", "slack:T1:C1:1.2")
LONG_SCRIPT = "#!/usr/bin/env bash\nset -euo pipefail\n\n" + "".join(
    f'echo "step {n}: restart worker-{n}"\nkubectl -n shop rollout restart deployment/worker-{n}\n'
    for n in range(1, 120)
)
LONG_PROPOSAL = replace(
    GALLERY["proposal"],
    parts=tuple(
        replace(part, text=LONG_SCRIPT) if isinstance(part, Code) and part.label == "Run" else part
        for part in GALLERY["proposal"].parts
    ),
)
SHOWN: dict[str, Card] = {**GALLERY, "long-proposal": LONG_PROPOSAL}


def as_posts(posts: Sequence[Post]) -> list[Json]:
    return [{**post.payload(), "files": [[file.key, file.name, file.title] for file in post.files]} for post in posts]


def golden_forms() -> Iterator[tuple[str, Any]]:
    """Name and content of every golden file."""
    for name, shown in SHOWN.items():
        yield f"{name}.json", as_posts(draw(shown, VIEWS["pictures"]))
    yield "latency.charts.json", as_posts(draw(GALLERY["latency"], VIEWS["charts"]))
    yield "edit.modal.json", form_view(GALLERY["edit"], replace(WHAT, action="edit"))
    yield "reject.modal.json", reason_view(GALLERY["proposal"], replace(WHAT, action="reject"), submit="Reject")
    yield (
        "long-proposal.modal.json",
        [reading_view(LONG_PROPOSAL, replace(WHAT, page=n)) for n in range(len(pages(LONG_PROPOSAL)))],
    )
    yield "refused.modal.json", message_view(GALLERY["refused"])
    yield "home.json", home_view([GALLERY["proposal"], GALLERY["healthy"]])


FORMS = dict(golden_forms())


@pytest.mark.parametrize("name", FORMS)
def test_the_card_is_sent_as_agreed(name: str, pytestconfig: pytest.Config) -> None:
    """What Slack gets changes only together with the golden file that a reviewer reads."""
    drawn = json.dumps(FORMS[name], indent=1, ensure_ascii=False) + "\n"
    if pytestconfig.getoption("--refresh-gallery", default=False):
        (GOLDEN / name).write_text(drawn)

    assert drawn == (GOLDEN / name).read_text(), f"see {__doc__}"


def test_no_golden_file_of_slack_is_left_behind() -> None:
    """Golden files and what is drawn name the same things."""
    assert {path.name for path in GOLDEN.iterdir()} == set(FORMS)


@pytest.mark.parametrize("view", VIEWS)
@given(shown=cards(anything))
@SLOW_IS_FINE
def test_slack_takes_every_message_of_every_card(view: str, shown: Card) -> None:
    """Our limits, the Slack that behaves and the models of slack_sdk have nothing against any message."""
    for post in draw(shown, VIEWS[view]):
        payload = json.loads(json.dumps(post.payload()))

        assert faults_of_message(payload) == []
        assert refusal_of_blocks(payload["blocks"]) is None
        accepted_by_the_sdk(payload["blocks"])


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_slack_takes_every_view_of_every_card(shown: Card) -> None:
    """The same for modals of all kinds and for the Home tab."""
    views = [message_view(shown), home_view([shown, shown]), reason_view(shown, WHAT, submit="Reject")]
    views += [reading_view(shown, replace(WHAT, page=n)) for n in range(len(pages(shown)))]
    views += [form_view(shown, WHAT)] if any(isinstance(part, Form) for part in shown.parts) else []
    for view in views:
        assert faults_of_view(view) == []
        assert refusal_of_view(view) is None
        accepted_by_the_sdk(view["blocks"])
        SdkView(**view).to_dict()


long_words = st.builds(
    lambda text, times: text * times, st.text("abcdefgh XYZ é漢\n", min_size=5, max_size=40), st.integers(1, 400)
)


@pytest.mark.parametrize("view", VIEWS)
@given(shown=cards(words) | cards(words | long_words))
@SLOW_IS_FINE
def test_no_message_of_slack_drops_a_word(view: str, shown: Card) -> None:
    """Every letter of every part is in one of the messages or in a file beside them, however long the card."""
    posts = draw(shown, VIEWS[view])
    for post in posts:
        assert faults_of_message(post.payload()) == []
        assert refusal_of_blocks(list(post.blocks)) is None
    drawn = letters("".join(text_of(post.blocks) for post in posts))
    drawn += letters("".join(file.text for post in posts for file in post.files))

    assert not wanted(shown, is_box) - drawn


@given(shown=cards(words | long_words))
@SLOW_IS_FINE
def test_plain_messages_drop_no_word_either(shown: Card) -> None:
    """Where Slack refuses blocks, the words arrive all the same, in messages of a length that it takes."""
    said = plain(shown)

    assert all(len(text) <= 3600 and text.count("```") % 2 == 0 for text in said)
    assert not wanted(shown, is_box) - letters("".join(said))


def accepted_by_the_sdk(blocks: Sequence[Json]) -> None:
    for block in blocks:
        if block["type"] == "data_visualization":
            continue  # slack_sdk does not know it yet.
        parsed = Block.parse(block)
        assert parsed is not None, block
        parsed.validate_json()
        parsed.to_dict()
