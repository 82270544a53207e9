"""Ask Alertmanager what fires, and keep the answer as if it had been sent."""

from collections import defaultdict
from datetime import timedelta

from domain.alerts import HeardAlert
from store.work.alerts import Alerts
from tools.alertmanager.connection import Alertmanager
from tools.alertmanager.firing import firing, started_at

_MOST_AT_ONCE = 1_000
WARM = timedelta(minutes=5)
"""An Alertmanager that began less long ago may not have heard yet of all that fires: it forgets when it stops."""


async def poll(alertmanager: Alertmanager, alerts: Alerts, cluster: str, *, warm: timedelta = WARM) -> None:
    """What it lists fires; what an earlier answer listed and this one does not is over, once it is `warm`.

    ToolFailed where it gives no answer: then nothing changes.
    """
    asked_at = await alerts.now()
    by_receiver: dict[str, list[HeardAlert]] = defaultdict(list)
    for receiver, heard in await firing(alertmanager, asked_at):
        by_receiver[receiver].append(heard)
    for receiver, all_of_it in by_receiver.items():
        for first in range(0, len(all_of_it), _MOST_AT_ONCE):
            batch = all_of_it[first : first + _MOST_AT_ONCE]
            await alerts.receive(batch, f"poll/{receiver}", cluster=cluster)
    if await started_at(alertmanager) < asked_at - warm:
        await alerts.vanished(asked_at, cluster=cluster)
