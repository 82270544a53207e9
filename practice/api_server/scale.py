"""The scale subresource: replicas of a workload as an autoscaling/v1 Scale, whatever the workload's kind."""

from practice.api import Json
from practice.api_server import shaping
from practice.api_server.call import Answer, Call
from practice.api_server.refusals import invalid, modified_meanwhile
from practice.api_server.schema import faults
from practice.api_server.writing import Writing, check_named

_OPERATORS = {"In": "in", "NotIn": "notin"}


class Scale:
    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def get(self, call: Call) -> Answer:
        return Answer(scale_of(self._writing.current(call).item))

    def update(self, call: Call) -> Answer:
        scale = shaping.given(call)
        check_named(scale["metadata"], call)
        return self._write(call, scale)

    def patch(self, call: Call) -> Answer:
        return self._write(call, shaping.patched(call, scale_of(self._writing.current(call).item)))

    def _write(self, call: Call, scale: Json) -> Answer:
        replicas = (scale.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            fault = faults.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
            raise invalid("autoscaling", "Scale", call.asked.name, [fault])
        current = self._writing.current(call).item
        version = scale.get("metadata", {}).get("resourceVersion")
        if version and version != current["metadata"]["resourceVersion"]:
            raise modified_meanwhile(call.resource.group, call.resource.plural, call.asked.name)
        changed = self._writing.change(call, lambda item: {**item, "spec": {**item["spec"], "replicas": replicas}})
        return Answer(scale_of(changed))


def scale_of(item: Json) -> Json:
    """The Scale that tells how many a workload wants and has."""
    meta, spec = item["metadata"], item["spec"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Json = {"replicas": item.get("status", {}).get("replicas", 0)}
    if selector := _selector_text(spec.get("selector") or {}):
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {"replicas": replicas} if (replicas := spec.get("replicas", 1)) else {},
        "status": status,
    }


def _selector_text(selector: Json) -> str:
    """`app=web,tier in (a,b)`, in the order of the keys."""
    labels = selector.get("matchLabels") or ({} if "matchExpressions" in selector else selector)
    terms = [(key, f"{key}={value}") for key, value in labels.items() if isinstance(value, str)]
    for each in selector.get("matchExpressions", []):
        key, operator = each["key"], each["operator"]
        values = ",".join(sorted(each.get("values", [])))
        text = {"Exists": key, "DoesNotExist": f"!{key}"}.get(operator) or f"{key} {_OPERATORS[operator]} ({values})"
        terms.append((key, text))
    return ",".join(text for _, text in sorted(terms))
