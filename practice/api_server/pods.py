"""What is done to pods beside writing them: bind them to a node, evict them."""

from dataclasses import replace

from practice.api import Json
from practice.api_server import shaping
from practice.api_server.call import Answer, Call
from practice.api_server.deleting import Deleting
from practice.api_server.label_selectors import LabelSelector, Requirement
from practice.api_server.refusals import Refused, bad_request, conflict, success
from practice.api_server.store import Store
from practice.api_server.times import stamp
from practice.api_server.writing import Writing

_TOPOLOGY = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "missing"}


class Pods:
    def __init__(self, store: Store, writing: Writing, deleting: Deleting) -> None:
        self._store = store
        self._writing = writing
        self._deleting = deleting

    def bind(self, call: Call) -> Answer:
        """The scheduler's word: this pod runs on that node."""
        binding = shaping.given(call)
        if binding.get("metadata", {}).get("name") != call.asked.name:
            raise bad_request("name in URL does not match name in Binding object")
        node = (binding.get("target") or {}).get("name", "")
        if not node:
            raise Refused(500, "", "target.name: Required value")
        pod = self._writing.current(call).item
        if why := _unbindable(pod):
            raise conflict("", "pods/binding", call.asked.name, why)
        if not call.dry_run:
            self._store.put("pods", self._bound(pod, binding, node, stamp(call.at)))
        return Answer(success(code=201), 201)

    def evict(self, call: Call) -> Answer:
        """A polite delete: refused while a PodDisruptionBudget has nothing left to give."""
        eviction = shaping.given(call)
        if eviction.get("metadata", {}).get("name") != call.asked.name:
            raise bad_request("name in URL does not match name in Eviction object")
        stored = self._writing.current(call)
        deletion = replace(call, body=eviction.get("deleteOptions") or {})
        if stored.item["metadata"].get("deletionTimestamp") or stored.item["status"].get("phase") != "Running":
            self._deleting.end(deletion, stored)
            return Answer(success(code=201), 201)
        budgets = [
            each
            for each in self._store.items("poddisruptionbudgets.policy", stored.namespace)
            if _guards(each, stored.item)
        ]
        if len(budgets) > 1:
            message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            raise Refused(500, "", message)
        if budgets:
            self._take_from(budgets[0], stored.item, call)
        self._deleting.end(deletion, stored)
        return Answer(success(code=201), 201)

    def _bound(self, pod: Json, binding: Json, node: str, at: str) -> Json:
        meta = dict(pod["metadata"])
        found = self._store.find("nodes", "", node)
        labels = (found.item["metadata"].get("labels") or {}) if found else {}
        topology = {key: labels[key] for key in _TOPOLOGY if key in labels}
        for field, more in (("labels", topology), ("annotations", binding["metadata"].get("annotations") or {})):
            if more:
                meta[field] = {**meta.get(field, {}), **more}
        status = pod.get("status", {})
        others = [each for each in status.get("conditions", []) if each["type"] != "PodScheduled"]
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
        return {
            **pod,
            "metadata": meta,
            "spec": {**pod["spec"], "nodeName": node},
            "status": {**status, "conditions": [*others, scheduled]},
        }

    def _take_from(self, budget: Json, pod: Json, call: Call) -> None:
        status = budget.get("status", {})
        ready = any(
            each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", [])
        )
        healthy = status.get("currentHealthy", 0)
        if not ready and healthy >= status.get("desiredHealthy", 0) > 0:
            return
        name = budget["metadata"]["name"]
        if status.get("disruptionsAllowed", 0) <= 0:
            cause = (
                f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and has "
                f"{healthy} currently"
            )
            raise Refused(
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
                {"causes": [{"reason": "DisruptionBudget", "message": cause}]},
            )
        if not call.dry_run:
            left = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1}
            disrupted = {**status.get("disruptedPods", {}), pod["metadata"]["name"]: stamp(call.at)}
            self._store.put("poddisruptionbudgets.policy", {**budget, "status": {**left, "disruptedPods": disrupted}})


def _unbindable(pod: Json) -> str:
    name = pod["metadata"]["name"]
    if pod["metadata"].get("deletionTimestamp"):
        return f"pod {name} is being deleted, cannot be assigned to a host"
    if node := pod["spec"].get("nodeName"):
        return f'pod {name} is already assigned to node "{node}"'
    return f"pod {name} has non-empty .spec.schedulingGates" if pod["spec"].get("schedulingGates") else ""


def _guards(budget: Json, pod: Json) -> bool:
    selector = budget["spec"].get("selector")
    if selector is None:
        return False
    exact = [Requirement(key, "in", frozenset([value])) for key, value in (selector.get("matchLabels") or {}).items()]
    others = [
        Requirement(each["key"], _OPERATORS[each["operator"]], frozenset(each.get("values") or ()))
        for each in selector.get("matchExpressions") or []
    ]
    return LabelSelector((*exact, *others)).matches(pod["metadata"].get("labels") or {})
