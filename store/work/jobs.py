"""Jobs: work that survives a crash. One at a time per conversation, in order, retried with patience, then dead."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError

from domain.people import Person
from domain.plain_json import Json
from policy.redaction import redact
from store.clock import DB_CLOCK, SECOND, from_micros
from store.database import Database, Transaction
from store.schema import job

_LONGEST_PAUSE = 300.0
_LOST = "its worker was lost"


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    dedup_key: str
    kind: str
    payload: Json
    conversation: str
    attempt: int
    """1 at the first try. It also fences: a worker that lost its lease no longer has the newest attempt."""
    last_attempt: bool
    owner: str
    put_at: datetime
    error: str = ""
    """What the try before this one failed with."""


class Jobs:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._idle = False
        new = database.insert(job).values(run_at=DB_CLOCK + bindparam("delay"), state="ready", at=DB_CLOCK)
        self._new = new.on_conflict_do_nothing(index_elements=["dedup_key"]).returning(job.c.id)

    async def put(
        self,
        dedup_key: str,
        kind: str,
        payload: Json,
        conversation: str = "",
        *,
        delay_seconds: float = 0,
        most_attempts: int = 5,
        tx: Transaction | None = None,
    ) -> int | None:
        """Its id, or None when a job of that key was put before: the same delivery twice is one job."""
        new = {
            "dedup_key": dedup_key,
            "kind": kind,
            "payload": payload,
            "conversation": conversation,
            "delay": int(delay_seconds * SECOND),
            "most_attempts": most_attempts,
        }
        if tx is not None:
            return await self._put(tx, new)
        async with self._database.begin() as own:
            return await self._put(own, new)

    async def claim(self, worker: str, lease_seconds: float, kinds: tuple[str, ...] = ()) -> Job | None:
        """The next due job, leased to this worker; None when nothing is due.

        A conversation has at most one running job, and its jobs run in the order they were put: a later one waits
        while an earlier one runs or waits for its next try.
        """
        given = {"kinds": kinds} if kinds else {}
        if self._idle:
            # Workers look five times a second, mostly for nothing: only who finds something need write.
            async with self._database.read() as tx:
                if (await tx.execute(_wanted(any_kind=not kinds), given)).first() is None:
                    return None
        try:
            async with self._database.begin() as tx:
                await tx.execute(_bury())
                leased = {**given, "worker": worker, "lease": int(lease_seconds * SECOND)}
                row = (await tx.execute(_take(any_kind=not kinds), leased)).mappings().first()
        except IntegrityError:
            # Two workers took two jobs of one conversation at the same moment; the other one keeps its lease.
            return None
        self._idle = row is None
        return _job(row) if row else None

    async def renew(self, held: Job, lease_seconds: float) -> bool:
        """Long work says that it is alive; False when somebody else has the job now."""
        return await self._write(held, _renew(), lease=int(lease_seconds * SECOND))

    async def finish(self, held: Job) -> bool:
        """Done; False when the lease was lost and the result of this try no longer counts."""
        return await self._write(held, _finish())

    async def fail(self, held: Job, error: str, *, pause_seconds: float = 1.0) -> bool:
        """Try again later, each time after twice the pause; after the last try it is dead and waits for a person."""
        pause = min(pause_seconds * 2.0 ** (held.attempt - 1), _LONGEST_PAUSE)
        given_up = {
            "state": "dead" if held.last_attempt else "ready",
            "owner": "",
            "lease_until": None,
            "error": redact(error)[:2000],
            "run_at": DB_CLOCK + int(pause * SECOND),
            "ended_at": DB_CLOCK if held.last_attempt else None,
        }
        return await self._write(held, _held().values(given_up))

    async def give_back(self, held: Job) -> bool:
        """A worker that shuts down returns the job untried."""
        untried = {
            "state": "ready",
            "owner": "",
            "lease_until": None,
            "attempts": job.c.attempts - 1,
            "run_at": DB_CLOCK,
        }
        return await self._write(held, _held().values(untried))

    async def withdraw(self, dedup_key: str) -> str:
        """Nobody wants it any more: a job that still waits is done with. The state it was found in, "" for none."""
        async with self._database.begin() as tx:
            state = (await tx.execute(select(job.c.state).where(job.c.dedup_key == dedup_key))).scalar()
            waits = update(job).where(job.c.dedup_key == dedup_key, job.c.state == "ready")
            await tx.execute(waits.values(state="done", ended_at=DB_CLOCK, error="withdrawn"))
            return state or ""

    async def of(self, conversation: str) -> bool:
        """Whether there ever was a job of this conversation, as far as jobs are remembered."""
        async with self._database.read() as tx:
            return (
                await tx.execute(select(job.c.id).where(job.c.conversation == conversation).limit(1))
            ).first() is not None

    async def under_way(self, prefix: str, author: Person) -> tuple[str, ...]:
        """Conversations of that prefix in which something that `author` said is being done, or waits to be."""
        mine = select(job.c.conversation, job.c.payload).where(
            job.c.state.in_(("ready", "running")), job.c.conversation.startswith(prefix, autoescape=True)
        )
        async with self._database.read() as tx:
            rows = (await tx.execute(mine)).mappings().all()
        return tuple(
            dict.fromkeys(row["conversation"] for row in rows if row["payload"].get("author") == asdict(author))
        )

    async def dead(self, most: int = 100) -> tuple[Job, ...]:
        """Jobs that were given up, newest first."""
        async with self._database.begin() as tx:
            await tx.execute(_bury())
            rows = await tx.execute(select(job).where(job.c.state == "dead").order_by(job.c.id.desc()).limit(most))
            return tuple(_job(row) for row in rows.mappings())

    async def revive(self, job_id: int) -> bool:
        """Give a dead job all its tries again."""
        again = update(job).where(job.c.id == job_id, job.c.state == "dead")
        async with self._database.begin() as tx:
            values = {"state": "ready", "attempts": 0, "run_at": DB_CLOCK, "ended_at": None}
            return (await tx.execute(again.values(values))).rowcount == 1

    async def waiting(self, conversation: str = "") -> int:
        """How many jobs are ready or running."""
        open_ones = select(job.c.id).where(job.c.state.in_(("ready", "running")))
        if conversation:
            open_ones = open_ones.where(job.c.conversation == conversation)
        async with self._database.read() as tx:
            return len((await tx.execute(open_ones)).scalars().all())

    async def prune(self, older_than: timedelta) -> int:
        """Forget jobs done that long ago, and with them the keys of their deliveries. Dead ones stay."""
        limit = DB_CLOCK - int(older_than.total_seconds() * SECOND)
        async with self._database.begin() as tx:
            return (await tx.execute(delete(job).where(job.c.state == "done", job.c.ended_at < limit))).rowcount

    async def _put(self, tx: Transaction, new: Json) -> int | None:
        # In order, so that of two messages of one conversation the first one is also the first to be seen.
        await tx.in_order()
        found: int | None = (await tx.execute(self._new, new)).scalar()
        return found

    async def _write(self, held: Job, change: Any, **given: Any) -> bool:
        """Change a job only while it is still this worker's try."""
        mine = {"held": held.id, "holder": held.owner, "try": held.attempt}
        async with self._database.begin() as tx:
            return (await tx.execute(change, {**mine, **given})).rowcount == 1


# Statements that every job needs are made once: to put one together takes longer than to run it.


def _due() -> ColumnElement[bool]:
    return or_(
        and_(job.c.state == "ready", job.c.run_at <= DB_CLOCK),
        and_(job.c.state == "running", job.c.lease_until <= DB_CLOCK),
    )


@cache
def _wanted(*, any_kind: bool) -> Any:
    """The job that is next, of any kind or of `kinds`."""
    earlier = job.alias("earlier")
    blocked = exists().where(
        job.c.conversation != "",
        earlier.c.conversation == job.c.conversation,
        earlier.c.id < job.c.id,
        earlier.c.state.in_(("ready", "running")),
    )
    wanted = select(job.c.id).where(_due(), ~blocked).order_by(job.c.run_at, job.c.id).limit(1)
    return wanted if any_kind else wanted.where(job.c.kind.in_(bindparam("kinds", expanding=True)))


@cache
def _take(*, any_kind: bool) -> Any:
    """Lease it to `worker` for `lease` microseconds."""
    following = _wanted(any_kind=any_kind).with_for_update(skip_locked=True).scalar_subquery()
    leased = {
        "state": "running",
        "owner": bindparam("worker"),
        "attempts": job.c.attempts + 1,
        "lease_until": DB_CLOCK + bindparam("lease"),
    }
    return update(job).where(job.c.id == following, _due()).values(leased).returning(*job.c)


@cache
def _held() -> Any:
    """The job `held` while it is `holder`'s at this `try`."""
    return update(job).where(
        job.c.id == bindparam("held"),
        job.c.owner == bindparam("holder"),
        job.c.attempts == bindparam("try"),
        job.c.state == "running",
    )


@cache
def _renew() -> Any:
    return _held().values(lease_until=DB_CLOCK + bindparam("lease"))


@cache
def _finish() -> Any:
    return _held().values(state="done", owner="", lease_until=None, ended_at=DB_CLOCK, error="")


@cache
def _bury() -> Any:
    """Work that takes its worker down with it must not do so for ever."""
    return (
        update(job)
        .where(job.c.state == "running", job.c.lease_until <= DB_CLOCK, job.c.attempts >= job.c.most_attempts)
        .values(state="dead", owner="", ended_at=DB_CLOCK, error=case((job.c.error == "", _LOST), else_=job.c.error))
    )


def _job(row: Any) -> Job:
    return Job(
        id=row["id"],
        dedup_key=row["dedup_key"],
        kind=row["kind"],
        payload=row["payload"],
        conversation=row["conversation"],
        attempt=row["attempts"],
        last_attempt=row["attempts"] >= row["most_attempts"],
        owner=row["owner"],
        put_at=from_micros(row["at"]),
        error=row["error"],
    )
