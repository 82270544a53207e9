"""A store with people in it, and proposals as they stand just before an executor takes them."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.people import Role
from domain.proposals import CommandRequests, Identity, Precondition, Proposal, digest
from domain.rehearsals import combine
from domain.risk import Risk
from domain.scripts import Script, ShellCommand
from policy.consent import consent
from policy.shell import parse
from policy.verdict import judge
from policy.version import policy_version
from store.database import Database
from store.ledger.audit_key import ensure_key
from store.record import Store
from tests.hands.proposals import APPROVER, ASKER, proposal
from tools.kubernetes.client import KubeClient
from tools.kubernetes.rehearsal import rehearse


async def new_store(url: str, key: Path) -> Store:
    """Migrated, with its key, the asker and the approver."""
    database = await Database.connect(url)
    await database.migrate()
    await database.close()
    ensure_key(key)
    store = await Store.open(url, key)
    await store.identities.bind(ASKER, Role.developer, "test", kube_user="oncall")
    await store.identities.bind(APPROVER, Role.operator, "test", kube_user="lead")
    return store


async def ready(
    client: KubeClient,
    kubectl: str,
    namespace: str,
    commands: Iterable[str],
    *,
    preconditions: tuple[Precondition, ...],
    between: str = "",
    verify: str = "true",
    **fields: Any,
) -> Proposal:
    """A proposal as the workflow makes it: commands judged and rehearsed, objects recorded, script compiled."""
    texts = list(commands)
    parsed = [command for text in texts for command in parse(text)]
    effects = [await rehearse(client, command, kubectl=kubectl) for command in parsed]
    assert [effect.status for effect in effects] == ["passed"] * len(effects), [effect.why for effect in effects]
    verdicts = [judge(text, namespace=namespace) for text in texts]
    steps = [
        f"echo '==> Step {number}: {_first_words(command)}'\n{command.text}" for number, command in enumerate(parsed, 1)
    ]
    run = "\n".join(["#!/bin/bash", "set -euo pipefail", f"\n{between}\n".join(steps), "echo '==> Done'", ""])
    made = proposal(
        run,
        cluster=await client.cluster_id(),
        namespace=namespace,
        identity=Identity("oncall"),
        requests=tuple(CommandRequests(t, v.requests) for t, v in zip(texts, verdicts, strict=True)),
        observed_namespaces=(namespace,),
        preconditions=preconditions,
        dry_run_digest=combine(effect.digest for effect in effects),
        policy_version=policy_version(""),
        risk=max((verdict.risk for verdict in verdicts), default=Risk.read),
        **fields,
    )
    return dataclasses.replace(made, script=Script(run, f"#!/bin/bash\nset -euo pipefail\n{verify}\n", "true\n"))


async def approved(store: Store, wanted: Proposal) -> str:
    """Proposed by the asker and approved by the approver; its id."""
    stored = await store.proposals.propose(wanted)
    result = await store.decisions.decide(
        wanted.id, digest(wanted)[:12], APPROVER, "approve", "", Role.operator, consent(wanted.risk)
    )
    assert result.accepted, result.why
    assert not stored.already_open
    return wanted.id


def _first_words(command: ShellCommand) -> str:
    return " ".join(command.argv[:2])
