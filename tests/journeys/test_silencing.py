"""Somebody says "silence this for an hour": from the words to Alertmanager, and back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from domain.alerts import HeardAlert
from domain.cards import Code, parts_of
from domain.proposals import ProposalState
from domain.risk import Risk
from practice import access
from practice.ground import PracticeGround
from practice.small_plane import SmallPlane
from practice.waiting import until
from store.heartbeat import why_nobody_runs
from tests.alertmanagers import an_alertmanager, settled
from tests.journeys.office import Office, open_office

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]

CRASH = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1", "severity": "warning"}
SLOW = {"alertname": "HighLatency", "namespace": "shop", "severity": "critical"}


@pytest.fixture
def bare(small_plane: SmallPlane, tmp_path: Path) -> PracticeGround:
    """A cluster in which nothing happens: silences are about Alertmanager."""
    return cast(
        "PracticeGround",
        SimpleNamespace(
            kubeconfig=small_plane.kubeconfig_of("hilda", folder=tmp_path),
            executor_kubeconfig=small_plane.kubeconfig_of("executor", folder=tmp_path),
            context=access.CONTEXT,
            prometheus_url="",
        ),
    )


@pytest.mark.parametrize("which", ["real", "practice"])
async def test_an_alert_is_silenced_for_an_hour_and_told_again_when_that_is_taken_back(
    bare: PracticeGround, tmp_path: Path, which: str
) -> None:
    """The asker's own yes is enough; another alert stays loud; the incident is none the less open."""
    async with (
        an_alertmanager(which, tmp_path / "am") as held,
        open_office(bare, tmp_path / "hilda", alertmanager_url=held.url) as office,
    ):
        await held.fire(CRASH, SLOW)
        store = office.app.store
        opened = await store.incidents.open_or_join("crash-loop|c|shop|Pod|web-1", "web-1", "c", office.conversation)
        said = await office.says("silence KubePodCrashLooping for an hour")
        proposed = await office.proposal()
        quiet_before = await held.silences()
        await until("an executor", lambda: _somebody_runs(office), seconds=60)
        await office.presses("approve", by="oncall", proposal=proposed)
        done = await office.outcome()
        assert (done.state, done.why) == (ProposalState.finished, ""), done.execution
        (silence,) = await held.silences()
        await settled(held, "KubePodCrashLooping", "suppressed")
        states = await held.alerts()
        told = office.last.title

        await office.says("undo that")
        await office.presses("approve", by="oncall")
        undone = await office.outcome()
        await settled(held, "KubePodCrashLooping", "active")
        incident = await store.incidents.get(opened.id)

        assert "Silence KubePodCrashLooping in shop for 60 min" in said
        assert proposed.proposal.risk is Risk.low
        assert proposed.proposal.observed_namespaces == ()
        assert quiet_before == []
        assert {each["name"]: each["value"] for each in silence["matchers"]} == CRASH
        assert silence["createdBy"].endswith(f" for {office.person('oncall')}")
        assert f"--end={silence['endsAt'][:19]}Z" in proposed.proposal.script.run
        assert abs(_left(silence) - timedelta(hours=1)) < timedelta(minutes=1)
        assert states == {"KubePodCrashLooping": "suppressed", "HighLatency": "active"}
        assert told.startswith("Done and verified: Silence KubePodCrashLooping")
        assert undone.state is ProposalState.finished
        assert undone.execution is not None
        assert undone.execution.outcome is not None
        assert undone.execution.outcome.verified
        assert await held.silences() == []
        assert incident is not None
        assert incident.state == "open"
        assert {"silenced", "unsilenced"} <= {line.kind for line in incident.timeline}
        assert opened.id in silence["comment"]


async def test_a_silence_is_refused_in_words_wherever_it_cannot_be(bare: PracticeGround, tmp_path: Path) -> None:
    """No such alert, too long, a viewer, several that could be meant, one that is silent already."""
    async with (
        an_alertmanager("practice", tmp_path / "am") as held,
        open_office(bare, tmp_path / "hilda", executor=False, alertmanager_url=held.url) as office,
    ):
        office.app.desk.alertmanager, known = None, office.app.desk.alertmanager
        unset = await office.says("silence KubePodCrashLooping for an hour")
        office.app.desk.alertmanager = known
        nothing = await office.says("silence this")
        await held.fire(CRASH, SLOW)
        unknown = await office.says("silence KubePodCrashLoping")
        too_long = await office.says("silence HighLatency for 3 days")
        viewer = await office.says("silence HighLatency for 1h", by="guest")
        which = await office.says("silence this for 2h")
        no_proposal = await office.app.store.proposals.list()

        assert "set ALERTMANAGER_URL" in unset
        assert "there is nothing to silence" in nothing
        assert "It holds KubePodCrashLooping" in unknown
        assert "I silence nothing for longer than 24 hours" in too_long
        assert "to propose needs developer" in viewer
        assert "HighLatency in shop: 1 firing" in which
        assert "KubePodCrashLooping in shop: 1 firing" in which
        assert no_proposal == ()


async def test_an_edit_may_shorten_a_silence_and_not_widen_it(bare: PracticeGround, tmp_path: Path) -> None:
    """What is sent back is made in the editor's name, on the same alerts or fewer."""
    async with (
        an_alertmanager("practice", tmp_path / "am") as held,
        open_office(bare, tmp_path / "hilda", executor=False, alertmanager_url=held.url) as office,
    ):
        await held.fire(CRASH, SLOW)
        incident = await _incident_of(office, CRASH)
        await office.says(f"silence {incident} for 1h")
        line = _command(office)
        wider = await office.fills_in("edit", "second-lead", commands=line.replace(" 'pod=\"web-1\"'", ""))
        pattern = await office.fills_in("edit", "second-lead", commands=line.replace('pod="web-1"', "pod=~.*"))
        first = await office.proposal()
        other_words = line.replace("through Hilda", "while we look")
        await office.fills_in("edit", "second-lead", commands=other_words)
        await office.outcome()
        edited = await office.proposal()

        assert 'pod="web-1"' in line
        assert "would silence more than the alerts that were seen" in wider
        assert "is a pattern" in pattern
        assert edited.proposal.id != first.proposal.id
        assert edited.proposal.requester == office.person("second-lead")
        assert f" for {office.person('second-lead')}" in edited.proposal.script.run
        assert "while we look" in edited.proposal.script.run


async def _incident_of(office: Office, labels: dict[str, str]) -> str:
    """An incident that this alert belongs to."""
    store, now = office.app.store, datetime.now(UTC)
    heard = HeardAlert("f1", labels["alertname"], labels, now, firing=True, group="g1")
    await store.alerts.receive([heard], "webhook/test", cluster=office.app.desk.cluster)
    opened = await store.incidents.open_or_join("alerts|c|shop|AlertGroup|g1", "Crash", "c", "terminal:elsewhere")
    await store.alerts.bind([alert.id for alert in await store.alerts.group("g1")], opened.id)
    return opened.id


def _command(office: Office) -> str:
    """The line that would run, from the card that shows it."""
    cards = [card for card in office.cards() if card.title.startswith("Proposal:")]
    (run,) = (part.text for part in parts_of(cards[-1], Code) if part.label == "run")
    return next(line for line in run.splitlines() if line.startswith("amtool "))


async def _somebody_runs(office: Office) -> bool:
    return not await why_nobody_runs(office.app.store, office.app.desk.cluster, datetime.now(UTC))


def _left(silence: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(silence["endsAt"]) - datetime.fromisoformat(silence["startsAt"])
