"""The things that run by the clock of `hilda serve`, one line each."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import Timed
from domain import job_kinds
from domain.model_use import ModelPrice
from store.day import MODEL_USE

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings

KEPT = timedelta(days=7)
"""How long jobs done, posts made and what was told in the journal are remembered."""
SLOTS_KEPT = timedelta(days=2)
ALERTS_KEPT = timedelta(days=90)


def clockwork(opened: "App", settings: "Settings") -> tuple[Timed, ...]:
    """Everything that `hilda serve` does without being asked.

    A store may serve several clusters: what is done for one of them has that cluster in its name.
    """
    store, cluster = opened.store, opened.desk.cluster

    async def expiry(due: datetime) -> None:
        await _expire_proposals(opened)

    async def forgetting(due: datetime) -> None:
        await _forget(opened)

    async def reports(due: datetime) -> None:
        await store.subscriptions.put_due(cluster, due, settings.worker)
        opened.worker.wake()

    async def alerts(due: datetime) -> None:
        await _poll_alerts(opened)

    async def silent_alerts(due: datetime) -> None:
        if await store.alerts.silent(timedelta(hours=settings.alerting.silent_hours), cluster=cluster):
            opened.worker.wake()

    async def model_use(due: datetime) -> None:
        await _write_down_model_use(opened, settings)

    polled = timedelta(seconds=settings.alerts_poll_seconds)
    return (
        *([Timed(f"alerts are polled@{cluster}", polled, alerts)] if opened.desk.alertmanager and polled else []),
        Timed(f"silent alerts end@{cluster}", timedelta(minutes=10), silent_alerts),
        Timed(f"reports are due@{cluster}", timedelta(seconds=5), reports, everywhere=True),
        Timed("the model's use is written down", timedelta(minutes=1), model_use, everywhere=True),
        Timed("proposals expire", timedelta(seconds=15), expiry),
        Timed("what is old is forgotten", timedelta(hours=1), forgetting),
    )


async def _poll_alerts(opened: "App") -> None:
    from bot.doors.alertmanager.poll import poll

    assert opened.desk.alertmanager is not None
    await poll(opened.desk.alertmanager, opened.store.alerts, opened.desk.cluster)
    opened.worker.wake()


async def _write_down_model_use(opened: "App", settings: "Settings") -> None:
    """What this process asked of the model, for the daily report."""
    if opened.desk.model is None:
        return
    used = opened.desk.model.take_used()
    if used.asked:
        price = ModelPrice.parse(settings.model_price) if settings.model_price else None
        await opened.store.journal.append(MODEL_USE, "used", used.at(price).as_json())


async def _expire_proposals(opened: "App") -> None:
    for proposal in await opened.store.proposals.expire():
        record = await opened.store.proposals.get(proposal)
        if record is not None:
            await opened.store.jobs.put(
                f"resume:{proposal}:expired",
                job_kinds.resume(record.proposal.cluster),
                {"proposal": proposal, "zone": "UTC"},
                record.proposal.conversation,
            )


async def _forget(opened: "App") -> None:
    store = opened.store
    for part in (store.jobs, store.outbox, store.journal):
        await part.prune(KEPT)
    await store.slots.prune(SLOTS_KEPT)
    await store.alerts.prune(ALERTS_KEPT)
