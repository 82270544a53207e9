"""The outbox: what Hilda has to say, kept until a door has said it. At least once, and the key makes it once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update

from domain.conversations import REPORT
from domain.plain_json import Json
from policy.redaction import redact
from store.clock import DB_CLOCK, SECOND, from_micros
from store.database import Database, Transaction
from store.schema import outbox

_LONGEST_PAUSE = 300
_MOST_ATTEMPTS = 12


_BEGINS_A_THREAD = outbox.c.conversation.endswith(":@" + outbox.c.key)
"""Its conversation is named by its own key (domain/conversations.py)."""
_KEPT = and_(_BEGINS_A_THREAD, ~outbox.c.key.startswith(REPORT))


@dataclass(frozen=True, slots=True)
class Outgoing:
    key: str
    conversation: str
    door: str
    payload: Json
    replaces: str
    """The key whose post this one updates, "" for a post of its own."""
    updates: str
    """The platform's name of the post to update, "" when there is none (yet): then it is posted anew."""
    attempt: int
    put_at: datetime


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database
        new = database.insert(outbox).values(state="waiting", run_at=DB_CLOCK, at=DB_CLOCK)
        self._new = new.on_conflict_do_nothing(index_elements=["key"]).returning(outbox.c.id)
        self._posters: list[Callable[[], None]] = []

    def tell(self, poster: Callable[[], None]) -> None:
        """Call this whenever this process has put something."""
        self._posters.append(poster)

    async def put(
        self,
        key: str,
        conversation: str,
        door: str,
        payload: Json,
        replaces: str = "",
        *,
        tx: Transaction | None = None,
    ) -> bool:
        """Say this, once per key; False when the key was put before (then nothing changes)."""
        new = {"key": key, "conversation": conversation, "door": door, "payload": payload, "replaces": replaces}
        if tx is not None:
            return await self._put(tx, new)
        async with self._database.begin() as own:
            return await self._put(own, new)

    async def due(self, door: str, *, most: int = 20, lease_seconds: float = 30.0) -> tuple[Outgoing, ...]:
        """What this door should post now: of each conversation the oldest, so that nothing overtakes.

        It is leased, so that no second poster has it; what is neither `sent` nor `failed` in that time comes again.
        """
        async with self._database.read() as tx:
            # Posters look ten times a second, mostly for nothing: only who finds something need write.
            if (await tx.execute(_waiting(), {"at_door": door})).first() is None:
                return ()
        async with self._database.begin() as tx:
            ready = (await tx.execute(_ready(), {"at_door": door, "most": most})).scalars().all()
            leased = {"ready": ready, "lease": int(lease_seconds * SECOND)}
            rows = sorted((await tx.execute(_take(), leased)).mappings(), key=lambda row: int(row["id"]))
            posts = await _posts(tx, [row["replaces"] for row in rows if row["replaces"]])
        return tuple(_outgoing(row, posts.get(row["replaces"], "")) for row in rows)

    async def renew(self, keys: tuple[str, ...], lease_seconds: float) -> None:
        """These are still being said: nobody else has them for so long again."""
        if not keys:
            return
        mine = (outbox.c.key.in_(keys), outbox.c.state == "waiting")
        async with self._database.begin() as tx:
            await tx.execute(update(outbox).where(*mine).values(run_at=DB_CLOCK + int(lease_seconds * SECOND)))

    async def sent(self, key: str, post: str = "") -> bool:
        """It is out; `post` is the platform's name for it. False when somebody else had reported it already."""
        async with self._database.begin() as tx:
            replaces = (await tx.execute(_sent(), {"said": key, "as": post})).scalars().all()
            if post and any(replaces):
                # Where it had to be posted anew, what comes next finds it there.
                await tx.execute(update(outbox).where(outbox.c.key.in_(replaces)).values(post=post))
            return bool(replaces)

    async def failed(self, key: str, error: str, *, pause_seconds: float = 1.0, for_good: bool = False) -> None:
        """The platform would not take it: again after a pause that doubles; never, `for_good` or after many tries."""
        async with self._database.begin() as tx:
            mine = and_(outbox.c.key == key, outbox.c.state == "waiting")
            row = (await tx.execute(select(outbox.c.attempts).where(mine))).first()
            if row is None:
                return
            pause = min(pause_seconds * 2.0 ** max(row.attempts - 1, 0), _LONGEST_PAUSE)
            await tx.execute(
                update(outbox)
                .where(mine)
                .values(
                    state="dead" if for_good or row.attempts >= _MOST_ATTEMPTS else "waiting",
                    error=redact(error)[:2000],
                    run_at=DB_CLOCK + int(pause * SECOND),
                )
            )

    async def later(self, key: str, seconds: float, why: str, *, tried: bool = True) -> None:
        """The platform is busy or away: again after that time, however often. What comes after it waits with it.

        Not `tried`: for certain nothing was said, so this was no attempt.
        """
        mine = and_(outbox.c.key == key, outbox.c.state == "waiting")
        again = {
            "run_at": DB_CLOCK + int(seconds * SECOND),
            "error": redact(why)[:2000],
            "attempts": outbox.c.attempts - (0 if tried else 1),
        }
        async with self._database.begin() as tx:
            await tx.execute(update(outbox).where(mine).values(again))

    async def superseded(self, held: Outgoing) -> bool:
        """Whether something that waits behind it will take its place on the screen."""
        place = held.replaces or held.key
        given = {"said": held.key, "at_door": held.door, "there": held.conversation, "place": place}
        async with self._database.read() as tx:
            return (await tx.execute(_later(), given)).first() is not None

    async def known(self, key: str) -> bool:
        """Whether something was put under this key, said or not."""
        async with self._database.read() as tx:
            return (await tx.execute(select(outbox.c.id).where(outbox.c.key == key))).first() is not None

    async def payload_of(self, key: str) -> Json | None:
        """What was put under this key, said or not; None where nothing was."""
        async with self._database.read() as tx:
            return (await tx.execute(select(outbox.c.payload).where(outbox.c.key == key))).scalar()

    async def beginning_with(self, key: str) -> tuple[tuple[str, str], ...]:
        """Key and conversation of everything whose key begins so, oldest first."""
        wanted = select(outbox.c.key, outbox.c.conversation).where(outbox.c.key.between(key, f"{key}\uffff"))
        async with self._database.read() as tx:
            return tuple((row.key, row.conversation) for row in await tx.execute(wanted.order_by(outbox.c.id)))

    async def said_as(self, post: str) -> tuple[str, Json] | None:
        """Key and payload of what one message of a platform shows now; None where it is none of ours."""
        of_it = or_(outbox.c.post == post, outbox.c.post.startswith(f"{post}/", autoescape=True))
        newest = select(outbox.c.key, outbox.c.payload).where(of_it).order_by(outbox.c.id.desc()).limit(1)
        async with self._database.read() as tx:
            row = (await tx.execute(newest)).first()
        return None if row is None else (row.key, row.payload)

    async def waiting(self, door: str) -> int:
        """How many posts a door still has to make, those that are not due yet included."""
        rows = select(func.count()).where(outbox.c.door == door, outbox.c.state == "waiting")
        async with self._database.read() as tx:
            return int((await tx.execute(rows)).scalar_one())

    async def _put(self, tx: Transaction, new: Json) -> bool:
        await tx.in_order()
        for poster in self._posters:
            tx.after_commit(poster)
        return (await tx.execute(self._new, new)).scalar() is not None

    async def post_of(self, key: str) -> str:
        """The platform's name of what a key posted, "" when it has not been posted."""
        async with self._database.read() as tx:
            return (await _posts(tx, [key])).get(key, "")

    async def conversation_of(self, post: str) -> str:
        """The conversation that began with this post, "" where what was said there began none.

        `post`: the platform's name of one message; what is kept of a reply may go on with `/` and its other messages.
        """
        given = {"said": post, "more": f"{_literally(post)}/%", "from": post, "below": f"{post}0"}
        async with self._database.read() as tx:
            return (await tx.execute(_begun(by_range=self._database.address.file is not None), given)).scalar() or ""

    async def prune(self, older_than: timedelta) -> int:
        """Forget what was said that long ago: a key put again after that is said again.

        What begins a thread is kept: whatever is said there later has to find it. Daily reports go all the same:
        they are many, and nothing more is said below an old one.
        """
        limit = DB_CLOCK - int(older_than.total_seconds() * SECOND)
        gone = delete(outbox).where(outbox.c.state != "waiting", outbox.c.at < limit, ~_KEPT)
        async with self._database.begin() as tx:
            return (await tx.execute(gone)).rowcount


# Statements that every post needs are made once: to put one together takes longer than to run it.


@cache
def _waiting() -> Any:
    """Whether anything is due at a door."""
    mine = (outbox.c.door == bindparam("at_door"), outbox.c.state == "waiting", outbox.c.run_at <= DB_CLOCK)
    return select(outbox.c.id).where(*mine).limit(1)


@cache
def _ready() -> Any:
    """The oldest unsent one of each conversation: the next one waits until it is out, so nothing overtakes."""
    earlier = outbox.alias("earlier")
    overtakes = exists().where(
        earlier.c.door == outbox.c.door,
        earlier.c.conversation == outbox.c.conversation,
        earlier.c.id < outbox.c.id,
        earlier.c.state == "waiting",
    )
    mine = (outbox.c.door == bindparam("at_door"), outbox.c.state == "waiting", outbox.c.run_at <= DB_CLOCK)
    wanted = select(outbox.c.id).where(*mine, ~overtakes).order_by(outbox.c.id).limit(bindparam("most"))
    return wanted.with_for_update(skip_locked=True)


@cache
def _take() -> Any:
    """Lease those of `ready` for `lease` microseconds."""
    leased = {"run_at": DB_CLOCK + bindparam("lease"), "attempts": outbox.c.attempts + 1}
    mine = outbox.c.id.in_(bindparam("ready", expanding=True))
    return update(outbox).where(mine).values(leased).returning(*outbox.c)


@cache
def _begun(*, by_range: bool) -> Any:
    """The conversation that begins with the message `said`; SQLite finds a prefix in an index only `by_range`."""
    mine = [
        or_(outbox.c.post == bindparam("said"), outbox.c.post.like(bindparam("more"), escape="\\")),
        _BEGINS_A_THREAD,
    ]
    if by_range:
        mine += [outbox.c.post >= bindparam("from"), outbox.c.post < bindparam("below")]
    return select(outbox.c.conversation).where(*mine).limit(1)


@cache
def _sent() -> Any:
    out = {"state": "sent", "post": bindparam("as"), "sent_at": DB_CLOCK, "error": ""}
    mine = (outbox.c.key == bindparam("said"), outbox.c.state == "waiting")
    return update(outbox).where(*mine).values(out).returning(outbox.c.replaces)


@cache
def _later() -> Any:
    """What waits behind `said` to stand in the same `place`."""
    mine = select(outbox.c.id).where(outbox.c.key == bindparam("said")).scalar_subquery()
    behind = (
        outbox.c.door == bindparam("at_door"),
        outbox.c.conversation == bindparam("there"),
        outbox.c.id > mine,
        outbox.c.state == "waiting",
        outbox.c.replaces == bindparam("place"),
    )
    return select(outbox.c.id).where(*behind).limit(1)


def _literally(text: str) -> str:
    """For LIKE with a backslash to escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def _posts(tx: Transaction, keys: list[str]) -> dict[str, str]:
    rows = await tx.execute(select(outbox.c.key, outbox.c.post).where(outbox.c.key.in_(keys), outbox.c.state == "sent"))
    return {row.key: row.post for row in rows}


def _outgoing(row: Any, updates: str) -> Outgoing:
    return Outgoing(
        key=row["key"],
        conversation=row["conversation"],
        door=row["door"],
        payload=row["payload"],
        replaces=row["replaces"],
        updates=updates,
        attempt=row["attempts"],
        put_at=from_micros(row["at"]),
    )
