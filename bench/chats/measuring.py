"""What a platform's load came to: how soon it was acknowledged and answered, and what of it went missing or came twice.

ack           from the moment at which the platform would send an event until it was acknowledged; retries count on
button        the same of a button that somebody pressed, who waits for it
first word    from the same moment until the platform has the first message that answers it
answer        the same until the platform has the answer itself
lost          asked and never answered, or never acknowledged
duplicated    what stands twice, and progress that no answer took the place of
out of order  asked in a thread after another question of it was acknowledged, and answered before that one
RSS, CPU      of Hilda's process; of two the larger, and the sum of both
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.chats.talk import Mix, Said
from bench.processes import tell
from bench.used import Used

WANTED = {
    "ack p50, ms": "≤ 100 on SQLite",
    "ack p99, ms": "≤ 100 on SQLite",
    "first word p50, s": "≤ 1.5",
    "first word p99, s": "≤ 3",
    "lost": "0",
    "duplicated": "0",
    "out of order": "0",
    "peak RSS, MB": "≤ 350",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Something about what was asked came to stand on the platform."""

    at: float
    about: str
    """`ts` of what was asked."""
    is_answer: bool
    """Whether it is the answer, or only a word that comes before it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the platform had at the end."""

    told: Sequence[Told]
    duplicated: int
    refused: int
    """Calls that it did not take."""


def figures(
    platform: str, said: Sequence[Said], mix: Mix, sent: dict[str, Any], seen: Seen, used: Sequence[Used]
) -> dict[str, float]:
    acks = [one["seconds"] for one in sent["acks"] if one["tries"]]
    presses = [one["seconds"] for one in sent["acks"] if one["tries"] and one["kind"] == "press"]
    asked = {one.ts: sent["begun"] + one.at for one in said if one.kind in mix.answered}
    first: dict[str, float] = {}
    answered: dict[str, float] = {}
    for told in sorted(seen.told, key=lambda one: one.at):
        if told.about in asked:
            first.setdefault(told.about, told.at)
            if told.is_answer:
                answered.setdefault(told.about, told.at)
    for one in said:
        if one.ts in asked and one.ts not in answered:
            tell(f"not answered: {one}")
    first_after = [at - asked[ts] for ts, at in first.items()]
    answered_after = [at - asked[ts] for ts, at in answered.items()]
    return {
        "events": len(sent["acks"]),
        "asked": len(asked),
        "ack p50, ms": round(1000 * share(acks, 0.5), 1),
        "ack p99, ms": round(1000 * share(acks, 0.99), 1),
        **({"button p99, ms": round(1000 * share(presses, 0.99), 1)} if "press" in mix.messages else {}),
        "first word p50, s": round(share(first_after, 0.5), 2),
        "first word p99, s": round(share(first_after, 0.99), 2),
        "answer p50, s": round(share(answered_after, 0.5), 2),
        "answer p99, s": round(share(answered_after, 0.99), 2),
        "lost": len(asked) - len(answered) + sum(not one["tries"] for one in sent["acks"]),
        "duplicated": seen.duplicated,
        "out of order": _out_of_order([one for one in said if mix.waits(one)], sent["acks"], first),
        f"refused by {platform}": seen.refused,
        "peak RSS, MB": round(max(one.peak_mb for one in used), 0),
        "CPU, s": round(sum(one.cpu_seconds for one in used), 1),
    }


def _out_of_order(questions: Iterable[Said], acks: Iterable[dict[str, Any]], first: dict[str, float]) -> int:
    heard: dict[str, float] = {}
    for ack in acks:
        if ack["tries"]:
            heard[ack["ts"]] = min(heard.get(ack["ts"], math.inf), ack["due"] + ack["seconds"])
    due = {ack["ts"]: ack["due"] for ack in acks}
    threads: defaultdict[tuple[str, str], list[Said]] = defaultdict(list)
    for one in questions:
        if one.ts in first:
            threads[one.channel, "" if one.direct else one.thread or one.ts].append(one)
    return sum(
        any(heard.get(before.ts, math.inf) < due[one.ts] and first[one.ts] < first[before.ts] for before in thread)
        for thread in threads.values()
        for one in thread
    )


def beside(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float | str]]:
    """The runs beside each other: a row for each figure, with what is wanted of it."""
    names = next(iter(found.values()))
    return {
        name: {**{run: values[name] for run, values in found.items()}, "wanted": WANTED.get(name, "")} for name in names
    }


def share(values: list[float], part: float) -> float:
    """The value that so many of them do not exceed."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)] if values else math.nan
