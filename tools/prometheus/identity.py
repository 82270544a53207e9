"""From the labels on a series to the object in the cluster that it is about."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.cluster_state import ClusterState
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from policy.untrusted import clean

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes random suffixes of: no vowels, nothing that looks like another."""
_HASH = f"(?:[{_SAFE}]{{5,10}}|[a-z0-9]{{0,4}}[0-9][a-z0-9]{{4,9}}|[a-z0-9]{{4,9}}[0-9][a-z0-9]{{0,4}})"
POD_NAME = f"(.+?)(?:-{_HASH}-[a-z0-9]{{5}}|-[{_SAFE}]{{5}}|-[0-9]{{1,4}})?"
"""Matches every pod name; group 1 is the workload's name. Understood alike by Python and by PromQL (RE2), anchored."""

_FROM_REPLICA_SET = re.compile(f".+-{_HASH}-[a-z0-9]{{5}}")
_FROM_STATEFUL_SET = re.compile(r".+-[0-9]{1,4}")
_FROM_DAEMON_SET = re.compile(f".+-[{_SAFE}]{{5}}")
_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Rollout")
SERVICE_LABELS = frozenset({"service", "exported_service", "destination_service_name", "kubernetes_name"})
"""Labels whose values are names of Services rather than of workloads."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a series is about: the name its labels give, and the workload behind it as far as that can be told."""

    namespace: str
    service: str
    kind: str
    workload: str

    def ref(self, cluster: str) -> ObjectRef:
        return ObjectRef(cluster, self.namespace, self.kind, self.workload)


def workload_of_pod(pod: str) -> tuple[str, str]:
    """(kind, name) of what most likely made a pod of this name.

    >>> workload_of_pod("checkout-7d4b9c6f58-x2x7k")
    ('Deployment', 'checkout')
    """
    found = re.fullmatch(POD_NAME, pod)
    name = found.group(1) if found else pod
    if name == pod:
        return "Pod", pod
    if _FROM_REPLICA_SET.fullmatch(pod):
        return "Deployment", name
    if _FROM_STATEFUL_SET.fullmatch(pod):
        return "StatefulSet", name
    return ("DaemonSet" if _FROM_DAEMON_SET.fullmatch(pod) else "Deployment"), name


class Workloads:
    """What is known of the cluster beside its metrics; with no state, names alone decide."""

    def __init__(self, state: ClusterState | None = None) -> None:
        self.cluster = state.cluster if state else ""
        self._state = state
        self._names: dict[tuple[str, str], str] = {}
        self._pods: dict[tuple[str, str], tuple[str, str]] = {}
        if state:
            for kind in reversed(_KINDS):
                for item in state.of(kind):
                    self._names[_where(item)] = kind
            owners = {_where(item): _owner(item) for kind in ("ReplicaSet", "Job") for item in state.of(kind)}
            for pod in state.of("Pod"):
                self._pods[_where(pod)] = self._made_by(pod, owners)

    def subject(self, namespace: str, service: str, label: str, pods: Iterable[str] = ()) -> Subject:
        """Who `service` is, which `label` names, given the pods that its series carry."""
        plain = clean(service.rsplit("/", 1)[-1], cap=253)
        pods = tuple(pods)
        kind, workload = self._by_pods(namespace, pods) or self._by_name(namespace, plain) or ("", "")
        if not workload and pods:
            (kind, workload), _ = Counter(map(workload_of_pod, pods)).most_common(1)[0]
        if not workload and label == "pod":
            # `service` is what POD_NAME left of the names of the pods, which are not at hand here.
            kind, workload = "Deployment", plain
        if not workload:
            kind, workload = ("Service" if label in SERVICE_LABELS else "Deployment"), plain
        return Subject(namespace, plain, kind, clean(workload, cap=253))

    def named(self, namespace: str, name: str) -> str:
        """The kind of the workload of that name, or ""."""
        return self._names.get((namespace, name), "")

    def limit(self, namespace: str, workload: str, container: str, resource: str) -> str:
        """What the pods of a workload set as limit, as Kubernetes writes it ("500m", "256Mi"); "" where unknown."""
        for (space, pod), (_, name) in self._pods.items():
            if space == namespace and name == workload and self._state:
                item = self._state.get("Pod", namespace, pod)
                for spec in dig(item, "spec", "containers", default=()):
                    if not container or spec.get("name") == container:
                        return str(dig(spec, "resources", "limits", resource, default=""))
        return ""

    def _by_pods(self, namespace: str, pods: tuple[str, ...]) -> tuple[str, str] | None:
        votes = Counter(self._pods[namespace, pod] for pod in pods if (namespace, pod) in self._pods)
        return votes.most_common(1)[0][0] if votes else None

    def _by_name(self, namespace: str, name: str) -> tuple[str, str] | None:
        if kind := self.named(namespace, name):
            return kind, name
        selector = dig(self._state.get("Service", namespace, name), "spec", "selector") if self._state else None
        if not selector or not self._state:
            return None
        chosen = [
            where[1]
            for where in self._pods
            if where[0] == namespace
            and selector.items() <= dig(self._state.get("Pod", *where), "metadata", "labels", default={}).items()
        ]
        return self._by_pods(namespace, tuple(chosen))

    def _made_by(self, pod: Json, owners: dict[tuple[str, str], tuple[str, str] | None]) -> tuple[str, str]:
        namespace, name = _where(pod)
        owner = _owner(pod)
        if owner is None:
            return "Pod", name
        above = owners.get((namespace, owner[1]))
        if above:
            return above
        template = dig(pod, "metadata", "labels", "pod-template-hash", default="")
        if owner[0] == "ReplicaSet" and template:
            return "Deployment", owner[1].removesuffix(f"-{template}")
        return owner


def _where(item: Json) -> tuple[str, str]:
    return dig(item, "metadata", "namespace", default=""), dig(item, "metadata", "name", default="")


def _owner(item: Json) -> tuple[str, str] | None:
    for owner in dig(item, "metadata", "ownerReferences", default=()):
        if owner.get("controller"):
            return owner.get("kind", ""), owner.get("name", "")
    return None
