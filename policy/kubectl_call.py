"""One command, kubectl's or amtool's, understood: what it is about and which API requests it may make."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from domain.risk import Risk
from domain.scripts import ApiRequest
from policy.kubectl_flags import Arguments
from policy.resources import Resource, resources_named
from policy.shell import NotUnderstood

PROTECTED_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""The cluster's own: nothing is written there, whatever was approved."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.\-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ObjectTarget:
    """One object that a command names."""

    resource: str
    group: str
    kind: str
    namespace: str
    """ "" for cluster-wide kinds."""
    name: str

    def request(self, verb: str, subresource: str = "") -> ApiRequest:
        return ApiRequest(verb, self.group, self.resource, self.namespace, self.name, subresource)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class KubectlCall:
    """What one command means.

    `risk` is what it would do; `runnable` is whether the executor may run it at all. They are two questions:
    `kubectl drain` is high and never run by us, though a person may copy it.
    """

    verb: str
    namespace: str
    all_namespaces: bool = False
    targets: tuple[ObjectTarget, ...] = ()
    requests: tuple[ApiRequest, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    risk: Risk = Risk.read
    reasons: tuple[str, ...] = ()
    runnable: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """The objects that a command line chooses: named ones, or whole kinds."""

    targets: tuple[ObjectTarget, ...]
    kinds: tuple[Resource, ...]
    """Kinds named without a name."""


def namespace_of(arguments: Arguments, default: str) -> str:
    namespace = arguments.flags.get("namespace", default) or default
    if not _NAME.fullmatch(namespace) or "." in namespace:
        raise NotUnderstood(f"{namespace[:60]!r} is no name of a namespace.")
    return namespace


def choose(words: tuple[str, ...], namespace: str, *, default_kind: str = "") -> Chosen:
    """The objects in `words`, in any form kubectl takes: `deploy/a pod/b`, `pod a b`, `pods,svc`, `deploy.apps/a`."""
    if not words:
        raise NotUnderstood("it names no object.")
    slashed = [word for word in words if "/" in word]
    if slashed and len(slashed) != len(words):
        raise NotUnderstood("it mixes `kind/name` with other words; write every object as kind/name.")
    if slashed:
        return Chosen(tuple(_unique(_one(word, namespace) for word in words)), ())
    kinds = tuple(resource for part in (default_kind or words[0]).split(",") for resource in _refusing_secrets(part))
    names = words if default_kind else words[1:]
    if not names:
        return Chosen((), tuple(dict.fromkeys(kinds)))
    targets = (target(kind, name, namespace) for kind in kinds for name in names)
    return Chosen(tuple(_unique(targets)), ())


def target(kind: Resource, name: str, namespace: str) -> ObjectTarget:
    if not _NAME.fullmatch(name) and not (kind.group.startswith("rbac.") and re.fullmatch(r"[A-Za-z0-9:.\-_]+", name)):
        raise NotUnderstood(f"{name[:60]!r} is no name of an object.")
    return ObjectTarget(kind.plural, kind.group, kind.kind, namespace if kind.namespaced else "", name)


def _one(word: str, namespace: str) -> ObjectTarget:
    kind, _, name = word.partition("/")
    kinds = _refusing_secrets(kind)
    if len(kinds) != 1 or "/" in name or "," in kind:
        raise NotUnderstood(f"{word[:60]!r} does not name one object.")
    return target(kinds[0], name, namespace)


def _refusing_secrets(word: str) -> tuple[Resource, ...]:
    found = resources_named(word)
    if any(resource.plural == "secrets" for resource in found):
        raise NotUnderstood("it touches Secrets, whose values never pass through here.")
    return found


def _unique(targets: Iterator[ObjectTarget]) -> list[ObjectTarget]:
    return list(dict.fromkeys(targets))
