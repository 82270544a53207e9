"""What a busy organisation says to Hilda and around her in so many seconds, drawn from a seed: who, where, when, what.

The sender and the fake platform draw the same talk, each in a process of its own, and need not speak to each other.
"""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

PEOPLE, CHANNELS, INVESTIGATIONS = 60, 40, 20
STEP_SECONDS = 5.0
"""How long somebody reads an answer of their investigation before they go on."""
JOINS_AFTER = 4.0
"""Seconds until somebody else writes something into a thread that Hilda was called into."""

Kind = Literal["talk", "mention", "direct", "thread", "command", "press", "change", "again", "investigation"]

CHATTER = ("lunch?", "the build is green again", "who has the ball on this?", "I restarted it, looks fine", "brb")
QUICK = ("hi", "help", "thanks", "what can you do?", "who are you?", "list pods", "incidents", "list deployments")
LADDER = ("what is wrong?", "why do you think so?", "since when?", "checklist", "commands", "what changed?")
COMMANDS = ("who", "help", "incidents", "level")


@dataclass(frozen=True, slots=True)
class Mix:
    """What is said on one platform."""

    messages: Mapping[Kind, int]
    """Messages of each kind among fifty events."""
    answered: frozenset[Kind]
    """Of which a message of Hilda's has to come."""
    mention_events: int = 1
    """Events that one mention makes."""
    at_once: frozenset[str] = frozenset()
    """Words that are answered without waiting for what was asked before."""

    def waits(self, said: "Said") -> bool:
        """Whether it is answered after what was asked before it in the same thread."""
        return said.kind in self.answered and (said.kind == "press" or said.text not in self.at_once)


@dataclass(frozen=True, slots=True)
class Load:
    seed: int
    since: int
    """The second from which the messages' ids count."""
    seconds: float
    rate: float
    """Events a second."""

    @property
    def words(self) -> list[str]:
        """As the processes take it on their command lines."""
        return [str(self.seed), str(self.since), str(self.seconds), str(self.rate)]

    @classmethod
    def parse(cls, words: Sequence[str]) -> "Load":
        return cls(int(words[0]), int(words[1]), float(words[2]), float(words[3]))


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happens, at `at` seconds after the beginning."""

    at: float
    kind: Kind
    user: str
    channel: str
    """A person's id with another letter where it is said to Hilda alone."""
    ts: str
    """Its id, another one for each."""
    text: str
    thread: str = ""

    @property
    def mentions(self) -> bool:
        return self.kind == "mention" or (self.kind == "investigation" and not self.thread)

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


def talk(load: Load, mix: Mix) -> list[Said]:
    """Everything in the order in which it happens."""
    drawn = random.Random(load.seed)
    said = [*_day(drawn, load, mix), *_investigations(load)]
    return sorted(said, key=lambda one: one.at)


def _day(drawn: random.Random, load: Load, mix: Mix) -> Iterator[Said]:
    """`rate` events a second, evenly, in the proportions of the mix."""
    users, rooms = [f"U{number:04d}" for number in range(PEOPLE)], channels()[:CHANNELS]
    threads: list[Said] = []
    kinds: list[Kind] = list(itertools.chain.from_iterable([kind] * share for kind, share in mix.messages.items()))
    events, count = 0, round(load.seconds * load.rate)
    while events < count:
        kind = drawn.choice(kinds)
        at = events / load.rate
        ts, user, room = _ts(load, at), drawn.choice(users), drawn.choice(rooms)
        joined = [one for one in threads if one.at < at - JOINS_AFTER]
        if kind == "thread" and not joined:
            kind = "direct"
        match kind:
            case "mention":
                one = Said(at, kind, user, room, ts, drawn.choice(QUICK))
                threads.append(one)
            case "thread":
                called = drawn.choice(joined)
                one = Said(at, kind, user, called.channel, ts, drawn.choice(QUICK), thread=called.ts)
            case "direct" | "press":
                one = Said(at, kind, user, direct(user), ts, drawn.choice(QUICK))
            case "command":
                one = Said(at, kind, user, room, ts, drawn.choice(COMMANDS))
            case _:
                one = Said(at, kind, user, room, ts, drawn.choice(CHATTER))
        yield one
        events += mix.mention_events if kind == "mention" else 1


def _investigations(load: Load) -> Iterator[Said]:
    """Twenty people, each in a channel of their own, ask on and on, one step up or aside after the other."""
    for number, room in enumerate(channels()[CHANNELS:]):
        begun = number * STEP_SECONDS / INVESTIGATIONS
        opener = _ts(load, begun, 7)
        for step, at in enumerate(_times(begun, load.seconds)):
            yield Said(
                at=at,
                kind="investigation",
                user=f"U{number:04d}",
                channel=room,
                ts=_ts(load, at, 7),
                text=LADDER[step % len(LADDER)],
                thread=opener if step else "",
            )


def _times(begun: float, seconds: float) -> Iterator[float]:
    at = begun
    while at < seconds:
        yield at
        at += STEP_SECONDS


def _ts(load: Load, at: float, odd: int = 1) -> str:
    """Of a message at that moment; `odd` tells two of the same moment apart."""
    return f"{load.since + at + odd / 1_000_000:.6f}"
