"""What one more word about an alert changes, given what is known of it: pure, so that any order can be tried.

A fingerprint is one alert; each time it fires is an episode, from its start to its end. Senders repeat themselves, two
Prometheus servers disagree by seconds about a start, and deliveries overtake each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from domain.alerts import CLOCKS_MAY_DIFFER, HeardAlert
from store.clock import SECOND, to_micros

SAME_START = 120 * SECOND
"""Two servers that evaluate the same rule see it begin this close together."""
LATE = 600 * SECOND
"""A delivery may be this late. Whoever says after that long that an ended episode fires, is believed."""
_AHEAD = int(CLOCKS_MAY_DIFFER.total_seconds()) * SECOND

_GUESSED = frozenset({"vanished", "silent"})
"""Ends that nobody told us of: whoever then says that it fires is right."""

Word = Literal["new", "refired", "resolved", "unchanged"]


@dataclass(frozen=True, slots=True)
class Episode:
    """Moments in microseconds."""

    started: int
    firing: bool
    seen: int
    """When somebody last said something of it that counted."""
    resolved: int | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    word: Word
    episode: Episode
    """As it is from now on."""
    over: Episode | None = None
    """An earlier one of which only now we know that it ended."""
    late: bool = False
    """It tells of what was over when it arrived, and nothing new of that."""


def settle(known: Iterable[Episode], heard: HeardAlert, now: int) -> Settled:
    """`known`: the episodes of this fingerprint that fire, or ended not long before the start that is told now."""
    episodes = tuple(known)
    started = to_micros(heard.started_at)
    if heard.firing:
        return _fires(episodes, started, to_micros(heard.said_at) if heard.said_at else now - LATE, now)
    return _is_over(episodes, started, _end(heard, started, now), now)


def _fires(known: tuple[Episode, ...], started: int, said: int, now: int) -> Settled:
    """`said`: the latest moment at which this can have been so."""
    firing = next((each for each in known if each.firing), None)
    told = next(
        (e for e in known if e.ended == "told" and (e.started == started or e.started <= started < _e(e))), None
    )
    if told is not None and (firing is not None or said <= told.seen):
        return Settled("unchanged", told, late=True)
    if firing is not None:
        if started <= firing.started + SAME_START:
            return Settled("unchanged", replace(firing, seen=now))
        over = replace(firing, firing=False, resolved=started, ended="refired", seen=now)
        return Settled("refired", Episode(started, firing=True, seen=now), over)
    same = told or next((each for each in known if each.started == started), None)
    if same is not None:
        if same.ended == "refired":
            return Settled("unchanged", same, late=True)
        return Settled("refired", replace(same, firing=True, resolved=None, ended="", seen=now))
    if any(each.started > started for each in known):
        return Settled("unchanged", Episode(started, False, now, started, "refired"), late=True)
    return Settled("refired" if known else "new", Episode(started, firing=True, seen=now))


def _is_over(known: tuple[Episode, ...], started: int, ended: int, now: int) -> Settled:
    open_one = next((each for each in known if each.firing and each.started <= ended), None)
    own = Episode(started, False, now, ended, "told")
    if open_one is not None and started <= open_one.started + SAME_START:
        return Settled("resolved", replace(open_one, firing=False, resolved=ended, ended="told", seen=now))
    if open_one is not None:
        # The end of a later episode, of whose start nobody told: so the open one ended before.
        over = replace(open_one, firing=False, resolved=started, ended="refired", seen=now)
        return Settled("resolved", own, over)
    same = next((each for each in known if each.started == started), None)
    if same is None:
        # Its end is heard of before its beginning: kept, so that the beginning no longer counts.
        return Settled("unchanged", own, late=True)
    if same.ended in _GUESSED:
        return Settled("unchanged", replace(same, ended="told", seen=now))
    return Settled("unchanged", same, late=True)


def _e(episode: Episode) -> int:
    return episode.started if episode.resolved is None else episode.resolved


def _end(heard: HeardAlert, started: int, now: int) -> int:
    """When it ended, or now where what is said of it cannot be."""
    ended = to_micros(heard.ended_at) if heard.ended_at else now
    return ended if started <= ended <= now + _AHEAD else max(now, started)
