"""One terminal's end of the store: what is typed goes in as a job, replies and other people's doings come out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

from bot.doors.running import ENDS, Run
from bot.worker import Worker
from domain import job_kinds
from domain.cards import Card, ClusterLabel, Progress
from domain.messages import ButtonPressed, FormSubmitted, Incoming, Reply
from domain.proposals import ProposalState
from domain.wire import incoming_as_json, reply_from_json
from store.heartbeat import why_nobody_runs
from store.record import Store
from store.work.journal import JournalEntry

EVERY = 0.1
"""Seconds between looks at the store: what others do is seen well within half a second."""

APPEARS_WITHIN = 10.0
"""Seconds in which an executor that was just started says that it is alive."""

Tell = Callable[[Reply], None]


class StoredConversation:
    """Implements `Conversation` over the store, so that a second terminal or the executor is heard like this one."""

    def __init__(self, store: Store, worker: Worker, conversation: str, cluster: str, label: ClusterLabel) -> None:
        self._store = store
        self._worker = worker
        self._conversation = conversation
        self._cluster = cluster
        self._label = label
        self._followed: set[str] = set()
        self._runs: dict[str, Run] = {}
        self._drained = asyncio.Event()

    async def send(self, incoming: Incoming) -> None:
        """Hand it over durably, and wait until everything it led to here has been done and shown."""
        if isinstance(incoming, ButtonPressed | FormSubmitted) and incoming.subject.startswith("p"):
            self._followed.add(incoming.subject)
        await self._store.jobs.put(
            incoming.id, job_kinds.incoming(self._cluster), incoming_as_json(incoming), self._conversation
        )
        self._worker.wake()
        while await self._store.jobs.waiting(self._conversation):
            await asyncio.sleep(EVERY / 2)
        await self._until_drained()

    async def replies(self) -> AsyncIterator[Reply]:
        """Posts of this conversation in order, and the progress of scripts that it proposed or decided about."""
        cursor = await self._store.journal.newest()
        await self._follow_own()
        while True:
            began = time.monotonic()
            self._drained.clear()
            found = False
            # Posts are taken first and shown last: what the journal says of a run came before what was posted about it.
            posts = await self._store.outbox.due(self._conversation)
            topics = [f"proposal:{proposal}" for proposal in self._followed]
            for entry in await self._store.journal.since(cursor, topics) if topics else ():
                cursor = entry.cursor
                if progress := self._progress(entry):
                    yield progress
                    found = True
            for outgoing in posts:
                reply = reply_from_json(outgoing.payload)
                self._follow(reply)
                yield reply
                await self._store.outbox.sent(outgoing.key, outgoing.key)
                found = True
            if not found:
                self._drained.set()
                await asyncio.sleep(max(EVERY - (time.monotonic() - began), 0.01))

    async def cancel(self) -> None:
        self._worker.cancel(self._conversation)

    async def settle(self) -> None:
        """Wait until every script approved in this conversation has its outcome, and that has been said; where no
        executor is alive, what is approved stays so and is not waited for."""
        await self._follow_own()
        patient_until = time.monotonic() + APPEARS_WITHIN
        while True:
            records = [await self._store.proposals.get(proposal) for proposal in sorted(self._followed)]
            under_way = {ProposalState.approved, ProposalState.claimed, ProposalState.started}
            if not any(record and record.state in under_way for record in records):
                break
            running = any(record and record.state in under_way - {ProposalState.approved} for record in records)
            if not running and time.monotonic() > patient_until and await self._nobody_runs():
                break
            await asyncio.sleep(EVERY)
        # The outcome reaches the record first; one transaction later the journal, together with the job that tells it.
        ran = {f"proposal:{record.proposal.id}" for record in records if record and record.execution}
        deadline = time.monotonic() + APPEARS_WITHIN
        while not ran <= await self._over(ran) and time.monotonic() < deadline:
            await asyncio.sleep(EVERY)
        while await self._store.jobs.waiting(self._conversation):
            await asyncio.sleep(EVERY)
        await self._until_drained()

    async def _over(self, topics: set[str]) -> set[str]:
        """Those whose end the journal has."""
        entries = await self._store.journal.since(0, topics, most=10_000) if topics else ()
        return {entry.topic for entry in entries if entry.event in ENDS}

    async def _nobody_runs(self) -> bool:
        return bool(await why_nobody_runs(self._store, self._cluster, datetime.now(UTC)))

    async def _until_drained(self) -> None:
        """Two empty rounds: what was put between the look and the flag is seen in the second."""
        for _ in range(2):
            self._drained.clear()
            await self._drained.wait()

    async def _follow_own(self) -> None:
        """What an earlier terminal of this conversation left open."""
        mine = await self._store.proposals.list(conversation=self._conversation)
        self._followed |= {record.proposal.id for record in mine if not record.state.is_final}

    def _follow(self, reply: Reply) -> None:
        kind, _, proposal = reply.key.partition(":")
        if kind == "proposal":
            self._followed.add(proposal.split(":")[0])

    def _progress(self, entry: JournalEntry) -> Reply | None:
        proposal = entry.topic.removeprefix("proposal:")
        run = self._runs.setdefault(proposal, Run())
        if not run.heard(entry):
            return None
        first = f"running:{proposal}"
        key = f"{first}:{entry.cursor}" if run.shown else first
        replaces = first if run.shown else ""
        run.shown = True
        return Reply(Card("Running", cluster=self._label, parts=(Progress(run.steps),)), key=key, replaces=replaces)
