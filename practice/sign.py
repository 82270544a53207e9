"""How trouble shows on the cluster: what a phase waits for before it counts as having happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practice.api import Api, path_of
from practice.plane import Plane
from practice.standing import at_limit, complete
from practice.telemetry import plays


@dataclass(frozen=True)
class Sign:
    """All that a phase's `wait` names has to be seen."""

    api: Api
    plane: Plane
    namespace: str
    victim: str
    wanted: Mapping[str, Any]
    """`waiting` (reasons) with `restarts`; `event` (a reason) with `times`; `unreached`; `at_limit`."""

    async def shows(self) -> bool:
        if "waiting" in self.wanted and not await self._waits():
            return False
        if "event" in self.wanted and not await self._told():
            return False
        if "unreached" in self.wanted and not await self._unreached():
            return False
        return "at_limit" not in self.wanted or await self._at_limit()

    async def _waits(self) -> bool:
        """Some pod of the victim waits for one of those reasons, after at least so many restarts."""
        chosen = f"app.kubernetes.io/name={self.victim}"
        pods = await self.api.items(path_of("v1", "Pod", self.namespace), labelSelector=chosen)
        statuses = (each for pod in pods for each in pod.get("status", {}).get("containerStatuses", []))
        return any(
            status["state"].get("waiting", {}).get("reason") in self.wanted["waiting"]
            and status["restartCount"] >= int(self.wanted.get("restarts", 0))
            for status in statuses
        )

    async def _told(self) -> bool:
        """An event of that reason about something of the victim's, so many times."""
        chosen = f"reason={self.wanted['event']}"
        events = await self.api.items(path_of("v1", "Event", self.namespace), fieldSelector=chosen)
        return any(
            event["involvedObject"]["name"].startswith(self.victim)
            and event.get("count", 1) >= int(self.wanted.get("times", 1))
            for event in events
        )

    async def _unreached(self) -> bool:
        """No pod of the victim's gets a request."""
        playing = await plays(self.plane, [self.namespace])
        return not any(play.how.requests_per_second for play in playing if play.service == self.victim)

    async def _at_limit(self) -> bool:
        """The victim's autoscaler has started all the pods that it may, all are ready, and it wants more."""
        scaler = await self.api.get(path_of("autoscaling/v2", "HorizontalPodAutoscaler", self.namespace, self.victim))
        deployment = await self.api.get(path_of("apps/v1", "Deployment", self.namespace, self.victim))
        most = scaler["spec"]["maxReplicas"]
        return at_limit(scaler) and complete(deployment) and deployment["spec"]["replicas"] == most
