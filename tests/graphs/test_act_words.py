"""What people say to look after an incident is told from what they say otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.act_words import IncidentAct, act_in

NOW = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
ID, OTHER = "i0123456789", "iabcdefabcd"


def said(text: str) -> IncidentAct | None:
    return act_in(text, NOW, "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("acknowledge", IncidentAct("acknowledge")),
        ("ack", IncidentAct("acknowledge")),
        (f"Acknowledge {ID}.", IncidentAct("acknowledge", ID)),
        ("please ack this incident", IncidentAct("acknowledge")),
        ("take it", IncidentAct("take")),
        ("I'll take this", IncidentAct("take")),
        ("I\u2019ll take it", IncidentAct("take")),
        (f"take {ID}", IncidentAct("take", ID)),
        ("mine!", IncidentAct("take")),
        ("hand over to @U0123ABCD", IncidentAct("hand over", to="@U0123ABCD")),
        (f"hand {ID} over to lead", IncidentAct("hand over", ID, to="lead")),
        (f"hand over {ID} to lead.", IncidentAct("hand over", ID, to="lead")),
        (f"assign {ID} to @U0123ABCD", IncidentAct("hand over", ID, to="@U0123ABCD")),
        ("pass it to slack:T0:U0", IncidentAct("hand over", to="slack:T0:U0")),
        (f"merge into {OTHER}", IncidentAct("merge", to=OTHER)),
        (f"merge {ID} with {OTHER}", IncidentAct("merge", ID, to=OTHER)),
        ("close", IncidentAct("close")),
        ("close it: false alarm", IncidentAct("close", why="false alarm")),
        (f"close {ID} because the Node is gone", IncidentAct("close", ID, why="the Node is gone")),
        (f"report of {ID}", IncidentAct("report", ID)),
        ("show me the incident report", IncidentAct("report")),
        (f"show incident {ID}", IncidentAct("show", ID)),
    ],
)
def test_words_are_acts(text: str, meant: IncidentAct) -> None:
    """With an id, or about the incident of the conversation."""
    assert said(text) == meant


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("snooze", NOW + timedelta(hours=1)),
        (f"snooze {ID} for 2h", NOW + timedelta(hours=2)),
        ("snooze it for half an hour", NOW + timedelta(minutes=30)),
        ("snooze for the next 45 min", NOW + timedelta(minutes=45)),
        ("snooze 3 days", NOW + timedelta(days=3)),
        ("snooze until 16:00", NOW + timedelta(minutes=30)),
        ("snooze till 9:00", datetime(2026, 3, 13, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_snooze_says_how_long(text: str, until: datetime) -> None:
    """In the zone of whoever says it; an hour where nothing is said."""
    act = said(text)
    assert act is not None
    assert (act.kind, act.until) == ("snooze", until)


@pytest.mark.parametrize(
    "text",
    [
        "what is wrong?",
        "close to the limit, is it?",
        "does it take long?",
        "take a look at checkout",
        "I've got errors in checkout",
        "report",
        "report every day at 9",
        "merge the pull request",
        "is the pool closed?",
        "acknowledge that checkout is slow",
        "snooze button",
        "thanks, I have seen the logs",
    ],
)
def test_sentences_are_none(text: str) -> None:
    """Only a whole message is an act."""
    assert said(text) is None


@given(st.text(max_size=200) | st.from_regex(r"(snooze|close|take|hand|merge)[ a-z0-9:]{0,60}", fullmatch=True))
def test_whatever_is_said_is_an_act_or_none(text: str) -> None:
    """No text is an error, and an id is always one."""
    act = said(text)
    assert act is None or act.incident in ("", act.incident.lower())
