"""Acting for somebody else: the Impersonate headers, each checked against RBAC."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from multidict import CIMultiDictProxy

from practice.api_server.authorization import Authorizer, Deed, refusal
from practice.api_server.identity import EVERYBODY, User
from practice.api_server.refusals import bad_request

_ACCOUNT = "system:serviceaccount:"
_NODE = "system:node:"
_EXTRA = "impersonate-extra-"


@dataclass(frozen=True)
class _Wanted:
    name: str
    groups: tuple[str, ...]
    uid: str
    extra: tuple[str, ...]

    @property
    def is_only_a_name(self) -> bool:
        return not (self.groups or self.uid or self.extra)


class Impersonation:
    """Only the verb `impersonate` is granted; the finer `impersonate-on:…` of newer servers is only refused."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self._have: set[str] = set()
        """Names of those who impersonated somebody before: they hear of the verb that let them."""

    def by(self, user: User, headers: CIMultiDictProxy[str], deed: Deed) -> User | None:
        """For whom the request acts, or None if the user acts for themselves; 403 when they may not."""
        wanted = _wanted(headers)
        if wanted is None:
            return None
        for each in _deeds(wanted):
            if self._authorizer.grant(user, each) is None:
                raise refusal(user, each if user.name in self._have else _finer(wanted, deed))
        self._have.add(user.name)
        return User(wanted.name, tuple(dict.fromkeys([*_groups(wanted), EVERYBODY])), wanted.uid)


def _wanted(headers: CIMultiDictProxy[str]) -> _Wanted | None:
    extra = tuple(header.lower().removeprefix(_EXTRA) for header in headers if header.lower().startswith(_EXTRA))
    groups = tuple(headers.getall("Impersonate-Group", []))
    wanted = _Wanted(headers.get("Impersonate-User", ""), groups, headers.get("Impersonate-Uid", ""), extra)
    if wanted.name:
        return wanted
    if wanted.is_only_a_name:
        return None
    raise bad_request("requested impersonation without impersonating a user name")


def _deeds(wanted: _Wanted) -> Iterator[Deed]:
    if wanted.name.startswith(_ACCOUNT):
        namespace, _, account = wanted.name.removeprefix(_ACCOUNT).partition(":")
        yield Deed("impersonate", "", "serviceaccounts", namespace, account)
    else:
        yield Deed("impersonate", "", "users", "", wanted.name)
    if wanted.uid:
        yield Deed("impersonate", "authentication.k8s.io", "uids", "", wanted.uid)
    for group in wanted.groups:
        yield Deed("impersonate", "", "groups", "", group)
    for key in wanted.extra:
        yield Deed("impersonate", "authentication.k8s.io", f"userextras/{key}")


def _finer(wanted: _Wanted, deed: Deed) -> Deed:
    """What newer servers ask first: whether this may be done for somebody of that sort."""
    sort = "user-info"
    if wanted.is_only_a_name and wanted.name.startswith(_NODE):
        sort = "arbitrary-node"
    elif wanted.is_only_a_name and wanted.name.startswith(_ACCOUNT):
        sort = "serviceaccount"
    return replace(deed, verb=f"impersonate-on:{sort}:{deed.verb}")


def _groups(wanted: _Wanted) -> tuple[str, ...]:
    if wanted.groups or not wanted.name.startswith(_ACCOUNT):
        return wanted.groups
    namespace = wanted.name.removeprefix(_ACCOUNT).partition(":")[0]
    return "system:serviceaccounts", f"system:serviceaccounts:{namespace}"
