"""Whom the API server sees: the headers of impersonation, and the identities that are never taken on."""

from multidict import CIMultiDict

from domain.errors import NotAllowed
from domain.proposals import Identity


def impersonation(identity: Identity) -> CIMultiDict[str]:
    """The headers that speak for `identity`; none where the executor's own credential is what was approved."""
    if not identity.user:
        if identity.groups:
            raise NotAllowed("The proposal names groups without a user; nobody can be impersonated by groups alone.")
        return CIMultiDict()
    headers = CIMultiDict({"Impersonate-User": identity.user})
    for group in identity.groups:
        headers.add("Impersonate-Group", group)
    for name in headers.values():
        if name.strip().lower().startswith("system:") or not name.isprintable() or not name.strip():
            raise NotAllowed(
                f"The identity {name!r} is never taken on: names beginning with system: are the cluster's own."
            )
    return headers
