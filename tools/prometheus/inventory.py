"""What a metric's labels say: where the namespace stands, what tells services apart, how often it is scraped.

Every installation labels differently, and one server may hold several ways side by side. So the series themselves
decide, namespace by namespace; and only names that were seen on series get into later queries.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tools.prometheus import catalog
from tools.prometheus.asking import Asker
from tools.prometheus.identity import POD_NAME, Subject, Workloads, workload_of_pod
from tools.prometheus.promql import duration, equals, name, one_of, quoted, selector

WORKLOAD = "hilda_workload"
"""The label that queries derive from pod names; long enough to be nobody else's."""


@dataclass(frozen=True, slots=True)
class Group:
    """Namespaces whose series of one metric are labelled alike."""

    namespace_label: str
    """ "" where the series have none."""
    service_label: str
    """The label that names the service; a pod label where only that tells, with `by_pod`."""
    by_pod: bool
    namespaces: tuple[str, ...]
    subjects: Mapping[str, Mapping[str, Subject]]
    """namespace → value of the service label (or derived workload) → who that is."""
    without: tuple[str, ...] = ()
    """Better namespace labels, which these series do not have."""

    @property
    def by(self) -> tuple[str, ...]:
        """The labels that a query groups by."""
        service = WORKLOAD if self.by_pod else self.service_label
        return (self.namespace_label, service) if self.namespace_label else (service,)

    def matchers(self) -> tuple[str, ...]:
        mine = [one_of(self.namespace_label, self.namespaces)] if self.namespace_label else []
        return (*mine, *(f'{name(label)}=""' for label in self.without))

    def matchers_of(self, namespace: str, service: str) -> tuple[str, ...]:
        """Those of one service, as a person would write them."""
        mine = [equals(self.namespace_label, namespace)] if self.namespace_label else []
        if self.by_pod:
            kind = self.subjects[namespace][service].kind
            return (*mine, f"{name(self.service_label)}=~{quoted(_pods_like(service, kind))}")
        return (*mine, equals(self.service_label, service))

    def derived(self, expression: str) -> str:
        """`expression` with the workload's name beside the pod's, where only pods are named."""
        if not self.by_pod:
            return expression
        return f'label_replace({expression}, "{WORKLOAD}", "$1", "{self.service_label}", {quoted(POD_NAME)})'

    def whose(self, labels: Mapping[str, str]) -> tuple[str, str] | None:
        """(namespace, service) of one row of an answer, if it is one that was seen before."""
        service = labels.get(WORKLOAD if self.by_pod else self.service_label, "")
        spaces = (labels.get(self.namespace_label, ""),) if self.namespace_label else self.namespaces
        return next(((space, service) for space in spaces if service in self.subjects.get(space, {})), None)


@dataclass(frozen=True, slots=True)
class Survey:
    metric: str
    side: str
    labels: frozenset[str]
    groups: tuple[Group, ...]
    scrape_seconds: float
    rows: int = 0
    """How many pods (or instances) were seen: how dear a query is."""

    @property
    def subjects(self) -> list[Subject]:
        return [who for group in self.groups for space in group.subjects.values() for who in space.values()]

    def first(self, candidates: Sequence[str]) -> str:
        """The first of `candidates` that these series have as a label, or ""."""
        return next((label for label in candidates if label in self.labels), "")


@dataclass(slots=True)
class _Rows:
    """Rows of one namespace under one namespace label."""

    found: list[Mapping[str, str]] = field(default_factory=list)

    def values(self, label: str) -> set[str]:
        return {row[label] for row in self.found if row.get(label)}

    def covered_by(self, label: str) -> bool:
        return sum(1 for row in self.found if row.get(label)) >= 0.9 * len(self.found)


async def survey(
    ask: Asker,
    metric: str,
    *,
    namespaces: Collection[str] | None,
    at: datetime,
    back_seconds: float,
    workloads: Workloads,
    side: str = "",
    pods_only: bool = False,
) -> Survey | None:
    """How `metric` is labelled in `namespaces` (None: in all); None where it has no series there."""
    labels = await ask.labels(selector(metric, side))
    spaces = [label for label in catalog.NAMESPACE_LABELS if label in labels]
    services = [] if pods_only else [label for label in catalog.SERVICE_LABELS if label in labels]
    pods = [label for label in catalog.POD_LABELS if label in labels][:1]
    if not (services or pods):
        return None
    by = ", ".join(map(name, (*spaces, *services, *pods)))
    scope = ""
    if namespaces is not None and len(spaces) == 1:
        scope = one_of(spaces[0], namespaces)
    counted = await ask.instant(
        f"max by ({by}) (count_over_time({selector(metric, side, scope)}[{duration(back_seconds)}]))", at
    )
    if not counted:
        return None
    rows: dict[tuple[str, str], _Rows] = defaultdict(_Rows)
    for sample in counted:
        space_label = next((label for label in spaces if sample.labels.get(label)), "")
        space = sample.labels.get(space_label, "") if space_label else _unlabelled(sample.labels, namespaces)
        if space is not None and (namespaces is None or space in namespaces):
            rows[space_label, space].found.append(sample.labels)
    groups = _grouped(rows, spaces, services, pods, workloads)
    scrape = back_seconds / max(1.0, max(sample.value for sample in counted))
    return Survey(metric, side, labels, groups, min(300.0, max(1.0, scrape)), len(counted)) if groups else None


def _grouped(
    rows: Mapping[tuple[str, str], _Rows],
    spaces: Sequence[str],
    services: Sequence[str],
    pods: Sequence[str],
    workloads: Workloads,
) -> tuple[Group, ...]:
    alike: dict[tuple[str, str, bool], dict[str, dict[str, Subject]]] = defaultdict(dict)
    for (space_label, space), found in rows.items():
        label, by_pod = _what_tells_services_apart(found, space, services, pods, workloads)
        if not label:
            continue
        pods_of: dict[str, set[str]] = defaultdict(set)
        for row in found.found:
            pod = row.get(pods[0], "") if pods else ""
            value = workload_of_pod(pod)[1] if by_pod else row.get(label, "")
            if value:
                pods_of[value].update([pod] if pod and (by_pod or _is_its_own(row, pods[0], space)) else [])
        if not by_pod:
            pods_of = _without_gateways(pods_of)
        alike[space_label, label, by_pod][space] = {
            value: workloads.subject(space, value, "pod" if by_pod else label, sorted(names))
            for value, names in sorted(pods_of.items())
        }
    return tuple(
        Group(
            space_label,
            label,
            by_pod,
            tuple(sorted(subjects)),
            subjects,
            tuple(spaces[: spaces.index(space_label)]) if space_label else tuple(spaces),
        )
        for (space_label, label, by_pod), subjects in sorted(alike.items())
    )


def _what_tells_services_apart(
    found: _Rows, space: str, services: Sequence[str], pods: Sequence[str], workloads: Workloads
) -> tuple[str, bool]:
    """(label, whether it is a pod label). The first usual label that differs; a constant one only if all are."""
    usable = [label for label in services if found.covered_by(label)]
    known = {
        label: sum(bool(workloads.named(space, value.rsplit("/", 1)[-1])) for value in found.values(label))
        / len(found.values(label))
        for label in usable
    }
    best = max(usable, key=lambda label: known[label], default="")
    if best and known[best] > 0.5:
        return best, False
    differing = [label for label in usable if len(found.values(label)) > 1]
    from_pods = {workload_of_pod(pod)[1] for pod in found.values(pods[0])} if pods else set()
    if differing:
        return differing[0], False
    if pods and (len(from_pods) > 1 or not usable) and found.covered_by(pods[0]):
        return pods[0], True
    return (usable[0], False) if usable else ("", False)


def _is_its_own(row: Mapping[str, str], pod_label: str, space: str) -> bool:
    """Whether the pod on a row is the service's, rather than that of an ingress in another namespace."""
    return pod_label.startswith("exported_") or row.get("namespace", space) in (space, "")


def _without_gateways(pods_of: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """A pod that speaks for several services is in front of them, and none of them."""
    fronts = Counter(pod for pods in pods_of.values() for pod in pods)
    return {value: {pod for pod in pods if fronts[pod] == 1} for value, pods in pods_of.items()}


def _unlabelled(labels: Mapping[str, str], namespaces: Collection[str] | None) -> str | None:
    """The namespace of a series that names none: OpenTelemetry's job may carry it, or only one is in question."""
    space, slash, _ = labels.get("job", "").partition("/")
    if slash:
        return space
    return next(iter(namespaces)) if namespaces is not None and len(namespaces) == 1 else None


def _pods_like(workload: str, kind: str) -> str:
    plain = "".join(f"\\{c}" if c in "\\.+*?()|[]{}^$" else c for c in workload)
    match kind:
        case "StatefulSet":
            return f"{plain}-[0-9]+"
        case "DaemonSet":
            return f"{plain}-[a-z0-9]{{5}}"
        case "Pod":
            return plain
        case _:
            return f"{plain}-[a-z0-9]+-[a-z0-9]{{5}}"
