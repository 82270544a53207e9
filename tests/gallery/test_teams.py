"""Every card as Teams gets it: as the golden files say, small enough, and with every word of the card.

After a visible change: `pytest tests/gallery --refresh-gallery`, then read `git diff tests/gallery/teams`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.doors.teams.render.card import Post, draw
from bot.doors.teams.render.parts import is_box
from bot.doors.teams.render.values import RELEASE, pressed
from domain.cards import Card, Choices, Code
from domain.plain_json import Json
from tests.gallery.any_card import anything, cards, letters, wanted, words
from tests.gallery.cards import GALLERY

GOLDEN = Path(__file__).parent / "teams"
SLOW_IS_FINE = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LARGEST = 28_000
"""Bytes of a card for approval (Microsoft's limit for webhooks, the smallest of them all)."""
LONG_SCRIPT = "#!/usr/bin/env bash\nset -euo pipefail\n\n" + "".join(
    f'echo "step {n}: restart worker-{n}"\nkubectl -n shop rollout restart deployment/worker-{n}\n'
    for n in range(1, 220)
)
LONG_PROPOSAL = replace(
    GALLERY["proposal"],
    parts=tuple(
        replace(part, text=LONG_SCRIPT) if isinstance(part, Code) and part.label == "Run" else part
        for part in GALLERY["proposal"].parts
    ),
)
SHOWN: dict[str, Card] = {**GALLERY, "long-proposal": LONG_PROPOSAL}


@pytest.fixture(autouse=True)
def undrawn_pictures() -> Iterator[None]:
    """Pictures have tests of their own, and differ between versions of what draws them."""
    with mock.patch("bot.doors.teams.render.parts.draw_png", return_value=b"picture"):
        yield


@pytest.mark.parametrize("name", SHOWN)
def test_the_card_is_sent_as_agreed(name: str, pytestconfig: pytest.Config) -> None:
    """What Teams gets changes only together with the golden file that a reviewer reads."""
    posts = draw(SHOWN[name], ZoneInfo("Europe/Berlin"))
    drawn = json.dumps([{"summary": p.summary, "card": p.card} for p in posts], indent=1, ensure_ascii=False) + "\n"
    if pytestconfig.getoption("--refresh-gallery", default=False):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / f"{name}.json").write_text(drawn)

    assert drawn == (GOLDEN / f"{name}.json").read_text(), f"see {__doc__}"


def test_no_golden_file_of_teams_is_left_behind() -> None:
    """Golden files and what is drawn name the same things."""
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.json" for name in SHOWN}


long_words = st.builds(
    lambda text, times: text * times, st.text("abcdefgh XYZ é漢\n", min_size=5, max_size=40), st.integers(1, 400)
)


@given(shown=cards(words) | cards(words | long_words))
@SLOW_IS_FINE
def test_no_message_of_teams_drops_a_word(shown: Card) -> None:
    """Every letter of every part is in one of the messages, however long the card."""
    drawn = letters("\n".join(said for post in draw(shown) for said in texts(post.card)))

    assert not wanted(shown, is_box) - drawn


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_no_two_inputs_of_a_message_share_a_name(shown: Card) -> None:
    """What a button shows or hides, and what an input is called, is one thing in its message."""
    for post in draw(shown):
        names = Counter(e["id"] for e in elements(post.card) if "id" in e and not e["id"].startswith("hilda.field."))
        targets = {t for e in elements(post.card) for t in e.get("targetElements", ())}

        assert all(count == 1 for count in names.values())
        assert targets <= set(names)


@given(shown=cards(anything))
@SLOW_IS_FINE
def test_every_button_comes_back_as_what_it_was_drawn_from(shown: Card) -> None:
    """What a press carries names the action, the subject and the digest of one of the card's own choices."""
    offered = {(c.action, c.subject, c.digest_prefix) for p in shown.parts if isinstance(p, Choices) for c in p.choices}
    forms = {(p.action, p.subject, "") for p in shown.parts if hasattr(p, "submit")}
    for post in draw(shown):
        for element in elements(post.card):
            if element.get("type") == "Action.Execute":
                found = pressed({"action": {"verb": element["verb"], "data": element["data"]}})
                assert found is not None
                read = (found.action, found.subject, found.digest_prefix)
                assert read in offered | forms or read == ("tick", "", "")


def test_a_long_script_is_shown_whole_before_anybody_can_approve_it() -> None:
    """The script goes over several messages, each small enough; Approve stands on the last, after its last line."""
    posts = draw(LONG_PROPOSAL)
    script = [line for line in LONG_SCRIPT.split("\n") if line]
    shown = [text.replace("\u00a0", " ") for post in posts for text in texts(post.card)]

    assert len(posts) > 1
    assert all(len(json.dumps(post.card).encode()) < LARGEST for post in posts)
    assert [line for line in shown if line in set(script)] == script
    assert [offers_approval(post) for post in posts] == [*[False] * (len(posts) - 1), True]


def test_a_button_of_another_release_means_nothing() -> None:
    """What was written in another form, or by somebody else, is not guessed at."""
    good: Json = {"action": {"verb": "approve", "data": {"hilda": RELEASE, "subject": "p1", "digest": "3f9a"}}}
    assert pressed(good) is not None

    for broken in (
        {"action": {"verb": "approve", "data": {"hilda": "0", "subject": "p1"}}},
        {"action": {"verb": "obey", "data": {"hilda": RELEASE}}},
        {"action": {"verb": ["approve"], "data": {"hilda": RELEASE}}},
        {"action": {"verb": "approve", "data": "p1"}},
        {"action": "approve"},
        {},
        "approve",
        None,
    ):
        assert pressed(broken) is None


def offers_approval(post: Post) -> bool:
    return any(element.get("verb") == "approve" for element in elements(post.card))


def elements(value: Any) -> Iterator[Json]:
    """Every object inside a card."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from elements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from elements(inner)


def texts(card: Json) -> Iterator[str]:
    """Everything that somebody reads in a card: words, labels, buttons, what stands in an input."""
    for element in elements(card):
        if element.get("type") == "RichTextBlock":
            yield "".join(run["text"] for run in element["inlines"])
            yield from (run["selectAction"]["url"] for run in element["inlines"] if "selectAction" in run)
        yield from (element[key] for key in ("title", "label", "altText", "url") if isinstance(element.get(key), str))
        if element.get("type") == "Input.Text" and element["id"].startswith("hilda.field."):
            yield element["value"]
