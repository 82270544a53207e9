"""Takes jobs from the store one conversation at a time, and puts what there is to say into the outbox.

A worker that dies in the middle loses its lease; another one does the job again, and posts with the same keys are
posted once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime

import structlog

from bot import outbox
from bot.dispatcher import Dispatcher, failed, stopped
from domain import job_kinds
from domain.errors import HildaError
from domain.messages import Reply
from domain.wire import incoming_from_json
from store.record import Store
from store.work.jobs import Job

POLL_SECONDS = 0.2
LOOKS_AT_ONCE = 4
"""Of groups of alerts: people who ask must not wait behind a burst of them."""

log = structlog.get_logger()


class Worker:
    def __init__(self, store: Store, dispatcher: Dispatcher, name: str, cluster: str, lease_seconds: float) -> None:
        self._lease_seconds = lease_seconds
        self._resume = job_kinds.resume(cluster)
        self._due = job_kinds.due(cluster)
        self._alerts = job_kinds.alerts(cluster)
        self._incident = job_kinds.incident(cluster)
        self._kinds = (job_kinds.incoming(cluster), self._resume, self._due, self._alerts, self._incident)
        self._store = store
        self._dispatcher = dispatcher
        self._name = name
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._looks: set[int] = set()
        self._leaving = False

    def wake(self) -> None:
        """There is a new job: do not wait for the next poll."""
        self._wake.set()

    def cancel(self, conversation: str) -> bool:
        """Stop what is being done for a conversation, which goes on; whether there was anything."""
        task = self._running.get(conversation)
        return bool(task and task.cancel())

    def leave(self) -> None:
        """Begin nothing new: `run` returns when what is under way is done. What is then cancelled is given back."""
        self._leaving = True
        self.wake()

    async def run(self, *, at_once: int = 4) -> None:
        """Work until cancelled or told to leave; up to `at_once` conversations at the same time."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while not self._leaving:
                if len(under_way) >= at_once:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                elif job := await self._next_job():
                    task = asyncio.create_task(self._attend(job))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                    task.add_done_callback(self._over)
            if under_way:
                await asyncio.wait(under_way)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _next_job(self) -> Job | None:
        """A job, or None after a moment without one."""
        self._wake.clear()
        try:
            job = await self._store.jobs.claim(self._name, self._lease_seconds, self._wanted())
        except HildaError as trouble:
            log.warning("jobs cannot be read", why=str(trouble))
            await asyncio.sleep(2)
            return None
        if job is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        elif job.kind == self._alerts:
            self._looks.add(job.id)
        return job

    def _wanted(self) -> tuple[str, ...]:
        """Kinds of work to take now: while a burst of alerts comes in, it is taken in before it is looked into."""
        if len(self._looks) < LOOKS_AT_ONCE and not self._store.alerts.pouring:
            return self._kinds
        return tuple(kind for kind in self._kinds if kind != self._alerts)

    def _over(self, task: asyncio.Task[None]) -> None:
        self.wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("what became of a job could not be kept; it is done again", exc_info=error)

    async def _attend(self, job: Job) -> None:
        """One job under its lease; cancelled work is done with, failed work is tried again with patience."""
        task = asyncio.create_task(self._do(job))
        self._running[job.conversation] = task
        renewing = asyncio.create_task(self._renew(job))
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self._leaving:
                await self._store.jobs.give_back(job)
            raise
        finally:
            renewing.cancel()
            self._running.pop(job.conversation, None)
            self._looks.discard(job.id)
        if task.cancelled():
            await outbox.put(self._store, job.conversation, stopped(job.dedup_key))
        if task.cancelled() or (error := task.exception()) is None:
            await self._store.jobs.finish(job)
            return
        log.error("a job failed", job=job.dedup_key, attempt=job.attempt, exc_info=error)
        await self._store.jobs.fail(job, f"{type(error).__name__}: {error}")

    async def _renew(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                await self._store.jobs.renew(job, self._lease_seconds)
            except HildaError as trouble:
                log.warning("jobs cannot be written", why=str(trouble))

    async def _do(self, job: Job) -> None:
        if job.kind == self._due:
            asked = job.payload
            moment = datetime.fromisoformat(asked["at"])
            async for place, reply in self._dispatcher.due(asked["what"], asked["for"], moment):
                await outbox.put(self._store, place, reply)
            return
        async for reply in self._replies(job):
            await outbox.put(self._store, job.conversation or job.payload["conversation"], reply)

    async def _replies(self, job: Job) -> AsyncIterator[Reply]:
        if job.kind == self._alerts:
            await self._dispatcher.alerts(job.payload["group"])
            return
        if job.kind == self._incident:
            async for reply in self._dispatcher.incident(job.payload):
                yield reply
            return
        if job.kind == self._resume:
            async for reply in self._dispatcher.resume(job.payload["proposal"], job.payload.get("zone", "UTC")):
                yield reply
            return
        incoming = incoming_from_json(job.payload)
        try:
            async for reply in self._dispatcher.handle(incoming):
                yield reply
        except HildaError as why:
            yield failed(incoming, why)
