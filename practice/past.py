"""Turning what was played within seconds into what happened over hours: which phase took place when."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from practice.backdate import Move
from practice.history import Chapter
from practice.plane import Plane
from practice.scenario import Scenario
from practice.series import Play
from practice.telemetry import plays

_SETTLES = 0.4
"""Seconds in which the kubelet sees moved times; what it wrote meanwhile is moved again."""


@dataclass
class Past:
    plane: Plane
    scenario: Scenario
    happened: list[int] = field(default_factory=list)
    """When each phase began, in seconds since the epoch, once settled."""
    _begun: list[int] = field(default_factory=list)
    _played: list[tuple[Play, ...]] = field(default_factory=list)

    async def begin(self) -> None:
        """Kubernetes keeps whole seconds, so each phase has seconds of its own."""
        if self._begun:
            await asyncio.sleep(-time.time() % 1 + 0.02)
        self._begun.append(int(time.time()))

    async def end(self) -> None:
        self._played.append(await plays(self.plane, self.scenario.namespaces))

    def settle(self) -> None:
        """When each phase is said to have begun, as seen from now."""
        now = int(time.time())
        self.happened = [now - round(phase.minutes_ago * 60) for phase in self.scenario.phases]

    async def move(self) -> None:
        """Give every object the times at which its phase is said to have happened."""
        ends = [*self._begun[1:], int(time.time()) + 1]
        moves = [
            Move(_utc(begun), _utc(end), timedelta(seconds=begun - happened))
            for begun, end, happened in zip(self._begun, ends, self.happened, strict=True)
        ]
        await self.plane.backdate(self.scenario.namespaces, moves, nodes=True)
        await asyncio.sleep(_SETTLES)
        await self.plane.backdate(self.scenario.namespaces, moves, nodes=True)

    def chapters(self) -> list[Chapter]:
        """What was playing from when to when, up to now."""
        ends = [*self.happened[1:], time.time()]
        return [Chapter(*each) for each in zip(self.happened, ends, self._played, strict=True)]


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
