"""A proposal is known by its digest: every field counts, and nothing else does."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from domain.people import Person
from domain.proposals import CommandRequests, Identity, Precondition, Proposal, canonical, digest, from_canonical
from domain.risk import Risk
from domain.scripts import ApiRequest, Expectation, Script

AT = datetime(2026, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
PATCH = ApiRequest("patch", "apps", "deployments", "shop", "web")
PROPOSAL = Proposal(
    id="p1",
    title="Undo the rollout",
    script=Script("run", "verify", "undo"),
    interpreter="/usr/bin/bash",
    environment=(("LANG", "C.UTF-8"),),
    working_directory="/scratch",
    cluster="c1",
    context="practice",
    namespace="shop",
    identity=Identity("oncall", ("team",), "executor"),
    sandbox="bubblewrap/1",
    timeout_seconds=300,
    output_cap_bytes=1000,
    requests=(CommandRequests("kubectl x", (PATCH,)),),
    observed_namespaces=("shop",),
    preconditions=(Precondition("apps/v1", "Deployment", "shop", "web", "u1", "generation:3"),),
    dry_run_digest="d",
    expectations=(Expectation("p95", "latency", "<", 0.5, "s"),),
    policy_version="1",
    risk=Risk.medium,
    requester=Person("terminal", "t", "1"),
    author="runbook:image-pull@abc",
    incident="i1",
    conversation="c",
    cause_key="k",
    created_at=AT,
    expires_at=AT + timedelta(minutes=30),
    undo_of="",
)
CHANGED = {
    "script": Script("run ", "verify", "undo"),
    "environment": (("LANG", "C"),),
    "identity": Identity("oncall", ("team", "admins"), "executor"),
    "timeout_seconds": 301,
    "output_cap_bytes": 1001,
    "requests": (CommandRequests("kubectl x", (dataclasses.replace(PATCH, subresource="scale"),)),),
    "observed_namespaces": ("shop", "billing"),
    "preconditions": (),
    "expectations": (Expectation("p95", "latency", "<", 0.6, "s"),),
    "risk": Risk.high,
    "requester": Person("terminal", "t", "2"),
    "created_at": AT + timedelta(microseconds=1),
    "expires_at": AT + timedelta(minutes=31),
}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Proposal)])
def test_every_field_counts(field: str) -> None:
    """A change of any one field is another proposal."""
    other = CHANGED.get(field, f"{getattr(PROPOSAL, field)}x")

    assert digest(dataclasses.replace(PROPOSAL, **{field: other})) != digest(PROPOSAL)


@pytest.mark.parametrize("part", ["run", "verify", "undo"])
def test_each_of_the_three_scripts_counts(part: str) -> None:
    """One changed byte in run, verify or undo is a new proposal."""
    script = dataclasses.replace(PROPOSAL.script, **{part: "other"})

    assert digest(dataclasses.replace(PROPOSAL, script=script)) != digest(PROPOSAL)


def test_what_was_stored_is_what_was_proposed() -> None:
    """The canonical bytes hold the whole proposal."""
    assert from_canonical(canonical(PROPOSAL)) == PROPOSAL


def test_bytes_of_another_schema_are_refused() -> None:
    """A later version's proposal is not half understood."""
    with pytest.raises(ValueError, match="schema"):
        from_canonical(canonical(PROPOSAL).replace(b'"schema":1', b'"schema":2'))
