"""A selector that picks nothing: whose labels it comes nearest to, and by which one label it misses them."""

from collections import defaultdict
from collections.abc import Mapping
from difflib import SequenceMatcher

from domain.objects import ObjectRef
from domain.plain_json import dig
from tools.kubernetes.relations import Relations, Workload, selects

_NEAR = 0.6
_NO_NAME = "pod-template-hash"


class Candidates:
    """The workloads that Services may mean, by namespace and label: every question after that is a lookup."""

    def __init__(self, relations: Relations) -> None:
        self._labels = {workload.ref: workload.labels for workload in relations.workloads()}
        self._by_place: dict[str, list[Workload]] = defaultdict(list)
        self._by_label: dict[tuple[str, str, str], list[Workload]] = defaultdict(list)
        for workload in relations.workloads():
            self._by_place[workload.ref.namespace].append(workload)
            for key, value in self._labels[workload.ref].items():
                self._by_label[workload.ref.namespace, key, value].append(workload)
        self._served: set[ObjectRef] = set()
        for service in relations.state.of("Service"):
            namespace, selector = service["metadata"].get("namespace", ""), dig(service, "spec", "selector", default={})
            self._served.update(workload.ref for workload in self.matching(namespace, selector))

    def matching(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """The workloads whose pods a selector picks, or would if they had any."""
        buckets = [self._by_label.get((namespace, key, value), []) for key, value in selector.items()]
        fewest = min(buckets, key=len, default=[])
        return [workload for workload in fewest if selects(selector, self._labels[workload.ref])]

    def nearest(self, service: ObjectRef, selector: Mapping[str, str], before: Mapping[str, str]) -> Workload | None:
        """The workload that a selector probably means; what it asked for before says it best.

        One that some Service selects already is none: then another one that nearly does is a leftover, not a typo.
        """
        nearest, score = None, _NEAR
        for workload in self._by_place.get(service.namespace, ()):
            served = workload.ref in self._served and workload.ref.name != service.name
            if served or workload.ref.kind in {"Job", "CronJob"} or not workload.wanted:
                continue
            labels = self._labels[workload.ref]
            near = 1.0 if selects(before, labels) else _nearness(selector, labels)
            if service.name == workload.ref.name:
                near = max(near, 0.65)
            if near > score:
                nearest, score = workload, near
        return nearest


def missed_by(selector: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    """The labels of a selector that some pods do not have."""
    return [key for key, value in selector.items() if labels.get(key) != value]


def way_back(selector: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """The one label by which a selector misses the pods, as it is and as it should be; {} where it is more than one."""
    wrong = missed_by(selector, labels)
    if len(wrong) != 1:
        return {}
    key, value = wrong[0], selector[wrong[0]]
    if key in labels:
        return {"selector_key": key, "present_selector_value": value, "selector_value": labels[key]}
    renamed = [name for name, other in labels.items() if other == value and name not in selector and name != _NO_NAME]
    if renamed:
        right = max(renamed, key=lambda name: SequenceMatcher(None, key, name).ratio())
        return {"present_selector_key": key, "selector_key": right, "selector_value": value}
    return {"present_selector_key": key, "present_selector_value": value} if len(selector) > 1 else {}


def _nearness(selector: Mapping[str, str], labels: Mapping[str, str]) -> float:
    """0 to 1: how nearly these labels are what the selector asks for, key by key."""
    scores = []
    for key, value in selector.items():
        if key in labels:
            scores.append(SequenceMatcher(None, value, labels[key]).ratio())
        else:
            near = max((SequenceMatcher(None, key, other).ratio() for other in labels), default=0.0)
            same = any(value == other for other in labels.values())
            scores.append(max(near * 0.8 if same else 0.0, 0.7 if same else 0.0))
    return sum(scores) / len(scores) if scores else 0.0
