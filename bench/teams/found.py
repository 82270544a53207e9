"""What Hilda's calls to Teams were about: her own record names the message that each reply became.

Teams has no room for a name of ours on a message. What stands there and is in no record was said twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bench.chats.measuring import Seen, Told
from bench.chats.talk import Said
from bench.processes import tell
from bench.replicas import opened_store
from bench.teams.mix import id_of
from bot.doors.teams.places import DOOR
from bot.doors.teams.posted import Posted
from store.clock import SECOND
from store.schema import outbox
from tests.fakes.teams.service import Call

CLOCK_SECONDS = 0.002
"""How far the database's clock may be behind: SQLite's counts milliseconds."""
_ABOUT = re.compile(r"(?<=:)\d{16}(?=:)")
"""The id of an activity in a key; that of a thread stands behind an equals sign."""


Row = tuple[str, str, int | None]
"""Of the outbox: the key, what it became, and when that was kept, in microseconds."""


async def kept(settings: Mapping[str, str]) -> list[Row]:
    """Hilda's record, oldest first."""
    store = await opened_store(settings)
    try:
        wanted = select(outbox.c.key, outbox.c.post, outbox.c.sent_at).where(outbox.c.door == DOOR)
        async with store.database.read() as tx:
            return [(row.key, row.post, row.sent_at) for row in await tx.execute(wanted.order_by(outbox.c.id))]
    finally:
        await store.close()


def of_hilda(said: Iterable[Said], rows: Sequence[Row], found: Mapping[str, Any]) -> Seen:
    """`found`: as bench/teams/service.py prints it."""
    names = {id_of(one.ts): one.ts for one in said}
    calls = [Call(*call) for call in found["calls"]]
    shown: defaultdict[str, list[float]] = defaultdict(list)
    for call in calls:
        if not call.refused and call.method in {"POST", "PUT"}:
            shown[call.message].append(call.at)
    newest = {message: key for key, post, _ in rows for message in Posted.parse(post).ids}
    unknown = [message for message in found["left"] if message not in newest]
    unreplaced = [newest[message] for message in found["left"] if ":looking" in newest.get(message, "")]
    again = list(_answered_again(rows))
    for what, which in (("in no record", unknown), ("progress that stays", unreplaced), ("heard twice", again)):
        if which:
            tell(f"{what}: {', '.join(which)}")
    refused = sum(bool(call.refused) for call in calls)
    return Seen(list(_told(names, rows, shown)), len(unknown) + len(unreplaced) + len(again), refused)


def _told(names: Mapping[str, str], rows: Iterable[Row], shown: Mapping[str, list[float]]) -> Iterator[Told]:
    """A message is posted once and shown anew for each reply that it becomes, the last time just before it is kept."""
    for key, post, at_last in rows:
        about = _ABOUT.search(key)
        if about is None or about[0] not in names or at_last is None:
            continue
        for message in Posted.parse(post).ids[:1]:
            moments = [at for at in shown.get(message, ()) if at <= at_last / SECOND + CLOCK_SECONDS]
            if not moments:
                continue
            yield Told(moments[0], names[about[0]], is_answer=False)
            if ":looking" not in key:
                yield Told(moments[-1], names[about[0]], is_answer=True)


def _answered_again(rows: Iterable[Row]) -> Iterator[str]:
    """Keys of answers to something that was heard as two things."""
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for key, post, _ in rows:
        about, (before, answer, _) = _ABOUT.search(key), key.partition(":answer:")
        if about is not None and answer and post and before not in answers[about[0]]:
            if answers[about[0]]:
                yield key
            answers[about[0]].add(before)


def of_the_echo(said: Iterable[Said], found: Mapping[str, Any]) -> Seen:
    """An answer of the bare bot's names what it answers."""
    names = {id_of(one.ts): one.ts for one in said}
    calls = [Call(*call) for call in found["calls"]]
    told = [Told(one.at, names[one.about], is_answer=True) for one in calls if one.about in names and not one.refused]
    return Seen(told, len(told) - len({one.about for one in told}), sum(bool(call.refused) for call in calls))
