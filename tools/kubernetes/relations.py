"""Who belongs to whom in a cluster's state: pods to workloads, events to objects, Services to pods."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.cluster_state import ClusterState
from domain.objects import ObjectRef
from domain.plain_json import Json, dig
from tools.kubernetes.moments import moment
from tools.kubernetes.pods import claims_of, is_leaving

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Workload:
    """What people deploy: a Deployment, StatefulSet, DaemonSet, Job, CronJob, or a pod on its own."""

    ref: ObjectRef
    item: Json
    """{} where the owner was not observed, only named by its pods."""
    pods: tuple[Json, ...] = field(default=())

    @property
    def wanted(self) -> int:
        """How many pods it should have; for one without a number, how many it has."""
        if self.ref.kind == "DaemonSet":
            return int(dig(self.item, "status", "desiredNumberScheduled", default=len(self.pods)))
        if self.ref.kind in {"Deployment", "StatefulSet", "ReplicaSet"}:
            replicas = dig(self.item, "spec", "replicas")
            return 1 if replicas is None and self.item else len(self.pods) if replicas is None else int(replicas)
        return len(self.pods)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that its pods get."""
        labels: dict[str, str] = dig(self.template, "metadata", "labels", default={})
        return labels

    @property
    def template(self) -> Json:
        if self.ref.kind == "Pod":
            return self.item
        path = ("jobTemplate", "spec", "template") if self.ref.kind == "CronJob" else ("template",)
        template: Json = dig(self.item, "spec", *path, default={})
        return template


class Relations:
    """Built once per state; every question after that is a lookup."""

    @classmethod
    def over(cls, state: ClusterState) -> "Relations":
        """The relations of a state, kept with it: all detectors ask the same questions of the same state."""
        known = state.__dict__.get("_relations")
        if not isinstance(known, cls):
            known = cls(state)
            # A frozen value may remember what follows from it; nobody can tell the difference but by the time it takes.
            state.__dict__["_relations"] = known
        return known

    def carried_to(self, state: ClusterState) -> ClusterState:
        """A state of the same objects, such as one with more logs, that need not work all this out again."""
        known = copy(self)
        known.state = state
        state.__dict__["_relations"] = known
        return state

    def __init__(self, state: ClusterState) -> None:
        self.state = state
        self._by_name: dict[tuple[str, str, str], Json] = {}
        self._by_place: dict[tuple[str, str], list[Json]] = defaultdict(list)
        for kind, items in state.objects.items():
            for item in items:
                namespace = item["metadata"].get("namespace", "")
                self._by_name[kind, namespace, item["metadata"]["name"]] = item
                self._by_place[kind, namespace].append(item)
        pods: dict[ObjectRef, list[Json]] = defaultdict(list)
        for pod in state.of("Pod"):
            pods[self.owner(pod)].append(pod)
        self._pods: Mapping[ObjectRef, Sequence[Json]] = pods
        self._events: dict[tuple[str, str, str], list[Json]] | None = None
        self._by_label: dict[tuple[str, str, str], list[Json]] | None = None
        self._by_claim: dict[tuple[str, str], list[Json]] | None = None
        self._workloads: tuple[Workload, ...] | None = None
        self._live: dict[ObjectRef, list[Json]] = {}

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        return self._by_name.get((kind, namespace, name))

    def of(self, kind: str, namespace: str) -> Sequence[Json]:
        """Objects of a kind in one namespace."""
        return self._by_place.get((kind, namespace), ())

    def selected(self, namespace: str, selector: Mapping[str, str]) -> list[Json]:
        """The pods that a plain label selector picks, whatever state they are in."""
        if self._by_label is None:
            self._by_label = defaultdict(list)
            for pod in self.state.of("Pod"):
                for key, value in labels_of(pod).items():
                    self._by_label[pod["metadata"].get("namespace", ""), key, value].append(pod)
        buckets = [self._by_label.get((namespace, key, value), []) for key, value in selector.items()]
        fewest = min(buckets, key=len, default=[])
        return [pod for pod in fewest if selects(selector, labels_of(pod))]

    def mounting(self, namespace: str, claim: str) -> list[Json]:
        """The pods that mount a volume claim and of which something is still expected."""
        if self._by_claim is None:
            self._by_claim = defaultdict(list)
            for workload in self.workloads():
                for pod in self.live_pods(workload):
                    for name in claims_of(pod):
                        self._by_claim[workload.ref.namespace, name].append(pod)
        return self._by_claim.get((namespace, claim), [])

    def owner(self, item: Json) -> ObjectRef:
        """The workload that a pod (or a ReplicaSet, or a Job) belongs to; itself when nothing owns it."""
        namespace = dig(item, "metadata", "namespace", default="")
        kind, current = str(item.get("kind", "Pod")), item
        for _ in range(4):
            controller = next(
                (o for o in dig(current, "metadata", "ownerReferences", default=[]) if o.get("controller")), None
            )
            if controller is None or controller["kind"] == "Node":
                return self.state.ref(kind, current)
            owner = self.get(controller["kind"], namespace, controller["name"])
            if owner is None or dig(owner, "metadata", "uid") != controller.get("uid"):
                return ObjectRef(self.state.cluster, namespace, controller["kind"], controller["name"])
            kind, current = controller["kind"], owner
        return self.state.ref(kind, current)

    def workload(self, ref: ObjectRef) -> Workload:
        return Workload(ref, self.get(ref.kind, ref.namespace, ref.name) or {}, tuple(self._pods.get(ref, ())))

    def workload_of(self, pod: Json) -> Workload:
        return self.workload(self.owner(pod))

    def workloads(self) -> tuple[Workload, ...]:
        """Everything that people deploy, also what has no pods at the moment; Jobs of CronJobs under their CronJob."""
        if self._workloads is None:
            self._workloads = self._find_workloads()
        return self._workloads

    def _find_workloads(self) -> tuple[Workload, ...]:
        refs = dict.fromkeys(self._pods)
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet"):
            for item in self.state.of(kind):
                refs.setdefault(self.owner(item))
        return tuple(self.workload(ref) for ref in refs)

    def live_pods(self, workload: Workload) -> list[Json]:
        """Pods that something is still expected of: not leaving, nor of a ReplicaSet that is scaled to nothing."""
        if workload.ref not in self._live:
            live = [pod for pod in workload.pods if not is_leaving(pod) and not self._is_replaced(pod)]
            self._live[workload.ref] = live
        return self._live[workload.ref]

    def replica_set_of(self, pod: Json) -> Json | None:
        for owner in dig(pod, "metadata", "ownerReferences", default=[]):
            if owner.get("kind") == "ReplicaSet":
                return self.get("ReplicaSet", pod["metadata"].get("namespace", ""), owner["name"])
        return None

    def _is_replaced(self, pod: Json) -> bool:
        replica_set = self.replica_set_of(pod)
        return replica_set is not None and dig(replica_set, "spec", "replicas") == 0

    def events(self, kind: str, item: Json) -> list[Json]:
        """Events about exactly this object, newest first: the same kind and uid, so not those of a namesake."""
        if self._events is None:
            self._events = defaultdict(list)
            for event in self.state.of("Event"):
                about = dig(event, "involvedObject", default={})
                self._events[about.get("kind", ""), about.get("namespace", ""), about.get("name", "")].append(event)
        metadata = item.get("metadata", {})
        uid = metadata.get("uid")
        found = [
            event
            for event in self._events.get((kind, metadata.get("namespace", ""), metadata.get("name", "")), ())
            if dig(event, "involvedObject", "uid", default=uid) == uid
        ]
        return sorted(found, key=lambda event: event_time(event) or _LONG_AGO, reverse=True)


def event_time(event: Json) -> datetime | None:
    """When it was last seen; newer emitters write a series instead of lastTimestamp."""
    return (
        moment(dig(event, "series", "lastObservedTime"))
        or moment(event.get("lastTimestamp"))
        or moment(event.get("eventTime"))
        or moment(event.get("firstTimestamp"))
    )


def event_count(event: Json) -> int:
    return int(dig(event, "series", "count", default=0) or event.get("count") or 1)


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a plain label selector picks these labels; an empty one picks nothing here."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def labels_of(item: Json) -> dict[str, str]:
    labels: dict[str, str] = dig(item, "metadata", "labels", default={})
    return labels
