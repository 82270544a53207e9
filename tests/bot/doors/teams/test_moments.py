"""Times that Teams writes for each reader in their own zone."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.doors.teams.render import rich
from bot.doors.teams.render.card import draw
from bot.doors.teams.render.moments import in_each_zone
from domain.cards import Card, Code, Facts, Table, Text
from domain.plain_json import Json

AT = datetime(2026, 3, 12, 14, 3, tzinfo=UTC)
KNOWN = (("15:03", AT), ("12 Mar 15:03", AT))
OWN = "{{TIME(2026-03-12T14:03:00Z)}}"
_READ = MarkdownIt()
_SPLIT = st.lists(
    st.tuples(
        st.sampled_from(["15:03", " ", "**", "_x_", "[1](u)", "1. ", "- ", "a", "(", "é", "`", "\\", "."]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def shown(card: Card) -> list[str]:
    """The texts of a card's body below its heading, in order."""
    (post,) = draw(card)
    return [text for element in post.card["body"][1:] for text in _texts(element)]


def _texts(element: Json) -> list[str]:
    if element.get("type") == "RichTextBlock":
        return ["".join(run["text"] for run in element["inlines"])]
    own = [element["text"]] if element.get("type") == "TextBlock" else []
    inner = [one for name in ("items", "rows", "cells") for one in element.get(name, ())]
    return own + [text for one in inner for text in _texts(one)]


def test_a_time_in_a_sentence_is_each_readers_own() -> None:
    card = Card(
        "t", parts=(Text("It began at **15:03**, 8 min ago."), Facts((("Since", "12 Mar 15:03"),))), moments=KNOWN
    )

    assert shown(card) == [
        f"It began at **{OWN}**, 8 min ago.",
        "**Since:**  {{DATE(2026-03-12T14:03:00Z,SHORT)}} " + OWN,
    ]


def test_a_time_in_a_table_is_each_readers_own() -> None:
    assert shown(Card("t", parts=(Table(("Since",), (("15:03",),)),), moments=KNOWN))[-1] == OWN


@pytest.mark.parametrize(
    "text", ["`kubectl` at 15:03", "a_b at 15:03", "1\\. at 15:03", "[see](https://x.example) 15:03", "at 15:03 UTC"]
)
def test_words_that_could_mean_something_else_keep_the_time_as_it_was_said(text: str) -> None:
    assert "15:03" in shown(Card("t", parts=(Text(text),), moments=KNOWN))[0]


def test_what_is_copied_stays_as_it_is() -> None:
    assert shown(Card("t", parts=(Code("echo 15:03"),), moments=KNOWN))[0] == "echo 15:03"


@given(_SPLIT)
@example([("15:03", True), ("a", False)])
@example([("(", True), ("15:03", False)])
@example([("a", True), ("15:03", True)])
def test_markdown_reads_the_words_that_the_runs_said(pieces: list[tuple[str, bool]]) -> None:
    """Whatever is written around a time: nothing becomes a link, a list or bold, and nothing that was bold is not."""
    runs = [run for text, bold in pieces for run in (rich.words(text, "bold") if bold else rich.words(text))]
    (found,) = in_each_zone([rich.block(runs)], KNOWN)
    if found["type"] == "RichTextBlock":
        assert found["inlines"] == runs
        return
    read = re.sub(r"</?p>|\n", "", _READ.render(found["text"]))

    said = "".join(f"<strong>{run['text']}</strong>" if "weight" in run else run["text"] for run in runs)
    assert _bare(read.replace(OWN, "15:03")) == _bare(said)


def _bare(text: str) -> str:
    """Without blanks, which Markdown folds, and without bold that goes straight on."""
    return re.sub(r"\s|</strong><strong>|<strong></strong>", "", text.replace("</strong> <strong>", ""))
