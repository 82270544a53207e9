"""Nobody asked: an alert comes, is looked into, announced, climbed, mended, resolved, closed and reported."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphs.reporting import gathered
from graphs.words.report import incident_report
from tests.conftest import OpenGround
from tests.journeys.watch import on_watch

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(180)]

LOCK_SCREEN = 240
"""Characters of a message that a phone shows before it is unlocked."""


async def test_an_alert_becomes_an_incident_that_is_announced_mended_and_reported(
    small_ground: OpenGround, tmp_path: Path
) -> None:
    """Announced once with the right cause, climbed in its thread, approved by another, and over with its alert."""
    ground = await small_ground("bad-image", 81)
    async with on_watch(ground, tmp_path) as watch:
        ops, victim = watch.ops, ground.scenario.victim

        fired = await watch.alertmanager_tells()
        head = await ops.sees(victim, within=30)
        details = await ops.sees("How I know", after=head, within=30)
        assert {alert["labels"]["alertname"] for alert in fired} == {"KubePodNotReady"}
        assert all(words in head.text[:LOCK_SCREEN] for words in (victim, "% sure", "since", "KubePodNotReady"))
        assert details.thread_ts == head.ts

        await watch.oncall.presses(ops.again(head), "Acknowledge")
        await ops.sees(f"Acknowledged by:  @{watch.oncall.user.name}", after=details, within=20)
        await watch.oncall.says(ops, "script", thread=head)
        await ops.sees("Approve", after=details, within=30)
        await watch.lead.runs("/hilda approve", ops)
        await watch.lead.sees_modal("Go back")
        await watch.lead.submits()
        await ops.sees("Done and verified", within=60)
        await watch.quiet(within=60)
        end = await ops.sees("Resolved after", within=30)

        incident = await watch.incident()
        assert (incident.cause_key.split("|")[0], incident.state) == ("image-pull", "closed")
        assert [seen.ts for seen in watch.announcements()] == [head.ts]
        assert {seen.thread_ts for seen in ops.messages() if seen.ts != head.ts} == {head.ts}
        assert end.thread_ts == head.ts
        assert "Over after" in (await ops.sees("Over after", within=20)).words.splitlines()[0]
        report = incident_report(await gathered(watch.store, incident, "practice"), datetime.now(UTC), "UTC")
        asker, approver = watch.oncall.id, watch.lead.id
        for line in (
            f"acknowledged** by {asker}",
            f"{asker} said** script",
            f"proposed** Go back to the image that worked, for {asker}",
            f"approved** by {approver}",
            "run over** Go back to the image that worked: finished",
            "resolved** Go back to the image that worked: verified",
            "| KubePodNotReady | warning |",
            "kubectl --context practice",
        ):
            assert line in report, report
    verdict = await ground.healed()
    assert verdict.ok, verdict.why
