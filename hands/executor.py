"""The executor: a process of its own that waits for approvals on one cluster and carries them out, one at a time."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain import job_kinds
from domain.errors import HildaError, Misconfigured
from domain.proposals import ProposalState
from domain.sandbox import SANDBOX_PROFILE
from hands import control_group
from hands.announcements import Announcements
from hands.attempt import Attempt, Barrier, no_barrier
from hands.programs import find_programs
from hands.rechecks import Rechecks
from hands.sandbox import Sandbox
from hands.self_test import self_test
from hands.settings import ExecutorSettings
from hands.verification import Patience, verify
from policy.version import policy_version
from store import heartbeat
from store.ledger.records import ProposalRecord
from store.record import Store
from tools.alertmanager.connection import Alertmanager
from tools.kubernetes.client import KubeClient

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often things are looked at, in seconds."""

    poll: float = 0.3
    sweep: float = 5.0
    retry: float = 3.0
    """Pause before a proposal is looked at again whose checks could not be made."""


@dataclass
class Executor:
    """`run` until `stop`; what is under way then is brought to its end."""

    store: Store
    client: KubeClient
    sandbox: Sandbox
    cluster: str
    worker: str
    policy_settings: str = ""
    """Digest of the settings that policy is applied under; the same as where proposals are made."""
    patience: Patience = field(default_factory=Patience)
    rhythm: Rhythm = field(default_factory=Rhythm)
    lease_seconds: float = 30.0
    barrier: Barrier = no_barrier
    alertmanager: Alertmanager | None = None

    def __post_init__(self) -> None:
        self._announcements = Announcements(self.store)
        kubectl = self.sandbox.programs.kubectl
        policy = policy_version(self.policy_settings)
        self._rechecks = Rechecks(self.store, self.client, self.cluster, kubectl, policy, self.alertmanager)
        self._attempt = Attempt(
            self.store,
            self.client,
            self.sandbox,
            self._rechecks,
            self._announcements,
            self.worker,
            self.patience,
            self.lease_seconds,
            self.barrier,
            self.alertmanager,
        )
        self._stopping = asyncio.Event()
        self._not_before: dict[str, float] = {}

    def stop(self) -> None:
        """Take nothing new; what runs is finished first."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`: approvals as they come, orphans as they are found, a heartbeat throughout."""
        async with self._background(self._beat(), self._sweep()):
            while not self._stopping.is_set():
                try:
                    ran = await self._look_for_work()
                except HildaError as failed:
                    _log.warning("%s", failed)
                    await self._pause(self.rhythm.retry)
                    continue
                if not ran:
                    await self._pause(self.rhythm.poll)
        with contextlib.suppress(HildaError):
            await heartbeat.stopped(self.store, self.worker, self.cluster)

    async def _look_for_work(self) -> bool:
        """One round over what is approved now; whether anything was run."""
        found = await self.store.claims.claimable(self.cluster)
        due = [one for one in found if self._not_before.get(one, 0.0) <= time.monotonic()]
        # Several executors begin at different places, so that they do not all check the same one at once.
        start = os.getpid() % len(due) if due else 0
        for proposal_id in due[start:] + due[:start]:
            if self._stopping.is_set():
                return False
            try:
                if await self._attempt.make(proposal_id):
                    return True
            except HildaError as failed:
                _log.warning("%s cannot be looked at yet: %s", proposal_id, failed)
                await self._say_that_it_waits(proposal_id, str(failed))
        return False

    async def _say_that_it_waits(self, proposal_id: str, why: str) -> None:
        first = proposal_id not in self._not_before
        self._not_before[proposal_id] = time.monotonic() + self.rhythm.retry
        if first:
            with contextlib.suppress(HildaError):
                await self._announcements.tell(proposal_id, "waiting", {"why": why})

    async def _sweep(self) -> None:
        """Executions whose worker is gone are unknown from then on: told, looked at, never run again."""
        while True:
            with contextlib.suppress(HildaError):
                await self.store.claims.orphans()
                for record in await self._announcements.untold(self.cluster, datetime.now(UTC)):
                    if await self._announcements.over(record) and record.state is ProposalState.unknown:
                        await self._look_at(record)
            await asyncio.sleep(self.rhythm.sweep)

    async def _look_at(self, record: ProposalRecord) -> None:
        """Whether what was wanted holds although nobody can say who did it; changes nothing."""
        proposal = record.proposal
        seen = await verify(self.sandbox, self.client, proposal, Patience(seconds=30.0, pause=30.0), self.alertmanager)
        told = {"verified": seen.holds, "output": seen.output[-2000:]}
        await self._announcements.tell(proposal.id, "checked", told)
        payload = {"proposal": proposal.id, "state": record.state.value, "verified": seen.holds, "zone": "UTC"}
        await self.store.jobs.put(
            f"resume:{proposal.id}:checked", job_kinds.resume(proposal.cluster), payload, proposal.conversation
        )

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(HildaError):
                await heartbeat.beat(self.store, self.worker, self.cluster, self.client.context, SANDBOX_PROFILE)
            await asyncio.sleep(heartbeat.EVERY)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @contextlib.asynccontextmanager
    async def _background(self, *work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Loops that end with the block, and whose bugs end it."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()


async def run_executor(
    settings: ExecutorSettings,
    *,
    patience: Patience | None = None,
    lease_seconds: float = 30.0,
    barrier: Barrier = no_barrier,
) -> None:
    """What `hilda executor` does: prove the sandbox, open store and cluster, work until SIGTERM or SIGINT."""
    try:
        sandbox = Sandbox(find_programs(settings.path, kubectl=settings.kubectl))
        control_group.sweep(time.time())
        await self_test(sandbox)
    except Misconfigured as none:
        await _say_why_not(settings, str(none))
        raise
    alertmanager = settings.connect_alertmanager()
    client = await KubeClient.connect(settings.kubeconfig or None, settings.context or None)
    try:
        cluster = await client.cluster_id()
        store = await Store.open(settings.database, settings.audit_key, create=False)
        try:
            executor = Executor(
                store,
                client,
                sandbox,
                cluster,
                _worker(),
                patience=patience or Patience(),
                lease_seconds=lease_seconds,
                barrier=barrier,
                alertmanager=alertmanager,
            )
            with _stopped_by_signals(executor):
                await executor.run()
        finally:
            await store.close()
    finally:
        await client.close()
        if alertmanager is not None:
            await alertmanager.close()


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


async def _say_why_not(settings: ExecutorSettings, why: str) -> None:
    """For those who wait for an executor; who cannot be told has it on the terminal."""
    with contextlib.suppress(HildaError):
        async with await KubeClient.connect(settings.kubeconfig or None, settings.context or None) as client:
            store = await Store.open(settings.database, settings.audit_key, create=False)
            try:
                await heartbeat.cannot(store, _worker(), await client.cluster_id(), why)
            finally:
                await store.close()


@contextlib.contextmanager
def _stopped_by_signals(executor: Executor) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, executor.stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
