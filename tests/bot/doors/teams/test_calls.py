"""How a refusal of the Bot Connector service is understood: what waits, what is given up, what needs a person."""

import pytest

from bot.doors.failures import Away, Busy, Gone, Halted, Refused, Unpresentable
from bot.doors.teams.calls import Calls, NoStream, open_calls
from bot.doors.teams.pace import STREAM_SECONDS, WINDOWS, Pace
from tests.fakes.teams.service import FakeTeams, RefusedByTeams, fake_teams

CHAT = "a:1"


async def sent(teams: FakeTeams, calls: Calls, *, text: str = "hello") -> str:
    teams.known.add(CHAT)
    return await calls.send(teams.url, CHAT, {"type": "message", "text": text})


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (429, Busy),
        (412, Busy),
        (401, Halted),
        (403, Gone),
        (404, Gone),
        (400, Unpresentable),
        (501, Refused),
        (502, Away),
        (504, Away),
    ],
)
async def test_each_refusal_has_its_meaning(status: int, meaning: type[Exception]) -> None:
    async with fake_teams() as teams, open_calls(lambda: "") as calls:
        teams.refusals[CHAT] = RefusedByTeams(status, "Why")

        with pytest.raises(meaning, match="Why"):
            await sent(teams, calls)


@pytest.mark.parametrize(
    ("message", "stopped", "stands"),
    [
        ("Content stream was cancelled by user.", True, False),
        ("Content stream is not allowed on an already completed streamed message", False, True),
        ("Content stream finished due to exceeded streaming time.", False, True),
        ("Content stream is not allowed", False, False),
        ("Message size too large", False, False),
    ],
)
async def test_what_is_wrong_with_a_stream_is_told_by_its_message(message: str, stopped: bool, stands: bool) -> None:
    """All of them have one code."""
    async with fake_teams() as teams, open_calls(lambda: "") as calls:
        teams.refusals[CHAT] = RefusedByTeams(403, "ContentStreamNotAllowed", message)

        with pytest.raises(NoStream) as refused:
            await sent(teams, calls)

    assert (refused.value.stopped, refused.value.stands) == (stopped, stands)


async def test_a_message_that_is_too_large_is_told_apart() -> None:
    async with fake_teams() as teams, open_calls(lambda: "") as calls:
        with pytest.raises(Unpresentable, match="MessageSizeTooBig"):
            await sent(teams, calls, text="x" * 60_000)


async def test_our_token_goes_along_and_a_token_that_cannot_be_had_stops_everything() -> None:
    """Microsoft refusing us (a wrong secret) is for a person to mend; no answer from there is waited for."""

    def refused() -> str:
        raise PermissionError("AADSTS7000215: Invalid client secret")

    def away() -> str:
        raise ConnectionError("no route")

    async with fake_teams() as teams:
        teams.expects = "secret-token"
        async with open_calls(lambda: "secret-token") as calls:
            assert await sent(teams, calls)
        async with open_calls(lambda: "another") as calls:
            with pytest.raises(Halted):
                await sent(teams, calls)
        async with open_calls(refused) as calls:
            with pytest.raises(Halted, match="client secret"):
                await sent(teams, calls)
        async with open_calls(away) as calls:
            with pytest.raises(Away):
                await sent(teams, calls)


async def test_nobody_there_is_no_answer() -> None:
    async with open_calls(lambda: "") as calls:
        with pytest.raises(Away):
            await calls.send("http://127.0.0.1:9/", CHAT, {"type": "message"})


def test_our_own_pace_keeps_every_window() -> None:
    """However fast one would speak, no window ever holds more than Teams takes; progress leaves room for answers."""
    now = 0.0
    pace = Pace(clock=lambda: now)
    made: list[float] = []
    while len(made) < 2_000:
        if wait := pace.wait("a"):
            now += wait
            continue
        made.append(now)

    for seconds, most in WINDOWS:
        assert all(made[n] - made[n - most] >= seconds - 1e-6 for n in range(most, len(made)))
    assert pace.wait("b") == 0
    assert [pace.wait("c", unimportant=True) == 0 for _ in range(4)] == [True, True, True, False]
    assert pace.wait("c") == 0


def test_what_streams_keeps_more_than_a_second_between_two_calls() -> None:
    """Whatever else is said there meanwhile."""
    now = 0.0
    pace = Pace(clock=lambda: now)

    assert STREAM_SECONDS > 1
    assert pace.wait("a", streaming=True) == 0
    assert (pace.wait("a", streaming=True), pace.wait("a"), pace.wait("b", streaming=True)) == (STREAM_SECONDS, 0, 0)
    now = STREAM_SECONDS
    assert pace.wait("a", streaming=True) == 0
