"""Text that anybody may have written is safe to show, and tricks in it are named."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.untrusted import clean, has_deceptive_characters


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\text", "text"),
        ("\x9b1mbold", "bold"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00b\x07c\x7fd\x85e", "abcd\ne"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("kept\ttab\nand line é 你好", "kept\ttab\nand line é 你好"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_gone(dirty: str, shown: str) -> None:
    """Escapes, control characters, bidi controls, invisible characters."""
    assert clean(dirty) == shown


def test_a_long_text_is_cut_where_people_see_it() -> None:
    """The mark says how much is missing, and the whole stays under the cap."""
    short = clean("x" * 10_000, cap=500)

    assert len(short) <= 500
    assert short.endswith("more characters cut]")


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """And nothing that controls a terminal is left."""
    once = clean(text, cap=80)

    assert clean(once, cap=80) == once
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in once)


@pytest.mark.parametrize(
    "text",
    [
        "kubectl -n рrod get pods",
        "kubectl -n ѕсоре get pods",
        "ｋubectl get pods",
        "kubectl get pods \u202e",
        "kubectl get\u200b pods",
        "kubectl\u00a0get pods",
        "kubectl delete pod x —force",
        "kubectl get pods\x1b[1A",
        "kubectl get pods\r# harmless",
        "ｋ",
    ],
)
def test_what_shows_something_else_than_what_runs_is_named(text: str) -> None:
    """Look-alikes, invisible characters, odd spaces and hyphens, a carriage return that overwrites."""
    assert has_deceptive_characters(text)


@pytest.mark.parametrize(
    "text", ["kubectl get pods\n\t-n x", "# Grüße aus München", "# Привет, мир", "echo 你好", "# wait — then go"]
)
def test_honest_text_of_any_language_is_no_trick(text: str) -> None:
    """Comments may be in anybody's language."""
    assert has_deceptive_characters(text) == []
