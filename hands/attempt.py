"""One approved proposal, from the last checks to its outcome. At most one attempt is ever made of each."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from domain.errors import HildaError, NotAllowed
from domain.plain_json import Json
from domain.proposals import Outcome, ProposalState
from domain.sandbox import STEP_MARK
from hands.announcements import Announcements
from hands.proxy import ApiProxy, refused_in_words
from hands.rechecks import NoLongerHolds, Rechecks
from hands.sandbox import Ran, Sandbox
from hands.verification import Patience, Verified, verify
from policy.redaction import redact
from policy.untrusted import clean
from store.ledger.claimed import ClaimedExecution
from store.record import Store
from tools.alertmanager.connection import Alertmanager
from tools.kubernetes.client import KubeClient

Barrier = Callable[[str], Awaitable[None]]
"""Called by name at the moments where a crash would be worst; tests stop there, nobody else does anything."""

_MOST_LINES = 200
_log = logging.getLogger(__name__)


async def no_barrier(name: str) -> None:
    """Production's barrier."""


@dataclass
class Attempt:
    """What one worker needs to try proposals, one after the other."""

    store: Store
    client: KubeClient
    sandbox: Sandbox
    rechecks: Rechecks
    announcements: Announcements
    worker: str
    patience: Patience = field(default_factory=Patience)
    lease_seconds: float = 30.0
    barrier: Barrier = no_barrier
    alertmanager: Alertmanager | None = None

    async def make(self, proposal_id: str) -> bool:
        """Check, claim, run, verify, finish. Whether this worker was the one to run it."""
        record = await self.store.proposals.get(proposal_id)
        if record is None or record.state is not ProposalState.approved:
            return False
        try:
            await self.rechecks.run(record)
        except NoLongerHolds as reason:
            await self._give_up(proposal_id, str(reason))
            return False
        await self.barrier("before-claim")
        claimed = await self.store.claims.claim(proposal_id, record.digest, self.worker, self.lease_seconds)
        if claimed is None:
            await self._tell_if_it_went_stale(proposal_id)
            return False
        await self.barrier("after-claim")
        await self._tell(proposal_id, "claimed", {"worker": self.worker, "execution": claimed.execution})
        async with self._lease(claimed):
            await self._carry_out(claimed)
        return True

    async def _carry_out(self, claimed: ClaimedExecution) -> None:
        """Past the claim nothing is tried twice: whatever goes wrong from here on ends in the record."""
        proposal = claimed.proposal
        try:
            await self.store.claims.started(claimed)
        except NotAllowed as lost:
            _log.warning("%s", lost)
            return
        await self._tell(proposal.id, "started", {"worker": self.worker, "title": proposal.title})
        await self.barrier("started")
        proxy = ApiProxy.to_run(self.client, proposal, self.alertmanager)
        ran = await self._run(claimed, proxy)
        await self.barrier("after-script")
        await self._tell(proposal.id, "verifying", {"exit_code": ran.exit_code})
        # After a failure it is told how things stand now; waiting for it to get better would be hoping.
        patience = self.patience if ran.exit_code == 0 else Patience(min(self.patience.seconds, 30.0), 30.0)
        verified = await verify(self.sandbox, self.client, proposal, patience, self.alertmanager)
        await self.barrier("verified")
        await self._finish(claimed, _outcome(ran, verified, proxy))

    async def _run(self, claimed: ClaimedExecution, proxy: ApiProxy) -> Ran:
        try:
            async with proxy.listening() as socket:
                return await self.sandbox.run(claimed, socket, on_line=self._lines(claimed.proposal.id))
        except (HildaError, OSError) as broken:
            return Ran(None, "", False, 0.0, f"It could not be run: {broken}")

    async def _finish(self, claimed: ClaimedExecution, outcome: Outcome) -> None:
        """The record, and then everyone; a store that does not answer is asked again for as long as that may help."""
        for pause in (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 0.0):
            try:
                await self.store.claims.finish(claimed, outcome)
                break
            except HildaError as failed:
                _log.warning("the outcome of %s is not written yet: %s", claimed.proposal.id, failed)
                if not pause:
                    raise
                await asyncio.sleep(pause)
        await self.barrier("finished")
        record = await self.store.proposals.get(claimed.proposal.id)
        assert record is not None
        await self.announcements.over(record)

    async def _give_up(self, proposal_id: str, why: str) -> None:
        """Void, with its reason, for the audit and for the people who wait."""
        if await self.store.proposals.mark_stale(proposal_id, why):
            await self._tell_if_it_went_stale(proposal_id)

    async def _tell_if_it_went_stale(self, proposal_id: str) -> None:
        record = await self.store.proposals.get(proposal_id)
        if record is not None and record.state is ProposalState.stale:
            await self.announcements.over(record)

    async def _tell(self, proposal_id: str, event: str, payload: Json) -> None:
        """Progress is a courtesy: what cannot be told does not stop what was approved."""
        with contextlib.suppress(HildaError):
            await self.announcements.tell(proposal_id, event, payload)

    def _lines(self, proposal_id: str) -> Callable[[str], Awaitable[None]]:
        """Steps go into the journal as they come; other output waits until all of it can be redacted together."""
        told = 0

        async def on_line(line: str) -> None:
            nonlocal told
            await self.barrier("mid-script")
            if line.startswith(STEP_MARK) and told < _MOST_LINES:
                told += 1
                text = redact(clean(line.removeprefix(STEP_MARK), cap=300))
                await self._tell(proposal_id, "output", {"line": text})

        return on_line

    @contextlib.asynccontextmanager
    async def _lease(self, claimed: ClaimedExecution) -> AsyncIterator[None]:
        """Renew while the block runs. A lease that is lost ends the work: people were told that nobody does it."""
        work = asyncio.current_task()
        assert work is not None
        lost = False

        async def renew() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(self.lease_seconds / 3)
                with contextlib.suppress(HildaError):
                    if not await self.store.claims.renew(claimed):
                        lost = True
                        work.cancel()
                        return

        renewing = asyncio.create_task(renew())
        try:
            yield
        except asyncio.CancelledError:
            if not lost:
                raise
            work.uncancel()
            _log.error("the lease on %s was lost; its script was stopped", claimed.proposal.id)
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing


def _outcome(ran: Ran, verified: Verified, proxy: ApiProxy) -> Outcome:
    why = " ".join(part for part in (ran.why, refused_in_words(proxy.refusals)) if part)
    return Outcome(ran.exit_code, ran.output, ran.truncated, verified.holds, verified.output, ran.took_seconds, why)
