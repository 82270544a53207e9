"""Acting for somebody else: the Impersonate headers, each checked against RBAC."""

from collections.abc import Iterator

from multidict import CIMultiDictProxy

from practice.api_server.authorization import Authorizer, Deed
from practice.api_server.identity import EVERYBODY, User
from practice.api_server.refusals import Refused

_ACCOUNT = "system:serviceaccount:"


def impersonated(user: User, headers: CIMultiDictProxy[str], authorizer: Authorizer) -> User | None:
    """For whom the request acts, or None if the user acts for themselves; 403 when they may not."""
    name = headers.get("Impersonate-User", "")
    groups = headers.getall("Impersonate-Group", [])
    uid = headers.get("Impersonate-Uid", "")
    extra = [header for header in headers if header.lower().startswith("impersonate-extra-")]
    if not name:
        if groups or uid or extra:
            raise Refused(500, "InternalError", "requested impersonation without impersonating a user", {})
        return None
    for deed in _deeds(name, groups, uid, extra):
        authorizer.check(user, deed)
    if name.startswith(_ACCOUNT) and not groups:
        namespace = name.removeprefix(_ACCOUNT).partition(":")[0]
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    return User(name, tuple(dict.fromkeys([*groups, EVERYBODY])), uid)


def _deeds(name: str, groups: list[str], uid: str, extra: list[str]) -> Iterator[Deed]:
    if name.startswith(_ACCOUNT):
        namespace, _, account = name.removeprefix(_ACCOUNT).partition(":")
        yield Deed("impersonate", "", "serviceaccounts", namespace, account)
    else:
        yield Deed("impersonate", "", "users", "", name)
    for group in groups:
        yield Deed("impersonate", "", "groups", "", group)
    if uid:
        yield Deed("impersonate", "authentication.k8s.io", "uids", "", uid)
    for header in extra:
        key = header.lower().removeprefix("impersonate-extra-")
        yield Deed("impersonate", "authentication.k8s.io", f"userextras/{key}")
