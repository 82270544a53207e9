"""What one script may ask of the API: the approved requests, and reads of what was observed. Pure."""

from dataclasses import dataclass

from domain.proposals import READ_VERBS, Proposal
from domain.scripts import ApiRequest
from domain.silences import is_about_alertmanager
from hands.api_request import Refused

_NEVER_RESOURCES = frozenset({"secrets", "tokenreviews", "tokenrequests", "certificatesigningrequests"})
_READ_SUBRESOURCES = frozenset({"", "log", "scale", "status"})
_NEVER_SUBRESOURCES = frozenset(
    {"exec", "attach", "portforward", "proxy", "ephemeralcontainers", "token", "approval", "finalize"}
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One script's part of a proposal."""

    observed: frozenset[str]
    """Namespaces whose objects may be read."""
    approved: frozenset[ApiRequest]

    @classmethod
    def to_run(cls, proposal: Proposal) -> "Allowance":
        return cls(
            frozenset(proposal.observed_namespaces),
            frozenset(request for command in proposal.requests for request in command.requests),
        )

    @classmethod
    def to_look(cls, proposal: Proposal) -> "Allowance":
        """For verification: the same reads, and no write at all."""
        allowed = cls.to_run(proposal)
        return cls(allowed.observed, frozenset(r for r in allowed.approved if r.verb in READ_VERBS))

    def check(self, request: ApiRequest) -> None:
        """Refused where this request is not among what was approved."""
        if is_about_alertmanager(request):
            raise Refused(f"{request.group} is no group of the Kubernetes API")
        if request.resource in _NEVER_RESOURCES:
            raise Refused(f"{request.resource} never pass, whoever approves it")
        if request.subresource in _NEVER_SUBRESOURCES:
            raise Refused(f"{request.resource}/{request.subresource} never passes, whoever approves it")
        if request.verb in READ_VERBS:
            self._check_read(request)
        elif request not in self.approved:
            raise Refused(f"nobody approved to {said(request)}; approved is: {self._writes()}")

    def _check_read(self, request: ApiRequest) -> None:
        if request.subresource not in _READ_SUBRESOURCES:
            raise Refused(f"{request.resource}/{request.subresource} is not read by scripts")
        if request.namespace in self.observed or self._is_observed_namespace(request):
            return
        if not any(_covers(approved, request) for approved in self.approved):
            seen = ", ".join(sorted(self.observed)) or "none"
            raise Refused(f"to {said(request)} is neither approved nor within the observed namespaces ({seen})")

    def _is_observed_namespace(self, request: ApiRequest) -> bool:
        asks_for_one = request.verb == "get" and request.resource == "namespaces" and not request.group
        return asks_for_one and request.name in self.observed and not request.subresource

    def _writes(self) -> str:
        return "; ".join(said(r) for r in sorted(self.approved) if r.verb not in READ_VERBS) or "no change at all"


def said(request: ApiRequest) -> str:
    """`patch deployments.apps/scale "web" in namespace "shop"`, as kubectl's own messages put it."""
    resource = f"{request.resource}.{request.group}" if request.group else request.resource
    resource += f"/{request.subresource}" if request.subresource else ""
    name = f' "{request.name}"' if request.name else ""
    where = f' in namespace "{request.namespace}"' if request.namespace else ""
    return f"{request.verb} {resource}{name}{where}"


def _covers(approved: ApiRequest, request: ApiRequest) -> bool:
    """An approved read covers the same read; reads of one kind in any of their verbs are one and the same right."""
    if approved.verb not in READ_VERBS or _place(approved) != _place(request):
        return False
    return approved.name in {request.name, ""} if approved.verb != "get" else approved.name == request.name


def _place(request: ApiRequest) -> tuple[str, str, str, str]:
    return request.group, request.resource, request.namespace, request.subresource
