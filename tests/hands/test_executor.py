"""From an approval to an outcome, with everything real: store, sandbox, kubectl, API server."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from domain import job_kinds
from domain.people import Role
from domain.proposals import Identity, Proposal, ProposalState, canonical, digest
from domain.risk import Risk
from domain.scripts import ApiRequest, Script
from hands.executor import Executor, Rhythm
from hands.sandbox import Sandbox
from hands.verification import Patience
from practice.api import Api, path_of
from practice.control_plane import ControlPlane
from store.record import Store
from store.schema import execution
from store.schema import proposal as table
from tests.hands.cluster import Shop, writes_in
from tests.hands.ledger import approved, new_store, ready
from tests.hands.proposals import APPROVER, ASKER, as_it_is
from tools.kubernetes.client import KubeClient

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox]


@dataclass
class Place:
    """One executor beside one store, and a namespace to work in."""

    store: Store
    client: KubeClient
    sandbox: Sandbox
    shop: Shop
    executor: Executor
    audit_log: Path

    async def proposal(self, *, image: str = "registry.example/web:2", **more) -> Proposal:
        """Give `web` another image; verified by what the API server then says."""
        ns = self.shop.namespace
        reads = f"kubectl -n {ns} get deployment web -o 'jsonpath={{..image}}'"
        return await ready(
            self.client,
            self.sandbox.programs.kubectl,
            ns,
            [f"kubectl -n {ns} set image deployment/web web={image}"],
            preconditions=(as_it_is(await self.shop.get("Deployment", "web")),),
            **{"verify": f'[[ "$({reads})" == {image} ]]', **more},
        )

    async def work_until(self, proposal_id: str, *states: ProposalState, seconds: float = 25) -> None:
        """Let the executor work until the proposal is in one of these states and everybody was told."""
        working = asyncio.create_task(self.executor.run())
        try:
            async with asyncio.timeout(seconds):
                while not working.done():
                    record = await self.store.proposals.get(proposal_id)
                    if record.state in states and {"finished", "stale", "unknown"} & set(
                        await self.events(proposal_id)
                    ):
                        return
                    await asyncio.sleep(0.1)
        finally:
            self.executor.stop()
            await working

    async def events(self, proposal_id: str) -> list[str]:
        return [entry.event for entry in await self.store.journal.since(0, [f"proposal:{proposal_id}"])]

    def writes(self) -> list[dict]:
        return writes_in(self.audit_log, self.shop.namespace)


@pytest.fixture
async def place(sandbox, shop, control_plane: ControlPlane, tmp_path) -> AsyncIterator[Place]:
    store = await new_store(f"sqlite:///{tmp_path / 'state' / 'hilda.db'}", tmp_path / "keys" / "audit.key")
    async with await KubeClient.connect(str(control_plane.kubeconfig_of("executor"))) as client:
        executor = Executor(
            store,
            client,
            sandbox,
            await client.cluster_id(),
            "test:1",
            patience=Patience(seconds=3.0, pause=0.2),
            rhythm=Rhythm(poll=0.05, sweep=0.3, retry=0.3),
            lease_seconds=5.0,
        )
        yield Place(store, client, sandbox, shop, executor, control_plane.audit_log)
    await store.close()


async def test_an_approved_script_runs_is_verified_and_everyone_hears(place):
    """Once, as the person who asked, with its progress in the journal and a job for the conversation."""
    wanted = await place.proposal()
    proposal_id = await approved(place.store, wanted)

    await place.work_until(proposal_id, ProposalState.finished)

    record = await place.store.proposals.get(proposal_id)
    outcome = record.execution.outcome
    entries = await place.store.journal.since(0, [f"proposal:{proposal_id}"])
    job = await place.store.jobs.claim("test", 10)
    (write,) = place.writes()
    assert (outcome.exit_code, outcome.verified, outcome.why) == (0, True, "")
    assert "deployment.apps/web image updated" in outcome.output
    assert [entry.event for entry in entries] == ["claimed", "started", "output", "output", "verifying", "finished"]
    assert [entry.payload["line"] for entry in entries if entry.event == "output"] == ["Step 1: kubectl -n", "Done"]
    assert (job.kind, job.payload["proposal"], job.conversation) == (
        job_kinds.resume(wanted.cluster),
        proposal_id,
        wanted.conversation,
    )
    assert write["impersonatedUser"]["username"] == "oncall"
    acts = [entry.what for entry in await place.store.audit.about(proposal_id)]
    assert acts == ["proposed", "approved", "claimed", "started", "finished"]


async def test_a_journal_follower_sees_steps_while_they_happen(place):
    """Other terminals read the journal; a step is there long before the script ends."""
    wanted = await place.proposal(between="sleep 2")
    second = f"kubectl -n {place.shop.namespace} label configmap spare a=b"
    wanted = await ready(
        place.client,
        place.sandbox.programs.kubectl,
        place.shop.namespace,
        [wanted.requests[0].command, second],
        preconditions=(*wanted.preconditions, as_it_is(await place.shop.get("ConfigMap", "spare"))),
        between="sleep 2",
    )
    proposal_id = await approved(place.store, wanted)
    working = asyncio.create_task(place.work_until(proposal_id, ProposalState.finished))
    seen: dict[str, float] = {}

    while not working.done():
        for entry in await place.store.journal.since(0, [f"proposal:{proposal_id}"]):
            seen.setdefault(f"{entry.event} {entry.payload.get('line', '')}", time.monotonic())
        await asyncio.sleep(0.05)
    await working

    assert seen["output Step 2: kubectl -n"] - seen["output Step 1: kubectl -n"] > 1.5


async def test_a_script_that_fails_is_failed_and_says_what_did_not_pass(place):
    """The proxy's refusals are part of the outcome."""
    ns = place.shop.namespace
    wanted = await place.proposal()
    wanted = dataclasses.replace(
        wanted,
        script=dataclasses.replace(wanted.script, run=wanted.script.run + f"kubectl -n {ns} delete configmap spare\n"),
    )
    proposal_id = await approved(place.store, wanted)

    await place.work_until(proposal_id, ProposalState.failed)

    outcome = (await place.store.proposals.get(proposal_id)).execution.outcome
    assert outcome.exit_code == 1
    assert "1 request did not pass: nobody approved to delete configmaps" in outcome.why
    assert outcome.verified is True, "what it did before is as the verify script wants it"
    assert [write["verb"] for write in place.writes()] == ["patch"]


async def test_what_ran_but_did_not_help_is_not_called_a_success(place):
    """The verify script decides, after waiting for as long as is reasonable."""
    wanted = await place.proposal(verify="echo 'not yet'; exit 1")
    proposal_id = await approved(place.store, wanted)

    await place.work_until(proposal_id, ProposalState.failed)

    outcome = (await place.store.proposals.get(proposal_id)).execution.outcome
    assert (outcome.exit_code, outcome.verified, outcome.verify_output) == (0, False, "not yet\n")


async def test_verification_cannot_change_anything(place):
    """Not even what the run script was allowed to change, and did."""
    label = f"kubectl -n {place.shop.namespace} label deployment web"
    wanted = await ready(
        place.client,
        place.sandbox.programs.kubectl,
        place.shop.namespace,
        [f"{label} a=b"],
        preconditions=(as_it_is(await place.shop.get("Deployment", "web")),),
        verify=f"{label} c=d",
    )
    proposal_id = await approved(place.store, wanted)

    await place.work_until(proposal_id, ProposalState.failed)

    outcome = (await place.store.proposals.get(proposal_id)).execution.outcome
    assert "Hilda does not let this pass" in outcome.verify_output
    assert len(place.writes()) == 1
    assert (await place.shop.get("Deployment", "web"))["metadata"]["labels"] == {"a": "b"}


async def test_verification_waits_until_it_holds(place):
    """A fix may take a moment to show."""
    ns = place.shop.namespace
    wanted = await place.proposal(verify=f"kubectl -n {ns} get configmap sign")
    proposal_id = await approved(place.store, wanted)
    working = asyncio.create_task(place.work_until(proposal_id, ProposalState.finished))

    while "verifying" not in await place.events(proposal_id):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.6)
    await place.shop.make("ConfigMap", "sign", data={})
    await working

    assert (await place.store.proposals.get(proposal_id)).execution.outcome.verified is True


async def test_a_script_that_takes_too_long_is_unknown_and_gone(place):
    """Killed half-way: nobody claims to know what it did, and it is not tried again."""
    wanted = await place.proposal(timeout_seconds=2)
    wanted = dataclasses.replace(
        wanted, script=dataclasses.replace(wanted.script, run=wanted.script.run + "sleep 60\n")
    )
    proposal_id = await approved(place.store, wanted)

    await place.work_until(proposal_id, ProposalState.unknown)

    outcome = (await place.store.proposals.get(proposal_id)).execution.outcome
    assert (outcome.exit_code, outcome.why) == (None, "killed: it took longer than 2 s")
    assert outcome.verified is True
    assert len(place.writes()) == 1


# What no longer holds when the executor looks is not run.


async def stays_unrun(place: Place, proposal_id: str) -> str:
    """Let the executor look; the reason that it gave for not running it."""
    await place.work_until(proposal_id, ProposalState.stale)
    record = await place.store.proposals.get(proposal_id)
    rows = [entry.what for entry in await place.store.audit.about(proposal_id)]
    assert place.writes() == []
    assert record.execution is None
    assert {"went-stale", "claim-refused"} & set(rows)
    return record.why


async def test_a_changed_object_makes_it_stale(place, control_plane):
    """Somebody else was at it in between."""
    proposal_id = await approved(place.store, await place.proposal())
    async with Api(control_plane.kubeconfig) as admin:
        await admin.patch(
            path_of("apps/v1", "Deployment", place.shop.namespace, "web"), {"spec": {"revisionHistoryLimit": 3}}
        )

    assert "was changed since: generation 2, not 1" in await stays_unrun(place, proposal_id)


async def test_a_replaced_object_makes_it_stale(place, control_plane):
    """Same name, another object."""
    proposal_id = await approved(place.store, await place.proposal())
    path = path_of("apps/v1", "Deployment", place.shop.namespace, "web")
    async with Api(control_plane.kubeconfig) as admin:
        await admin.request("DELETE", path)
    await place.shop.deployment("web")

    assert "another object of the same name" in await stays_unrun(place, proposal_id)


@pytest.mark.parametrize(
    ("person", "role", "said"),
    [
        (APPROVER, Role.developer, "may not approve it any more"),
        (ASKER, Role.viewer, "may not ask for changes any more"),
    ],
)
async def test_a_demoted_person_voids_it(place, person, role, said):
    """Roles count as they are now, of those who approved and of the one who asked."""
    proposal_id = await approved(place.store, await place.proposal())
    await place.store.identities.bind(person, role, "test", kube_user="oncall" if person == ASKER else "lead")

    assert said in await stays_unrun(place, proposal_id)


async def test_an_approver_who_is_gone_voids_it(place):
    """Unbound is less than any role."""
    proposal_id = await approved(place.store, await place.proposal())
    await place.store.identities.unbind(APPROVER, "test")

    assert "may not approve it any more" in await stays_unrun(place, proposal_id)


async def test_another_kubernetes_user_voids_it(place):
    """The asker is somebody else to the cluster now."""
    proposal_id = await approved(place.store, await place.proposal())
    await place.store.identities.bind(ASKER, Role.developer, "test", kube_user="lead")

    assert "is not known to the cluster as 'oncall'" in await stays_unrun(place, proposal_id)


async def test_another_policy_voids_it(place):
    """Approved under rules that are not in force any more."""
    proposal_id = await approved(place.store, await place.proposal())
    place.executor._rechecks = dataclasses.replace(place.executor._rechecks, policy="another")
    place.executor._attempt.rechecks = place.executor._rechecks

    assert "The policy has changed since" in await stays_unrun(place, proposal_id)


async def test_another_effect_voids_it(place, control_plane):
    """The object is as it was, and still the same command would do something else now."""
    wanted = dataclasses.replace(await place.proposal(), dry_run_digest="0" * 64)
    proposal_id = await approved(place.store, wanted)

    assert "A dry run shows another change" in await stays_unrun(place, proposal_id)


async def test_a_change_to_what_nobody_recorded_is_not_run(place):
    """Without a precondition nobody could tell whether the object is still the one that was looked at."""
    proposal_id = await approved(place.store, dataclasses.replace(await place.proposal(), preconditions=()))

    assert "does not say how things were" in await stays_unrun(place, proposal_id)


async def test_requests_beyond_the_command_are_not_run(place):
    """What is listed must be what policy reads from the command, or the proxy would let more through."""
    wanted = await place.proposal()
    more = ApiRequest("delete", "", "configmaps", place.shop.namespace, "spare")
    (first,) = wanted.requests
    wanted = dataclasses.replace(
        wanted,
        requests=(dataclasses.replace(first, requests=(*first.requests, more)),),
        preconditions=(*wanted.preconditions, as_it_is(await place.shop.get("ConfigMap", "spare"))),
    )

    assert "something else than what was approved" in await stays_unrun(place, await approved(place.store, wanted))


async def test_an_understated_risk_is_not_run(place):
    """Whoever made the proposal said less than policy says."""
    wanted = dataclasses.replace(await place.proposal(), risk=Risk.low)

    assert "Policy does not let" in await stays_unrun(place, await approved(place.store, wanted))


async def test_the_stop_switch_holds_everything_back(place):
    """And what waited runs once it is released."""
    proposal_id = await approved(place.store, await place.proposal())
    await place.store.stop_switch.set(APPROVER, "wait")
    working = asyncio.create_task(place.work_until(proposal_id, ProposalState.finished))
    await asyncio.sleep(1.0)

    held = (await place.store.proposals.get(proposal_id)).state
    await place.store.stop_switch.release(APPROVER, "go on")
    await working

    assert held is ProposalState.approved
    assert len(place.writes()) == 1


async def test_an_api_server_that_is_away_voids_nothing(place):
    """What could not be looked at is looked at again; people who wait are told."""
    proposal_id = await approved(place.store, await place.proposal())
    server, place.client.server = place.client.server, "https://127.0.0.1:1"
    working = asyncio.create_task(place.work_until(proposal_id, ProposalState.finished))
    while "waiting" not in await place.events(proposal_id):
        await asyncio.sleep(0.05)

    held = (await place.store.proposals.get(proposal_id)).state
    place.client.server = server
    await working

    assert held is ProposalState.approved
    assert len(place.writes()) == 1
    assert (await place.events(proposal_id)).count("waiting") == 1


CHANGES = {
    "id": "p000000000000",
    "title": "Something harmless",
    "script": Script("kubectl delete ns shop\n", "true\n", "true\n"),
    "interpreter": "/usr/bin/sh",
    "environment": (("LANG", "C"),),
    "working_directory": "/elsewhere",
    "cluster": "another",
    "context": "another",
    "namespace": "kube-system",
    "identity": Identity("lead"),
    "sandbox": "none/1",
    "timeout_seconds": 31,
    "output_cap_bytes": 65537,
    "requests": (),
    "observed_namespaces": ("kube-system",),
    "preconditions": (),
    "dry_run_digest": "0" * 64,
    "policy_version": "0" * 16,
    "risk": Risk.low,
    "requester": APPROVER,
    "author": "model",
    "incident": "i2",
    "conversation": "elsewhere",
    "cause_key": "another",
    "created_at": timedelta(seconds=1),
    "expires_at": timedelta(hours=9),
    "undo_of": "p1",
}


def test_the_mutation_below_covers_every_field():
    """A field that is added to the proposal is added here, too."""
    assert set(CHANGES) | {"expectations"} == {field.name for field in dataclasses.fields(Proposal)}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("also_the_digest", [False, True])
async def test_no_stored_field_can_be_changed_after_the_approval(place, also_the_digest):
    """A write past the store, with or without the digest beside it, runs nothing: 27 fields, one forged in each."""
    forged_ids = {}
    for number, (field, value) in enumerate(CHANGES.items()):
        wanted = await place.proposal(image=f"registry.example/web:{number + 2}", conversation=f"terminal:{number}")
        forged_ids[await approved(place.store, wanted)] = field
        changed = getattr(wanted, field) + value if isinstance(value, timedelta) else value
        forged = dataclasses.replace(wanted, **{field: changed})
        await forge(place.store, wanted.id, forged, also_the_digest=also_the_digest)

    working = asyncio.create_task(place.executor.run())
    left = set(forged_ids)
    async with asyncio.timeout(120):
        while left:
            left = {one for one in left if await state_of(place.store, one) == "approved"}
            await asyncio.sleep(0.1)
    place.executor.stop()
    await working

    states = {forged_ids[one]: await state_of(place.store, one) for one in forged_ids}
    assert states == dict.fromkeys(CHANGES, "stale")
    assert place.writes() == []
    async with place.store.database.read() as tx:
        assert (await tx.execute(select(execution))).first() is None


async def forge(store: Store, proposal_id: str, forged: Proposal, *, also_the_digest: bool) -> None:
    """As somebody would who can write to the database and has read our code: its guards are removed first."""
    values = {"canonical": canonical(forged)} | ({"digest": digest(forged)} if also_the_digest else {})
    async with store.database.begin() as tx:
        guards = await tx.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'proposal'")
        )
        for guard in guards.scalars().all():
            await tx.execute(text(f'DROP TRIGGER "{guard}"'))
        await tx.execute(update(table).where(table.c.id == proposal_id).values(values))


async def state_of(store: Store, proposal_id: str) -> str:
    async with store.database.read() as tx:
        return (await tx.execute(select(table.c.state).where(table.c.id == proposal_id))).scalar_one()


async def test_an_executor_can_be_told_from_a_dead_one(place):
    """Its heartbeat is there while it runs and taken back when it stops."""
    from datetime import UTC, datetime

    from store.heartbeat import executors

    working = asyncio.create_task(place.executor.run())
    async with asyncio.timeout(5):
        while not (alive := await executors(place.store, place.executor.cluster, datetime.now(UTC))):
            await asyncio.sleep(0.05)
    place.executor.stop()
    await working

    later = await executors(place.store, place.executor.cluster, datetime.now(UTC))
    assert [one.worker for one in alive] == ["test:1"]
    assert alive[0].sandbox == "bubblewrap/2"
    assert later == ()
