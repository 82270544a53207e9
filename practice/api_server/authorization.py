"""Who may do what: RBAC over the roles and bindings that are in the store, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from practice.api import Json
from practice.api_server.asked import Asked
from practice.api_server.identity import User
from practice.api_server.refusals import Refused, forbidden
from practice.api_server.store import Store

_GROUP = "rbac.authorization.k8s.io"
_SHELVES = [f"{kind}.{_GROUP}" for kind in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")]


@dataclass(frozen=True)
class Deed:
    """What somebody wants to do: to objects, or, with a `path`, to something that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    """With its subresource: `pods/log`."""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @classmethod
    def of(cls, asked: Asked) -> "Deed":
        if not asked.resource:
            return cls(asked.verb, path=asked.path)
        resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
        return cls(asked.verb, asked.group, resource, asked.namespace, asked.name)


@dataclass(frozen=True)
class Grant:
    """A rule that holds for somebody, and the binding that gives it to them."""

    rule: Json = field(hash=False)
    why: str = ""
    """`RBAC: allowed by ClusterRoleBinding "a" of ClusterRole "b" to User "c"`"""


_EVERYTHING = Grant({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "nonResourceURLs": ["*"]})


class Authorizer:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._grants = lru_cache(maxsize=256)(self._gather)

    def grants(self, user: User, namespace: str) -> Sequence[Grant]:
        """Every rule that holds for the user there."""
        return self._grants(self._edition(), user, namespace)

    def grant(self, user: User, deed: Deed) -> Grant | None:
        """What allows the deed, or None."""
        if user.is_master:
            return _EVERYTHING
        return next((each for each in self.grants(user, deed.namespace) if _covers(each.rule, deed)), None)

    def check(self, user: User, deed: Deed) -> Grant:
        """What allows the deed; 403 if nothing does."""
        grant = self.grant(user, deed)
        if grant is None:
            raise refusal(user, deed)
        return grant

    def _edition(self) -> int:
        """Changes whenever a role or a binding does."""
        shelves = (self._store.shelf(name) for name in _SHELVES)
        return max((shelf.changes[-1].now.version for shelf in shelves if shelf.changes), default=0)

    def _gather(self, _edition: int, user: User, namespace: str) -> tuple[Grant, ...]:
        return tuple(
            Grant(rule, f"RBAC: allowed by {_described(binding)} to {_described_subject(subject)}")
            for binding, subject in self._bindings(user, namespace)
            for rule in self._rules_behind(binding)
        )

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Json, Json]]:
        """(binding, the subject of it that is the user)"""
        everywhere = self._store.items(f"clusterrolebindings.{_GROUP}")
        here = self._store.items(f"rolebindings.{_GROUP}", namespace) if namespace else ()
        for binding in chain(everywhere, here):
            if subject := next((each for each in binding.get("subjects") or () if _is(each, user)), None):
                yield binding, subject

    def _rules_behind(self, binding: Json) -> list[Json]:
        role = binding["roleRef"]
        if role["kind"] == "ClusterRole":
            found = self._store.find(f"clusterroles.{_GROUP}", "", role["name"])
        else:
            found = self._store.find(f"roles.{_GROUP}", binding["metadata"]["namespace"], role["name"])
        rules: list[Json] = (found.item.get("rules") or []) if found else []
        return rules


def refusal(user: User, deed: Deed) -> Refused:
    """In the words of kube-apiserver."""
    if deed.path:
        message = f'forbidden: User "{user.name}" cannot {deed.verb} path "{deed.path}"'
        return Refused(403, "Forbidden", message, {})
    where = f'in the namespace "{deed.namespace}"' if deed.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {deed.verb} resource "{deed.resource}" in API group "{deed.group}" {where}'
    return forbidden(deed.group, deed.resource.partition("/")[0], deed.name, why)


def _described(binding: Json) -> str:
    name, role = binding["metadata"]["name"], binding["roleRef"]
    if namespace := binding["metadata"].get("namespace"):
        name = f"{name}/{namespace}"
    return f'{binding["kind"]} "{name}" of {role["kind"]} "{role["name"]}"'


def _described_subject(subject: Json) -> str:
    name = f"{subject['name']}/{subject['namespace']}" if subject["kind"] == "ServiceAccount" else subject["name"]
    return f'{subject["kind"]} "{name}"'


def _is(subject: Json, user: User) -> bool:
    match subject["kind"]:
        case "User":
            return subject["name"] in (user.name, "*")
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            return user.name == f"system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}"
    return False


def _covers(rule: Json, deed: Deed) -> bool:
    if not _names(rule.get("verbs"), deed.verb):
        return False
    if deed.path:
        return any(_matches_path(pattern, deed.path) for pattern in rule.get("nonResourceURLs") or [])
    if not _names(rule.get("apiGroups"), deed.group) or not _names_resource(rule.get("resources"), deed.resource):
        return False
    names = rule.get("resourceNames")
    return not names or deed.name in names


def _names(listed: list[str] | None, wanted: str) -> bool:
    return listed is not None and ("*" in listed or wanted in listed)


def _names_resource(listed: list[str] | None, wanted: str) -> bool:
    _, slash, subresource = wanted.partition("/")
    return _names(listed, wanted) or bool(slash and listed and f"*/{subresource}" in listed)


def _matches_path(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))
