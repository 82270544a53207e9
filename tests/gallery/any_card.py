"""Hypothesis strategies for any card whatever, and all the words that it must not lose."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import assert_never, get_args

from hypothesis import strategies as st

from domain.cards import (
    Action,
    Card,
    Chart,
    Checklist,
    ChecklistItem,
    Choice,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    FormField,
    Links,
    Part,
    Progress,
    Series,
    Sources,
    Table,
    Text,
    Tone,
)
from domain.evidence import observed
from domain.look import Window
from domain.risk import Risk

anything = st.text(max_size=30)
"""Any text at all: control characters, surrogates, bidi marks, emoji, markup of every kind."""
words = st.text("abcdefgh XYZ 0123456789.,é漢", min_size=1, max_size=30).filter(str.strip)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(fold=0)
)
numbers = st.floats(-1e12, 1e12) | st.just(float("nan"))
actions = st.sampled_from(get_args(Action))


def tuples(inner: st.SearchStrategy, most: int = 4) -> st.SearchStrategy:
    return st.lists(inner, max_size=most).map(tuple)


def evidence(text: st.SearchStrategy[str]) -> st.SearchStrategy:
    windows = st.tuples(moments, moments).map(lambda pair: Window(*sorted(pair)))
    trust = st.sampled_from(["system", "team", "untrusted"])
    return st.builds(
        observed, text, text, text, sample=text, check=text, window=st.none() | windows, link=text, trust=trust
    )


def parts(text: st.SearchStrategy[str]) -> st.SearchStrategy[Part]:
    pairs = tuples(st.tuples(text, text))
    points = tuples(st.tuples(moments, numbers), 8).map(lambda found: tuple(sorted(found, key=lambda p: p[0])))
    steps = st.tuples(text, st.sampled_from(["done", "running", "waiting", "failed"]))
    styles = st.sampled_from(["plain", "primary", "danger"])
    languages = st.sampled_from(["sh", "diff", "yaml", "nonsense", ""])
    series = tuples(st.builds(Series, text, points), 3)
    fields = tuples(st.builds(FormField, text, text, text, st.booleans(), st.booleans()))
    return st.one_of(
        st.builds(Text, text),
        st.builds(Facts, pairs),
        st.builds(Table, tuples(text, 3), tuples(tuples(text, 3)), text),
        st.builds(Code, text, languages, text, st.none() | st.sampled_from(Risk)),
        st.builds(Checklist, tuples(st.builds(ChecklistItem, text, text, text, text, st.booleans()))),
        st.builds(Chart, text, st.sampled_from(["s", "bytes", "%", "", "1/s", "odd"]), series, st.none() | moments),
        st.builds(Links, pairs),
        st.builds(Choices, tuples(st.builds(Choice, text, actions, text, text, styles))),
        st.builds(Form, actions, text, fields, text),
        st.builds(Progress, tuples(steps)),
        st.builds(Sources, tuples(evidence(text), 3)),
    )


def cards(text: st.SearchStrategy[str]) -> st.SearchStrategy[Card]:
    labels = st.none() | st.builds(ClusterLabel, text, text, st.booleans(), text)
    return st.builds(Card, text, st.sampled_from(get_args(Tone)), labels, tuples(parts(text), 5))


def said_in(card: Card) -> Iterator[str]:
    """Every text of the card that a reader must find again."""
    yield card.title
    if card.cluster:
        yield card.cluster.name
        yield card.cluster.practice_identity
        if not card.cluster.production:
            yield card.cluster.environment
    for part in card.parts:
        yield from _said(part)


def _said(part: Part) -> Iterator[str]:
    match part:
        case Text(markdown):
            yield markdown
        case Facts(rows) | Links(rows):
            for row in rows:
                yield from row
        case Table(columns, rows, caption):
            yield caption
            yield from columns
            for row in rows:
                yield from row
        case Code(text, _, label):
            yield from (text, label)
        case Checklist(items):
            for item in items:
                yield from (item.text, item.why, item.done_when)
        case Chart(title, _, series):
            yield title
            yield from (one.label for one in series)
        case Choices(choices):
            yield from (choice.label for choice in choices)
        case Form(_, _, fields, submit):
            yield submit
            for field in fields:
                yield from (field.label, field.value)
        case Progress(steps):
            yield from (text for text, _ in steps)
        case Sources(found):
            for item in found:
                asked = "" if item.query in item.check else item.query  # The line to check by says it already.
                yield from (item.source, asked, item.summary, item.sample, item.check, item.link)
        case _:
            assert_never(part)


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalnum())


def wanted(shown: Card, is_box: Callable[[Choice, Card], bool]) -> Counter[str]:
    """All letters of a card, but for buttons that are boxes to tick."""
    without = replace(
        shown,
        parts=tuple(
            Choices(tuple(c for c in part.choices if not is_box(c, shown))) if isinstance(part, Choices) else part
            for part in shown.parts
        ),
    )
    return sum((letters(text) for text in said_in(without)), Counter())
