"""What people say when they want quiet, and what is made of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages import Message
from domain.people import Person
from graphs.silence_wish import USUAL, Wish, wish_in
from graphs.understanding import Intent, Names, understand

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("silence this for an hour", Wish()),
        ("silence it", Wish()),
        ("Silence the alert for 2h", Wish(length=2 * HOUR)),
        ("please silence KubePodCrashLooping in shop for 30 min", Wish("KubePodCrashLooping", length=HOUR / 2)),
        ("silence `CheckoutDown` for the next 2 hours", Wish("CheckoutDown", length=2 * HOUR)),
        ("silence HighLatency for half an hour", Wish("HighLatency", length=HOUR / 2)),
        ("silence i0123456789 for 1h", Wish(incident="i0123456789")),
        ("could you silence that incident for 90 minutes?", Wish(length=1.5 * HOUR)),
        ("silence job:errors:rate5m", Wish("job:errors:rate5m")),
        ("silence all alerts for 3 days", Wish(length=72 * HOUR)),
    ],
)
def test_a_wish_is_read_as_it_was_said(said: str, wish: Wish) -> None:
    message = Message("m1", Person("terminal", "t", "1"), "terminal:1", said, datetime.now(UTC))

    assert wish_in(said) == wish
    assert understand(message, Names()).intent is Intent.silence


@pytest.mark.parametrize(
    "said", ["why is it silent?", "who silenced that alert", "the silence is over", "is it quiet?"]
)
def test_speaking_of_silence_is_no_wish_for_it(said: str) -> None:
    message = Message("m1", Person("terminal", "t", "1"), "terminal:1", said, datetime.now(UTC))

    assert understand(message, Names()).intent is not Intent.silence


@given(st.text(max_size=200))
def test_whatever_follows_is_read(text: str) -> None:
    wish = wish_in(f"silence {text}")

    assert wish.length >= timedelta(0)
    assert wish.length == USUAL or "for" in text.lower()
