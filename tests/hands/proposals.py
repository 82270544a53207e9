"""A proposal to test with: small, real, and complete; `but` changes single fields of it."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.people import Person
from domain.proposals import CommandRequests, Identity, Precondition, Proposal
from domain.risk import Risk
from domain.sandbox import ENVIRONMENT, INTERPRETER, SANDBOX_PROFILE, WORKING_DIRECTORY
from domain.scripts import ApiRequest, Script

ASKER = Person("practice", "test", "oncall")
APPROVER = Person("practice", "test", "lead")


def proposal(run: str, *, verify: str = "true\n", writes: tuple[ApiRequest, ...] = (), **fields: Any) -> Proposal:
    now = datetime.now(UTC)
    made = Proposal(
        id="p" + format(abs(hash((run, now))), "x")[:12],
        title="Try something",
        script=Script(run, verify, "true\n"),
        interpreter=INTERPRETER,
        environment=ENVIRONMENT,
        working_directory=WORKING_DIRECTORY,
        cluster="cluster-1",
        context="practice",
        namespace="shop",
        identity=Identity(),
        sandbox=SANDBOX_PROFILE,
        timeout_seconds=30,
        output_cap_bytes=64 * 1024,
        requests=(CommandRequests(run.strip(), writes),),
        observed_namespaces=("shop",),
        preconditions=(),
        dry_run_digest="",
        expectations=(),
        policy_version="policy-1",
        risk=Risk.medium,
        requester=ASKER,
        author="runbook:test@1",
        incident="i1",
        conversation="terminal:1",
        cause_key="crash-loop|c|shop|Deployment|web",
        created_at=now,
        expires_at=now + timedelta(minutes=30),
    )
    return dataclasses.replace(made, **fields)


def as_it_is(item: dict[str, Any]) -> Precondition:
    """The precondition that describes an object as the API just gave it."""
    meta = item["metadata"]
    version = (
        f"generation:{meta['generation']}" if meta.get("generation") else f"resourceVersion:{meta['resourceVersion']}"
    )
    return Precondition(item["apiVersion"], item["kind"], meta.get("namespace", ""), meta["name"], meta["uid"], version)
