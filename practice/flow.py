"""Who calls whom: how requests reach the containers behind each Service, and what callers inherit. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from practice.traffic import Behaviour, behaviour
from practice.worlds import Program, host_and_port

ServiceKey: TypeAlias = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True)
class Member:
    """One container as the traffic sees it."""

    key: str
    namespace: str
    program: Program
    running: bool
    ready: bool
    behind: bool
    """A ready endpoint of the Service that carries its program's name."""
    pool_size: int = 0
    calls: tuple[str, ...] = ()
    """Where its program sends a request of its own for each that it gets: URLs or addresses of Services."""

    @property
    def service(self) -> ServiceKey:
        return self.namespace, self.program.service


@dataclass(frozen=True)
class _Answers:
    """How a Service does, as its callers see it."""

    error_ratio: float = 1.0
    latency_ms: float = 1.0
    says: str = "failed: connection refused"


def behaviours(members: Iterable[Member]) -> dict[str, Behaviour]:
    """What each container does, by its key."""
    flow = _Flow(tuple(members))
    return {member.key: flow.behaviour_of(member) for member in flow.members}


@dataclass
class _Flow:
    members: tuple[Member, ...]
    _behind: dict[ServiceKey, list[Member]] = field(default_factory=dict)
    _callers: dict[ServiceKey, list[Member]] = field(default_factory=dict)
    _called: dict[ServiceKey, float] = field(default_factory=dict)
    _known: dict[str, Behaviour] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for member in self.members:
            if member.behind:
                self._behind.setdefault(member.service, []).append(member)
            for address in member.calls:
                self._callers.setdefault(service_of(address, member.namespace), []).append(member)

    def behaviour_of(self, member: Member) -> Behaviour:
        if member.key not in self._known:
            own = behaviour(
                member.program,
                running=member.running,
                ready=member.ready,
                sharing=len(self._behind.get(member.service, ())) if member.behind else 0,
                pool_size=member.pool_size,
                called=self._called_by_others(member.service),
            )
            # In a circle of callers, whoever is asked first is taken as it is without the others.
            self._known[member.key] = own
            if own.requests_per_second:
                self._known[member.key] = self._with_upstreams(own, member)
        return self._known[member.key]

    def _called_by_others(self, service: ServiceKey) -> float:
        """Requests per second that the Service gets from inside the cluster."""
        if service not in self._called:
            self._called[service] = 0.0
            self._called[service] = sum(
                self._rate(caller) for caller in self._callers.get(service, ()) if caller.behind and caller.running
            )
        return self._called[service]

    def _rate(self, member: Member) -> float:
        whole = member.program.requests_per_second + self._called_by_others(member.service)
        return whole / len(self._behind[member.service])

    def _with_upstreams(self, how: Behaviour, member: Member) -> Behaviour:
        """It waits for what it calls, and answers with an error where that did not answer."""
        for address in member.calls:
            answers = self._answers(service_of(address, member.namespace))
            passed_on = (1 - how.error_ratio) * answers.error_ratio
            how = replace(how, error_ratio=how.error_ratio + passed_on, latency_ms=how.latency_ms + answers.latency_ms)
            if passed_on > how.upstream_ratio:
                how = replace(how, upstream=_authority(address), upstream_says=answers.says)
            how = replace(how, upstream_ratio=how.upstream_ratio + passed_on)
        return how

    def _answers(self, service: ServiceKey) -> _Answers:
        found = [self.behaviour_of(member) for member in self._behind.get(service, ())]
        if not found:
            return _Answers()
        worst = max(found, key=lambda how: how.error_ratio)
        return _Answers(
            sum(how.error_ratio for how in found) / len(found),
            sum(how.latency_ms for how in found) / len(found),
            f"answered {worst.failure}",
        )


def service_of(address: str, namespace: str) -> ServiceKey:
    """The Service that an address names to a pod of that namespace.

    >>> service_of("http://pricing.shop.svc.cluster.local:80/v1", "web"), service_of("pricing", "web")
    (('shop', 'pricing'), ('web', 'pricing'))
    """
    name, _, rest = host_and_port(address).partition(":")[0].partition(".")
    return rest.partition(".")[0] or namespace, name


def _authority(address: str) -> str:
    where = host_and_port(address)
    return where if ":" in where else f"{where}:80"
