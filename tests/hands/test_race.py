"""Eight executors and many approvals: each approved script runs exactly once, by the API server's own account."""

import asyncio
import collections
import os
from contextlib import AsyncExitStack

import pytest

from domain.proposals import ProposalState
from practice.control_plane import ControlPlane
from tests.hands.cluster import writes_in
from tests.hands.ledger import approved, new_store, ready
from tests.hands.processes import executor_process
from tests.hands.proposals import as_it_is
from tests.postgres import postgres_server
from tools.kubernetes.client import KubeClient

__all__ = ["postgres_server"]

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox]

EXECUTORS = 8
APPROVALS = int(os.environ.get("HILDA_RACE_APPROVALS", "16"))
"""200 in the full proof; few in everyday runs, since each is a sandbox, a rehearsal and two kubectls."""


@pytest.mark.timeout(120 + 8 * APPROVALS)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_racing_executors_run_each_approval_exactly_once(
    request, sandbox, shop, control_plane: ControlPlane, tmp_path, database
):
    """Not one is lost and not one runs twice, whoever gets there first."""
    url = f"sqlite:///{tmp_path / 'state' / 'hilda.db'}"
    if database == "postgres":
        url = request.getfixturevalue("postgres_server").new_database()
    key, kubeconfig = tmp_path / "keys" / "audit.key", control_plane.kubeconfig_of("executor")
    store = await new_store(url, key)
    names = [f"settings-{number}" for number in range(APPROVALS)]
    ids = []
    async with await KubeClient.connect(str(kubeconfig)) as client:
        for name in names:
            await shop.make("ConfigMap", name, data={})
            wanted = await ready(
                client,
                sandbox.programs.kubectl,
                shop.namespace,
                [f"kubectl -n {shop.namespace} label configmap {name} done=yes"],
                preconditions=(as_it_is(await shop.get("ConfigMap", name)),),
                conversation=f"terminal:{name}",
            )
            ids.append(await approved(store, wanted))

    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        racing = [
            await stack.enter_async_context(
                executor_process(tmp_path, url=url, key=key, kubeconfig=kubeconfig, lease=60.0)
            )
            for _ in range(EXECUTORS)
        ]
        while open_ones := [i for i in ids if not (await store.proposals.get(i)).state.is_final]:
            assert any(one.process.returncode is None for one in racing), open_ones
            await asyncio.sleep(0.5)
        codes = [await one.stop() for one in racing]
        records = [await store.proposals.get(i) for i in ids]
        audit = await store.verify_audit()

    writes = collections.Counter(
        event["objectRef"]["name"] for event in writes_in(control_plane.audit_log, shop.namespace)
    )
    assert {record.state for record in records} == {ProposalState.finished}, [record.why for record in records]
    assert writes == collections.Counter(names)
    assert codes == [0] * EXECUTORS
    assert len({record.execution.worker for record in records}) > 1, "it was a race"
    assert audit.whole
