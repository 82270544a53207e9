"""Commands, the steps they serve, and the script made of them."""

from dataclasses import dataclass, field

from domain.objects import ObjectRef
from domain.risk import Risk


@dataclass(frozen=True, slots=True, order=True)
class ApiRequest:
    """One request that a command may make of the Kubernetes API, or of Alertmanager's."""

    verb: str
    """`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`."""
    group: str
    """API group, "" for core; `alertmanager` for what is asked of Alertmanager."""
    resource: str
    """Plural and lower case: `deployments`."""
    namespace: str
    """ "" for cluster-wide resources."""
    name: str
    """ "" for a list."""
    subresource: str = ""
    content: str = ""
    """Canonical JSON of all that is sent, where the request is nothing without it (domain/silences.py)."""

    def as_json(self) -> dict[str, str]:
        content = {"content": self.content} if self.content else {}
        return {
            "verb": self.verb,
            "group": self.group,
            "resource": self.resource,
            "namespace": self.namespace,
            "name": self.name,
            "subresource": self.subresource,
            **content,
        }


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """One simple command, already split: what runs is `argv`, `text` is how a person writes it."""

    argv: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a server-side dry run says a command would change."""

    status: str
    """`passed`, `failed`, or `not possible`."""
    diff: str = ""
    """Unified diff of the objects, for people."""
    digest: str = ""
    """SHA-256 of the canonical difference; equal digests mean the same change."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be true of a metric for the fix to count: PromQL, a comparison and a bound."""

    title: str
    query: str
    comparison: str
    """`<`, `<=`, `>`, `>=`."""
    bound: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a mitigation: what to do, why, how to tell that it worked; at level 3 with its exact command."""

    id: str
    title: str
    why: str
    done_when: str
    command: ShellCommand | None = None
    """None for a task that only a person can do."""
    verify: tuple[ShellCommand, ...] = ()
    undo: tuple[ShellCommand, ...] = ()
    risk: Risk = Risk.read
    objects: tuple[ObjectRef, ...] = ()
    requests: tuple[ApiRequest, ...] = ()
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Three separate texts, shown together; their bytes are what is approved and what runs."""

    run: str
    verify: str
    undo: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a runbook makes of a cause: steps in order, and what the metrics should say afterwards."""

    runbook: str
    title: str
    cause_key: str
    steps: tuple[Step, ...] = field(default=())
    expectations: tuple[Expectation, ...] = ()
    caution: str = ""
