"""What a busy workspace says to Hilda and around her in so many seconds, drawn from a seed: who, where, when, what.

The sender and the fake Slack draw the same talk, each in a process of its own, and need not speak to each other.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

TEAM, APP, BOT_USER = "T0HOME", "A0HILDA", "U0HILDA"
PEOPLE, CHANNELS, INVESTIGATIONS = 60, 40, 20
STEP_SECONDS = 5.0
"""How long somebody reads an answer of their investigation before they go on."""
JOINS_AFTER = 4.0
"""Seconds until somebody else writes something into a thread that Hilda was called into."""

Kind = Literal["talk", "mention", "direct", "thread", "command", "change", "again", "investigation"]
MIX: dict[Kind, int] = {"talk": 24, "mention": 8, "direct": 8, "thread": 4, "command": 2, "change": 2, "again": 2}
"""Events of each kind among fifty; a mention is two of them, since it comes as a message and as a mention."""

CHATTER = ("lunch?", "the build is green again", "who has the ball on this?", "I restarted it, looks fine", "brb")
QUICK = ("hi", "help", "thanks", "what can you do?", "who are you?", "list pods", "incidents", "list deployments")
LADDER = ("what is wrong?", "why do you think so?", "since when?", "checklist", "commands", "what changed?")
COMMANDS = ("who", "help", "incidents", "level")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happens, at `at` seconds after the beginning."""

    at: float
    kind: Kind
    user: str
    channel: str
    ts: str
    text: str
    thread: str = ""

    @property
    def key(self) -> str:
        """Hilda's name for it, with which the keys of everything that she says about it begin."""
        return f"slack:{TEAM}:{APP}:{self.channel}:{self.ts}"

    @property
    def answered(self) -> bool:
        """Whether a message of Hilda's has to come of it."""
        return self.kind in {"mention", "direct", "thread", "investigation"}

    @property
    def mentions(self) -> bool:
        return f"<@{BOT_USER}>" in self.text

    @property
    def direct(self) -> bool:
        return self.channel.startswith("D")


def people(seed: int) -> dict[str, str]:
    """Ids and made-up names."""
    drawn = random.Random(seed)
    first = ["ada", "bo", "chen", "dina", "emre", "fay", "gus", "hana", "ivo", "jun", "kim", "lea", "mika", "noor"]
    return {f"U{number:04d}": f"{drawn.choice(first)}-{number}" for number in range(PEOPLE)}


def channels() -> list[str]:
    return [f"C{number:04d}" for number in range(CHANNELS + INVESTIGATIONS)]


def direct(user: str) -> str:
    return f"D{user[1:]}"


def talk(seed: int, since: int, seconds: float, rate: float) -> list[Said]:
    """Everything in the order in which it happens; `since` is the second from which the messages' ts count."""
    drawn = random.Random(seed)
    said = [*_day(drawn, since, seconds, rate), *_investigations(since, seconds)]
    return sorted(said, key=lambda one: one.at)


def _day(drawn: random.Random, since: int, seconds: float, rate: float) -> Iterator[Said]:
    """`rate` events a second, evenly, in the proportions of the mix."""
    users, rooms = [f"U{number:04d}" for number in range(PEOPLE)], channels()[:CHANNELS]
    threads: list[Said] = []
    kinds: list[Kind] = list(itertools.chain.from_iterable([kind] * share for kind, share in MIX.items()))
    events, count = 0, round(seconds * rate)
    while events < count:
        kind = drawn.choice(kinds)
        if kind == "mention" and drawn.random() < 0.5:
            continue  # it is two events, so half as many are said
        at = events / rate
        ts, user, room = _ts(since, at), drawn.choice(users), drawn.choice(rooms)
        joined = [one for one in threads if one.at < at - JOINS_AFTER]
        if kind == "thread" and not joined:
            kind = "direct"
        match kind:
            case "mention":
                one = Said(at, kind, user, room, ts, f"<@{BOT_USER}> {drawn.choice(QUICK)}")
                threads.append(one)
            case "thread":
                called = drawn.choice(joined)
                one = Said(at, kind, user, called.channel, ts, drawn.choice(QUICK), thread=called.ts)
            case "direct":
                one = Said(at, kind, user, direct(user), ts, drawn.choice(QUICK))
            case "command":
                one = Said(at, kind, user, room, ts, drawn.choice(COMMANDS))
            case _:
                one = Said(at, kind, user, room, ts, drawn.choice(CHATTER))
        yield one
        events += 2 if one.mentions else 1


def _investigations(since: int, seconds: float) -> Iterator[Said]:
    """Twenty people, each in a channel of their own, ask on and on, one step up or aside after the other."""
    for number, room in enumerate(channels()[CHANNELS:]):
        begun = number * STEP_SECONDS / INVESTIGATIONS
        opener = _ts(since, begun, 7)
        for step, at in enumerate(_times(begun, seconds)):
            text = LADDER[step % len(LADDER)]
            first = not step
            yield Said(
                at=at,
                kind="investigation",
                user=f"U{number:04d}",
                channel=room,
                ts=opener if first else _ts(since, at, 7),
                text=f"<@{BOT_USER}> {text}" if first else text,
                thread="" if first else opener,
            )


def _times(begun: float, seconds: float) -> Iterator[float]:
    at = begun
    while at < seconds:
        yield at
        at += STEP_SECONDS


def _ts(since: int, at: float, odd: int = 1) -> str:
    """Of a message at that moment; `odd` tells two of the same moment apart."""
    return f"{since + at + odd / 1_000_000:.6f}"
