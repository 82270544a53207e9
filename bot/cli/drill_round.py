"""One round of a drill: an incident, a person with Hilda, and the clock."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.cli.drill_results import Result, clock
from bot.cli.practising import Practice
from bot.doors.terminal.keys import keys_of
from bot.doors.terminal.screen import Screen
from domain.messages import Reply
from domain.proposals import ProposalState

LOOKS_EVERY = 4.0
"""Seconds between two looks whether it is healed, by whatever hand."""
SHOWS_WITHIN = 15.0
"""Seconds that what was done may take to show in pods and metrics."""
_UNDER_WAY = frozenset({ProposalState.approved, ProposalState.claimed, ProposalState.started})


@dataclass
class Round:
    """Keeps the time. `done` and `skip` are words of this terminal while a round lasts."""

    practice: Practice
    screen: Screen
    began: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    cause: float | None = None
    healed: float | None = None
    slips: int = 0
    left: bool = True
    """Whether the person left the drill; `done` and `skip` only end the round."""

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def watch(self, reply: Reply) -> None:
        """The first answer that one can climb from names a cause."""
        climbs = any(key.choice.action == "next_level" for key in keys_of(reply.card))
        if self.cause is None and climbs and ":answer" in reply.key:
            self.cause = self.seconds

    async def look(self) -> None:
        """Until it is healed, also by somebody's own kubectl; says so as soon as it is."""
        if self.practice.leave_alone:
            return
        while self.healed is None:
            await asyncio.sleep(LOOKS_EVERY)
            if (await self.practice.ground.healed()).ok and self.healed is None:
                self._is_healed()

    async def done(self) -> bool:
        """Whether the round goes on."""
        if self.healed is None:
            await self._until_nothing_runs()
            verdict = await self.practice.verdict_within(SHOWS_WITHIN)
            if not verdict.ok:
                self.slips += 1
                self.screen.note(f"Not yet: {verdict.why}")
                return True
            self._is_healed()
        self.left = False
        return False

    async def skip(self) -> bool:
        ground = self.practice.ground
        self.screen.note(f"It was {ground.scenario.name}: {ground.title.lower()}.")
        self.left = False
        return False

    async def result(self) -> Result:
        ground = self.practice.ground
        return Result(
            scenario=ground.scenario.name,
            title=ground.title,
            seed=ground.scenario.seed,
            at=self.at,
            cause=_short(self.cause),
            approved=_short(await self._approved()),
            healed=_short(self.healed),
            slips=self.slips,
        )

    def _is_healed(self) -> None:
        self.healed = self.seconds
        self.screen.note(f"The judge: healed after {clock(self.healed)}. `done` ends the round.")

    async def _approved(self) -> float | None:
        """Of the last script that was approved."""
        records = await self.practice.app.store.proposals.list()
        said = [d.at for record in records for d in record.decisions if d.verdict == "approve"]
        return (max(said) - self.at).total_seconds() if said else None

    async def _until_nothing_runs(self) -> None:
        if self.practice.no_sandbox:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.practice.settings.run_seconds):
                while await self._running():
                    await asyncio.sleep(0.2)

    async def _running(self) -> bool:
        records = await self.practice.app.store.proposals.list()
        return any(record.state in _UNDER_WAY for record in records)


def _short(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
