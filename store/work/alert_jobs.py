"""The work that changed groups of alerts give: one job for each group, however much changes before it begins."""

import secrets
from collections.abc import Iterable

from sqlalchemy import insert, select

from domain import job_kinds
from store.clock import DB_CLOCK
from store.database import Transaction
from store.schema import job

_MOST_ATTEMPTS = 8


def conversation_of(group: str) -> str:
    """Its jobs are done one at a time, in order."""
    return f"alerts:{group}"


async def put_for_groups(tx: Transaction, cluster: str, groups: Iterable[str]) -> None:
    """A job waits for each of these groups when the transaction ends; `tx` must be `in_order`.

    A job that waits already is enough: it reads the group when it begins. Its row is held until the end, so that
    nobody begins it before what changed can be seen.
    """
    wanted = {conversation_of(group): group for group in sorted(set(groups))}
    if not wanted:
        return
    kind = job_kinds.alerts(cluster)
    waits = select(job.c.conversation).where(
        job.c.conversation.in_(tuple(wanted)),
        job.c.kind == kind,
        job.c.state == "ready",
        job.c.attempts == 0,
        job.c.run_at <= DB_CLOCK,
    )
    for conversation in (await tx.execute(waits.with_for_update())).scalars():
        wanted.pop(conversation, None)
    if wanted:
        await tx.execute(
            insert(job).values(state="ready", run_at=DB_CLOCK, at=DB_CLOCK, most_attempts=_MOST_ATTEMPTS, kind=kind),
            [
                {
                    "dedup_key": f"{conversation}:{secrets.token_hex(6)}",
                    "payload": {"group": group},
                    "conversation": conversation,
                }
                for conversation, group in wanted.items()
            ],
        )
