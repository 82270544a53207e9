"""Somebody else's text never steers a terminal."""

import pytest

from domain.visible import exact, is_exact, one_line, prose


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("bell\x07", "bell\\x07"),
        ("lone \udc80 surrogate", "lone \\udc80 surrogate"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_cannot_be_seen_is_written_out(given: str, shown: str) -> None:
    """Escapes, bidi marks, zero-width characters and half characters become visible."""
    assert prose(given) == shown
    assert exact(given) == shown
    assert not is_exact(given)


@pytest.mark.parametrize("text", ["", "plain", "שלום العربية", "注文サービス 🔥", "e\u0301", "two\nlines"])
def test_ordinary_text_of_any_language_stays(text: str) -> None:
    """Letters of all scripts, emoji and combining marks are as they were."""
    assert prose(text) == text
    assert exact(text) == text


def test_a_family_stays_together_in_prose_and_not_in_code() -> None:
    """The joiner that emoji and Persian need hides things in a command."""
    family = "👩\u200d🚒"

    assert prose(family) == family
    assert not is_exact(family)


def test_one_line_is_one_line() -> None:
    """Titles and labels cannot break out of their line."""
    assert one_line("a\r\nb\n\n  c\td") == "a b c d"
