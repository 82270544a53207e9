"""What is put before a person to approve: immutable, and known by its digest."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import rfc8785

from domain.people import Person
from domain.plain_json import Json, dig
from domain.risk import Risk
from domain.scripts import ApiRequest, Expectation, Script

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Precondition:
    """An object as it was when the proposal was made; at the claim it must still be so.

    `version` is `generation:N` where the object has a generation (its spec is what matters), `spec.FIELD:VALUE` for
    kinds without one whose status is written all the time (nodes, autoscalers), and `resourceVersion:N` otherwise.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str
    version: str


DECISIVE_FIELDS = {"Node": "spec.unschedulable", "HorizontalPodAutoscaler": "spec.maxReplicas"}
"""What a fix of these kinds depends on; everything else about them changes by itself."""


def field_text(item: Json, path: str) -> str:
    """A plain field of an object as kubectl's jsonpath prints it; "" where it is not set."""
    value = dig(item, *path.split("."))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the API server sees: the executor's credential, impersonating `user` where one is mapped."""

    user: str = ""
    groups: tuple[str, ...] = ()
    credential: str = "executor"


@dataclass(frozen=True, slots=True)
class CommandRequests:
    """The API requests that one command line of the run, verify or undo script may make."""

    command: str
    requests: tuple[ApiRequest, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that decides what runs, and nothing that changes afterwards."""

    id: str
    title: str
    script: Script
    interpreter: str
    environment: tuple[tuple[str, str], ...]
    working_directory: str
    cluster: str
    context: str
    namespace: str
    identity: Identity
    sandbox: str
    """Profile id and version, for example `bubblewrap/1`."""
    timeout_seconds: int
    output_cap_bytes: int
    requests: tuple[CommandRequests, ...]
    observed_namespaces: tuple[str, ...]
    preconditions: tuple[Precondition, ...]
    dry_run_digest: str
    expectations: tuple[Expectation, ...]
    policy_version: str
    risk: Risk
    requester: Person
    author: str
    """Where the commands come from: `runbook:<id>@<digest>`, `model`, or `edit:<person>`."""
    incident: str
    conversation: str
    cause_key: str
    created_at: datetime
    expires_at: datetime
    undo_of: str = ""
    """Id of the proposal whose undo script this is."""

    @property
    def writes(self) -> tuple[ApiRequest, ...]:
        """All requests that change something, without repeats, in script order."""
        seen = dict.fromkeys(r for command in self.requests for r in command.requests if r.verb not in READ_VERBS)
        return tuple(seen)


def changing(proposal: Proposal) -> tuple[CommandRequests, ...]:
    """The commands that write, in script order."""
    return tuple(c for c in proposal.requests if any(r.verb not in READ_VERBS for r in c.requests))


READ_VERBS = frozenset({"get", "list", "watch"})


def canonical(proposal: Proposal) -> bytes:
    """RFC 8785 canonical JSON of everything that decides what runs, behind a schema version.

    Built field by field from typed values, so that no two different proposals share bytes: scripts are
    base64, times are whole microseconds since the epoch as text, enums are their names.
    """
    p = proposal
    value: Json = {
        "schema": SCHEMA_VERSION,
        "id": p.id,
        "title": p.title,
        "run": _bytes(p.script.run),
        "verify": _bytes(p.script.verify),
        "undo": _bytes(p.script.undo),
        "interpreter": p.interpreter,
        "environment": [list(pair) for pair in p.environment],
        "working_directory": p.working_directory,
        "cluster": p.cluster,
        "context": p.context,
        "namespace": p.namespace,
        "identity": {"user": p.identity.user, "groups": list(p.identity.groups), "credential": p.identity.credential},
        "sandbox": p.sandbox,
        "timeout_seconds": p.timeout_seconds,
        "output_cap_bytes": p.output_cap_bytes,
        "requests": [
            {"command": c.command, "requests": [request.as_json() for request in c.requests]} for c in p.requests
        ],
        "observed_namespaces": list(p.observed_namespaces),
        "preconditions": [
            {
                "api_version": c.api_version,
                "kind": c.kind,
                "namespace": c.namespace,
                "name": c.name,
                "uid": c.uid,
                "version": c.version,
            }
            for c in p.preconditions
        ],
        "dry_run_digest": p.dry_run_digest,
        "expectations": [
            {"title": e.title, "query": e.query, "comparison": e.comparison, "bound": repr(e.bound), "unit": e.unit}
            for e in p.expectations
        ],
        "policy_version": p.policy_version,
        "risk": p.risk.name,
        "requester": {"platform": p.requester.platform, "tenant": p.requester.tenant, "id": p.requester.id},
        "author": p.author,
        "incident": p.incident,
        "conversation": p.conversation,
        "cause_key": p.cause_key,
        "created_at": _time(p.created_at),
        "expires_at": _time(p.expires_at),
        "undo_of": p.undo_of,
    }
    return rfc8785.dumps(value)


def digest(proposal: Proposal) -> str:
    """SHA-256 of `canonical(proposal)`, 64 hex digits."""
    return hashlib.sha256(canonical(proposal)).hexdigest()


def from_canonical(data: bytes) -> Proposal:
    """The proposal that `canonical` wrote; ValueError or KeyError when the bytes are of another schema."""
    v = json.loads(data)
    if v["schema"] != SCHEMA_VERSION:
        raise ValueError(f"proposal schema {v['schema']} is not {SCHEMA_VERSION}")
    return Proposal(
        id=v["id"],
        title=v["title"],
        script=Script(*(base64.b64decode(v[part]).decode() for part in ("run", "verify", "undo"))),
        interpreter=v["interpreter"],
        environment=tuple((key, value) for key, value in v["environment"]),
        working_directory=v["working_directory"],
        cluster=v["cluster"],
        context=v["context"],
        namespace=v["namespace"],
        identity=Identity(v["identity"]["user"], tuple(v["identity"]["groups"]), v["identity"]["credential"]),
        sandbox=v["sandbox"],
        timeout_seconds=int(v["timeout_seconds"]),
        output_cap_bytes=int(v["output_cap_bytes"]),
        requests=tuple(
            CommandRequests(c["command"], tuple(ApiRequest(**request) for request in c["requests"]))
            for c in v["requests"]
        ),
        observed_namespaces=tuple(v["observed_namespaces"]),
        preconditions=tuple(Precondition(**c) for c in v["preconditions"]),
        dry_run_digest=v["dry_run_digest"],
        expectations=tuple(Expectation(**{**e, "bound": float(e["bound"])}) for e in v["expectations"]),
        policy_version=v["policy_version"],
        risk=Risk[v["risk"]],
        requester=Person(**v["requester"]),
        author=v["author"],
        incident=v["incident"],
        conversation=v["conversation"],
        cause_key=v["cause_key"],
        created_at=_from_time(v["created_at"]),
        expires_at=_from_time(v["expires_at"]),
        undo_of=v["undo_of"],
    )


class ProposalState(StrEnum):
    proposed = "proposed"
    approved = "approved"
    claimed = "claimed"
    started = "started"
    finished = "finished"
    failed = "failed"
    unknown = "unknown"
    rejected = "rejected"
    expired = "expired"
    revoked = "revoked"
    stale = "stale"

    @property
    def is_final(self) -> bool:
        return self not in {
            ProposalState.proposed,
            ProposalState.approved,
            ProposalState.claimed,
            ProposalState.started,
        }


class Ended(StrEnum):
    """What a person found out about a run whose executor was lost."""

    ran = "ran"
    did_not_run = "did-not-run"


@dataclass(frozen=True, slots=True)
class Decision:
    proposal: str
    person: Person
    verdict: Literal["approve", "reject"]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of running a script. `verified` is None when that could not be told."""

    exit_code: int | None
    output: str
    """Capped and redacted."""
    truncated: bool
    verified: bool | None
    verify_output: str
    took_seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    id: str
    proposal: str
    worker: str
    state: ProposalState
    claimed_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None


def _bytes(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _from_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
