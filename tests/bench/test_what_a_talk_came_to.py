"""The figures of a chat's bench: what is missing, what stands twice and what came too early is counted as such."""

from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from bench.chats.measuring import Seen, Told, figures
from bench.chats.talk import Said
from bench.teams.found import of_hilda
from bench.teams.mix import MIX, conversation, id_of
from bench.used import Used

FIRST = Said(1.0, "mention", "U0001", "C0001", "1795202800.000001", "what is wrong?")
SECOND = replace(FIRST, at=2.0, kind="thread", ts="1795202801.000001", thread=FIRST.ts)
CHATTER = replace(FIRST, at=3.0, kind="talk", ts="1795202802.000001")
SAID = [FIRST, SECOND, CHATTER]
BEGUN = 1000.0
USED = Used(cast("Process", None))
ANSWERS = [Told(1001.5, FIRST.ts, is_answer=True), Told(1002.5, SECOND.ts, is_answer=True)]


def ack(said: Said, seconds: float = 0.01, tries: int = 1) -> dict[str, Any]:
    return {"ts": said.ts, "kind": said.kind, "due": BEGUN + said.at, "seconds": seconds, "tries": tries}


def found(*told: Told, acks: list[dict[str, Any]] | None = None, said: Sequence[Said] = SAID) -> dict[str, float]:
    sent = {"begun": BEGUN, "acks": [ack(one) for one in said] if acks is None else acks}
    return figures("Teams", said, MIX, sent, Seen(told, 0, 0), [USED])


def key(said: Said, what: str) -> str:
    return f"teams:{conversation(said)}:{id_of(said.ts)}:aad-{said.user}:said:{what}"


def call(at: float, message: str, method: str = "POST", refused: str = "") -> tuple[Any, ...]:
    return at, method, conversation(FIRST), message, "", refused


def post(*messages: str) -> str:
    return "/".join((conversation(FIRST), *messages))


def micros(at: float) -> int:
    return round(at * 1_000_000)


def test_what_was_answered_in_order_is_neither_lost_nor_early() -> None:
    """Talk among people needs no answer."""
    all_well = found(*ANSWERS)

    assert (all_well["asked"], all_well["lost"], all_well["out of order"]) == (2, 0, 0)
    assert (all_well["first word p99, s"], all_well["answer p50, s"]) == (0.5, 0.5)


def test_what_was_not_answered_or_not_acknowledged_is_lost() -> None:
    """A word before the answer is none."""
    nobody_heard = [ack(FIRST), ack(SECOND), ack(CHATTER, tries=0)]

    assert found(ANSWERS[0], replace(ANSWERS[1], is_answer=False))["lost"] == 1
    assert found(*ANSWERS, acks=nobody_heard)["lost"] == 1


def test_an_answer_before_that_to_an_earlier_question_is_out_of_order() -> None:
    """Unless the first one was not yet acknowledged when the second one was asked, or that is answered at once."""
    overtaken = [replace(ANSWERS[0], at=1003.0), ANSWERS[1]]
    at_once = [ack(FIRST, seconds=1.2), ack(SECOND), ack(CHATTER)]

    assert found(*overtaken)["out of order"] == 1
    assert found(*overtaken, acks=at_once)["out of order"] == 0
    assert found(*overtaken, said=[FIRST, replace(SECOND, text="help"), CHATTER])["out of order"] == 0


def test_a_message_that_became_the_answer_was_first_a_word_and_then_the_answer() -> None:
    """Its progress is shown anew until the answer stands in its place."""
    rows = [
        (key(FIRST, "looking"), post("m1"), micros(1001.2)),
        (key(FIRST, "answer:0"), post("m1"), micros(1001.9)),
        (key(SECOND, "answer:0"), "", None),
    ]
    calls = [call(1001.1, "m1"), call(1001.8, "m1", "PUT"), call(1001.0, "", refused="429 TooManyRequests")]

    seen = of_hilda(SAID, rows, {"calls": calls, "left": ["m1"]})

    assert {(one.at, one.is_answer) for one in seen.told} == {(1001.1, False), (1001.8, True)}
    assert {one.about for one in seen.told} == {FIRST.ts}
    assert (seen.duplicated, seen.refused) == (0, 1)


def test_what_the_record_does_not_know_stands_twice() -> None:
    """So does progress that nothing took the place of, and the second answer to what was heard as two things."""
    answered = (key(FIRST, "answer:0"), post("m1"), micros(1001.9))
    again = (key(FIRST, "again:answer:0"), post("m3"), micros(1002.0))
    waiting = (key(SECOND, "looking"), post("m4"), micros(1002.5))
    calls = [call(1001.8, name) for name in ("m1", "m2", "m3", "m4")]

    def doubled(rows: list[Any], *left: str) -> int:
        return of_hilda(SAID, rows, {"calls": calls, "left": left}).duplicated

    assert doubled([answered], "m1") == 0
    assert doubled([answered], "m1", "m2") == 1
    assert doubled([answered, again], "m1", "m3") == 1
    assert doubled([answered, waiting], "m1", "m4") == 1
