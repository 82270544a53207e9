"""Real processes on one database: exactly one wins, a no stays a no, and a killed one leaves nothing half-done."""

import asyncio
import json
import signal
import sys
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

from domain.proposals import ProposalState
from store.record import Store
from tests.store.making import LEAD, SECOND, Needs, approved, decide, proposal

_ROOT = Path(__file__).parents[2]


async def _race(url: str, key: Path, roles: list[str], proposals: list[tuple[str, str]]) -> list[list[str]]:
    """Have one process per role go at the same moment, and return what each did."""
    racers = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.store.racers", url, str(key), *roles),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
    )
    said, _ = await racers.communicate(json.dumps(proposals).encode() + b"\n")
    assert racers.returncode == 0
    return [list(each) for each in json.loads(said)]


async def _proposed(store: Store, count: int) -> list[tuple[str, str]]:
    put = [await store.proposals.propose(proposal()) for _ in range(count)]
    return [(found.id, found.digest) for found in put]


@pytest.mark.timeout(180)
async def test_eight_processes_claim_two_hundred_approvals_once_each(
    store: Store, database_url: str, key_path: Path
) -> None:
    """Everybody tries everything at once: two hundred claims, none twice, each with its audit row."""
    ready = [await approved(store) for _ in range(200)]

    won = await _race(database_url, key_path, ["claim"] * 8, ready)

    counts = Counter(found for each in won for found in each)
    audited = Counter(row.subject for row in await store.audit.since(0, 10_000) if row.what == "claimed")
    records = await store.proposals.list(ProposalState.claimed, most=500)
    assert counts == audited == Counter(found for found, _ in ready)
    assert len(records) == 200
    assert all(record.execution for record in records)
    assert sum(bool(each) for each in won) > 1, "one process did it all: that was no race"
    assert (await store.verify_audit()).whole


@pytest.mark.timeout(180)
async def test_deciders_and_executors_racing_run_nothing_early_or_twice(
    store: Store, database_url: str, key_path: Path
) -> None:
    """Four people approve (two are needed) while four executors claim: each once, and never before the second yes."""
    open_ones = await _proposed(store, 30)

    done = await _race(database_url, key_path, ["approve:2"] * 4 + ["execute"] * 4, open_ones)

    claims = Counter(found for each in done[4:] for found in each)
    assert claims == Counter(found for found, _ in open_ones)
    yeses: Counter[str] = Counter()
    for row in await store.audit.since(0, 10_000):
        if row.what == "approved":
            yeses[row.subject] += 1
        if row.what == "claimed":
            assert yeses[row.subject] >= 2
    assert (await store.verify_audit()).whole


@pytest.mark.timeout(180)
async def test_a_no_in_a_race_is_never_followed_by_a_run(store: Store, database_url: str, key_path: Path) -> None:
    """Approvers, deniers and executors at once: what was rejected was not claimed, what was claimed not rejected."""
    open_ones = await _proposed(store, 30)

    done = await _race(database_url, key_path, ["approve:1"] * 2 + ["reject:1"] * 2 + ["execute"] * 2, open_ones)

    rejected = {found for each in done[2:4] for found in each}
    claimed = {found for each in done[4:] for found in each}
    states = {record.proposal.id: record.state for record in await store.proposals.list(most=500)}
    assert not rejected & claimed
    assert rejected | claimed == {found for found, _ in open_ones}
    assert {found for found, state in states.items() if state is ProposalState.rejected} == rejected
    assert {found for found, state in states.items() if state is ProposalState.claimed} == claimed


@pytest.mark.timeout(120)
async def test_every_order_of_yes_no_and_claim_comes_out_right(store: Store) -> None:
    """All orders of two approvals, a rejection, a revocation and a claim: it runs only after two yeses and no no."""
    acts = ("yes-1", "yes-2", "no", "revoke", "claim")
    wrong = []
    for order in permutations(acts):
        put = await store.proposals.propose(proposal())
        ran = False
        for act in order:
            match act:
                case "yes-1":
                    await decide(store, put.id, LEAD, needs=Needs(2))
                case "yes-2":
                    await decide(store, put.id, SECOND, needs=Needs(2))
                case "no":
                    await decide(store, put.id, proposal().requester, "reject", Needs(2))
                case "revoke":
                    await store.proposals.revoke(put.id, LEAD, "")
                case "claim":
                    ran = await store.claims.claim(put.id, put.digest, "w1", 60) is not None

        before = order[: order.index("claim")]
        if ran != ({"yes-1", "yes-2"} <= set(before) and not {"no", "revoke"} & set(before)):
            wrong.append(order)

    assert wrong == []


@pytest.mark.timeout(120)
async def test_a_claimer_killed_at_any_statement_leaves_all_or_nothing(
    store: Store, database_url: str, key_path: Path
) -> None:
    """SIGKILL before each statement of the claim and after its commit: claim, execution and audit agree every time."""
    ready = [await approved(store) for _ in range(30)]

    dying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.store.dying", database_url, str(key_path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
    )
    said, _ = await dying.communicate(json.dumps(ready).encode() + b"\n")

    ends = json.loads(said)
    assert ends[-1] == 0
    assert len(ends) > 6, "the claim has more statements than that"
    assert set(ends[:-1]) == {-signal.SIGKILL}
    claims = 0
    for found, _ in ready[: len(ends)]:
        record = await store.proposals.get(found)
        assert record is not None
        audited = "claimed" in [row.what for row in await store.audit.about(found)]
        seen = (record.state is ProposalState.claimed, record.execution is not None, audited)
        assert seen in {(True, True, True), (False, False, False)}
        claims += audited
    # The one that was killed after its commit, and the one that lived.
    assert claims == 2
    assert (await store.verify_audit()).whole
    await asyncio.sleep(0.2)
    assert len(await store.claims.orphans()) == 2
