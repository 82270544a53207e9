"""The streams of the fake Teams refuse what Teams documents that it refuses."""

from typing import Any

import pytest

from tests.fakes.teams.streams import LONGEST_SECONDS, RefusedByTeams, Streams

CHAT = "a:1"
Json = dict[str, Any]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def streams(clock: Clock) -> Streams:
    """One is open, for two seconds."""
    found = Streams(clock)
    found.begin(CHAT, "s1", line(), info(streamSequence=1))
    clock.now = 2.0
    return found


def line(**more: Any) -> Json:
    return {"type": "typing", "text": "looking", **more}


def info(kind: str = "informative", **more: Any) -> Json:
    return {"type": "streaminfo", "streamType": kind, **more}


@pytest.mark.parametrize(
    ("chat", "activity", "number", "why"),
    [
        ("19:night@thread.v2", line(), 1, "not enabled"),
        ("a:2", line(text=" "), 1, "should include text"),
        ("a:2", line(type="message"), 1, "should include text"),
        ("a:2", line(attachments=[{}]), 1, "final message only"),
        ("a:2", line(), 2, "the first streamSequence is 1"),
        (CHAT, line(), 1, "is not allowed"),
    ],
)
def test_a_stream_does_not_begin_otherwise_than_documented(
    streams: Streams, chat: str, activity: Json, number: int, why: str
) -> None:
    with pytest.raises(RefusedByTeams, match=why):
        streams.begin(chat, "s2", activity, info(streamSequence=number))


@pytest.mark.parametrize(
    ("activity", "about", "why"),
    [
        (line(attachments=[{}]), info(streamId="s1", streamSequence=2), "final message only"),
        (line(), info(streamId="s7", streamSequence=2), "no such streamId"),
        ({"type": "message", "text": "x"}, info("final", streamId="s1", streamSequence=2), "without a number"),
        ({"type": "message"}, info("final", streamId="s1"), "should include text"),
        (line(), info("final", streamId="s1"), "without a number"),
    ],
)
def test_a_stream_does_not_go_on_otherwise_than_documented(
    streams: Streams, activity: Json, about: Json, why: str
) -> None:
    with pytest.raises(RefusedByTeams, match=why):
        streams.go_on(CHAT, activity, about)


def test_what_comes_out_of_order_is_dropped(streams: Streams) -> None:
    assert not streams.go_on(CHAT, line(), info(streamId="s1", streamSequence=1))
    assert len(streams.dropped) == 1


def test_two_requests_in_a_second_are_too_many(streams: Streams) -> None:
    assert streams.go_on(CHAT, line(), info(streamId="s1", streamSequence=2))
    with pytest.raises(RefusedByTeams, match="429"):
        streams.go_on(CHAT, line(), info(streamId="s1", streamSequence=3))


@pytest.mark.parametrize(
    ("end", "why"), [("final", "completed"), ("stop", "cancelled by user"), ("time", "exceeded streaming time")]
)
def test_what_is_over_takes_nothing_more(streams: Streams, clock: Clock, end: str, why: str) -> None:
    """Only what a person stopped cannot even be updated."""
    match end:
        case "final":
            assert streams.go_on(CHAT, {"type": "message", "attachments": [{}]}, info("final", streamId="s1"))
        case "stop":
            streams.stop("s1")
        case _:
            clock.now = LONGEST_SECONDS + 1
    clock.now += 2

    with pytest.raises(RefusedByTeams, match=why):
        streams.go_on(CHAT, line(), info(streamId="s1", streamSequence=2))
    if end == "stop":
        with pytest.raises(RefusedByTeams, match="not allowed"):
            streams.may_change("s1")
    else:
        streams.may_change("s1")


def test_an_open_stream_is_not_updated_like_a_message(streams: Streams) -> None:
    with pytest.raises(RefusedByTeams, match="not allowed"):
        streams.may_change("s1")
