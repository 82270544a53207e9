"""Rules for nodes, namespaces, quotas, autoscalers, budgets, roles and their bindings."""

from collections.abc import Iterator
from typing import Any

from practice.api_server.schema.faults import Fault, forbidden, invalid, required, unsupported
from practice.api_server.schema.quantities import value_of
from practice.api_server.schema.rules import names
from practice.api_server.schema.rules.metadata import (
    IMMUTABLE,
    amount_or_percent,
    at_most_all,
    not_less_than_nothing,
    not_negative,
    selector,
)
from practice.api_server.schema.rules.pods import taint_effect
from practice.api_server.schema.schemas import Json

_RBAC = "rbac.authorization.k8s.io"
_METRIC_TYPES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}


def node(item: Json, old: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    seen: set[tuple[str, str]] = set()
    for place, taint in enumerate(spec.get("taints", [])):
        # The server says metadata.taints of what is in spec.taints.
        here, key, value = f"metadata.taints[{place}]", taint.get("key", ""), taint.get("value", "")
        yield from (invalid(f"{here}.key", key, why) for why in names.label_key(key))
        if wrong := names.label_value(value):
            yield invalid(f"{here}.value", value, ";".join(wrong))
        yield from taint_effect(taint, here)
        if (key, taint.get("effect", "")) in seen:
            shown = {"Key": key, "Value": value, "Effect": taint.get("effect", ""), "TimeAdded": None}
            fault = invalid(here, shown, "taints must be unique by key and effect pair")
            yield Fault(here, "FieldValueDuplicate", fault.message.replace("Invalid value", "Duplicate value", 1))
        seen.add((key, taint.get("effect", "")))
    ranges = spec.get("podCIDRs", [])
    if len(ranges) > 2 or (len(ranges) == 2 and (":" in ranges[0]) == (":" in ranges[1])):
        yield invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family")
    if old is not None:
        for name in ("podCIDRs", "providerID"):
            shown_name = "podCIDR" if name == "podCIDRs" else name
            if old["spec"].get(name) and old["spec"][name] != spec.get(name):
                why = f'node updates may not change {shown_name} except from "" to valid'
                yield forbidden(f"spec.{name}", why)


def event(item: Json, _: Json | None) -> Iterator[Fault]:
    """Events with an eventTime are the newer kind, of which more is asked."""
    about, here = item["involvedObject"].get("namespace", ""), item["metadata"].get("namespace", "")
    newer = item.get("eventTime")
    elsewhere = about != here if about and not newer else not about
    if elsewhere and not (not about and here in ("", "default", "kube-system" if newer else "default")):
        yield invalid("involvedObject.namespace", about, "does not match event.namespace")
    if not newer:
        return
    reporter = item.get("reportingComponent", "")
    if not reporter:
        yield required("reportingComponent")
    yield from (invalid("reportingComponent", reporter, why) for why in names.label_key(reporter))
    for name in ("reportingInstance", "action", "reason"):
        if not item.get(name):
            yield required(name)


def resource_quota(item: Json, _: Json | None) -> Iterator[Fault]:
    for name, amount in item["spec"].get("hard", {}).items():
        here = f"spec.hard[{name}]"
        yield from (invalid(here, name, why) for why in names.label_key(name))
        yield from not_less_than_nothing(amount, here)


def limit_range(item: Json, _: Json | None) -> Iterator[Fault]:
    for place, limit in enumerate(item["spec"].get("limits") or []):
        kind = limit.get("type", "")
        yield from (invalid(f"spec.limits[{place}].type", kind, why) for why in names.label_key(kind))


def autoscaler(item: Json, _: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    least, most, target = spec.get("minReplicas"), spec.get("maxReplicas", 0), spec["scaleTargetRef"]
    if least is not None and least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most == 0:
        yield required("spec.maxReplicas", "must be set and greater than 0")
    elif most < 0:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
    if least is not None and most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    for name in ("kind", "name"):
        if value := target.get(name):
            yield from (invalid(f"spec.scaleTargetRef.{name}", value, why) for why in names.path_segment(value))
        else:
            yield required(f"spec.scaleTargetRef.{name}")
    if "/" not in target.get("apiVersion", "") and target.get("apiVersion", "") != "v1":
        yield invalid(
            "spec.scaleTargetRef.apiVersion", target.get("apiVersion", ""), "apiVersion must specify API group"
        )
    if least == 0 and not any(each.get("type") in ("Object", "External") for each in spec.get("metrics", [])):
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        yield forbidden("spec.metrics", why)
    for place, metric in enumerate(spec.get("metrics", [])):
        yield from _metric(metric, f"spec.metrics[{place}]")
    for name in ("scaleUp", "scaleDown"):
        if name in spec.get("behavior", {}):
            yield from _scaling_rules(spec["behavior"][name], f"spec.behavior.{name}")


def _metric(metric: Json, path: str) -> Iterator[Fault]:
    kind = metric.get("type", "")
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
    if kind not in _METRIC_TYPES:
        yield unsupported(f"{path}.type", kind, tuple(_METRIC_TYPES))
    source = _METRIC_TYPES.get(kind, "")
    if kind == "Resource" and source in metric:
        yield from _resource_metric(metric[source], f"{path}.{source}")
    if source and source not in metric:
        yield required(f"{path}.{source}", "must populate information for the given metric source")


def _resource_metric(source: Json, path: str) -> Iterator[Fault]:
    target = source.get("target", {})
    if not source.get("name"):
        yield required(f"{path}.name", "must specify a resource name")
    if not target.get("type"):
        yield required(f"{path}.target.type", "must specify a metric target type")
    if target.get("type") not in ("Utilization", "Value", "AverageValue"):
        yield invalid(
            f"{path}.target.type", target.get("type", ""), "must be either Utilization, Value, or AverageValue"
        )
    for name in ("value", "averageValue"):
        if name in target and value_of(target[name]) <= 0:
            yield invalid(f"{path}.target.{name}", target[name], "must be positive")
    share, amount = target.get("averageUtilization"), target.get("averageValue")
    if share is not None and share < 1:
        yield invalid(f"{path}.target.averageUtilization", share, "must be greater than 0")
    if share is None and amount is None:
        why = "must set either a target raw value or a target utilization"
        yield required(f"{path}.target.averageUtilization", why)
    elif share is not None and amount is not None:
        yield forbidden(f"{path}.target.averageValue", "may not set both a target raw value and a target utilization")


def _scaling_rules(rules: Json, path: str) -> Iterator[Fault]:
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and window < 0:
        yield invalid(f"{path}.stabilizationWindowSeconds", window, "must be greater than or equal to zero")
    elif window is not None and window > 3600:
        yield invalid(f"{path}.stabilizationWindowSeconds", window, "must be less than or equal to 3600")
    if rules.get("selectPolicy") not in (None, "Disabled", "Max", "Min"):
        yield unsupported(f"{path}.selectPolicy", rules["selectPolicy"], ("Disabled", "Max", "Min"))
    if not rules.get("policies"):
        yield required(f"{path}.policies", "must specify at least one Policy")
    for place, policy in enumerate(rules.get("policies") or []):
        here = f"{path}.policies[{place}]"
        if policy.get("type") not in ("Percent", "Pods"):
            yield unsupported(f"{here}.type", policy.get("type", ""), ("Percent", "Pods"))
        for name in ("value", "periodSeconds"):
            if policy.get(name, 0) <= 0:
                yield invalid(f"{here}.{name}", policy.get(name, 0), "must be greater than zero")


def disruption_budget(item: Json, _: Json | None) -> Iterator[Fault]:
    spec = item["spec"]
    if "minAvailable" in spec and "maxUnavailable" in spec:
        shown = {
            "MinAvailable": spec["minAvailable"],
            "Selector": spec.get("selector"),
            "MaxUnavailable": spec["maxUnavailable"],
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        yield invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
    for name in ("minAvailable", "maxUnavailable"):
        if name in spec:
            yield from amount_or_percent(spec[name], f"spec.{name}")
            yield from at_most_all(spec[name], f"spec.{name}")
    yield from selector(spec.get("selector"), "spec.selector")


def role(item: Json, _: Json | None) -> Iterator[Fault]:
    yield from _rules(item.get("rules") or [], namespaced=True)


def cluster_role(item: Json, _: Json | None) -> Iterator[Fault]:
    yield from _rules(item.get("rules") or [], namespaced=False)


def _rules(rules: list[Json], *, namespaced: bool) -> Iterator[Fault]:
    for place, rule in enumerate(rules):
        here, urls = f"rules[{place}]", rule.get("nonResourceURLs")
        if not rule.get("verbs"):
            yield required(f"{here}.verbs", "verbs must contain at least one value")
        if urls:
            if namespaced:
                yield invalid(f"{here}.nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs")
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                why = "rules cannot apply to both regular resources and non-resource URLs"
                yield invalid(f"{here}.nonResourceURLs", urls, why)
            continue
        if not rule.get("apiGroups"):
            yield required(f"{here}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            yield required(f"{here}.resources", "resource rules must supply at least one resource")


def role_binding(item: Json, old: Json | None) -> Iterator[Fault]:
    yield from _binding(item, old, ("Role", "ClusterRole"))


def cluster_role_binding(item: Json, old: Json | None) -> Iterator[Fault]:
    yield from _binding(item, old, ("ClusterRole",))


def _binding(item: Json, old: Json | None, kinds: tuple[str, ...]) -> Iterator[Fault]:
    role_ref = item["roleRef"]
    if role_ref.get("apiGroup") != _RBAC:
        yield unsupported("roleRef.apiGroup", role_ref.get("apiGroup", ""), (_RBAC,))
    if role_ref.get("kind") not in kinds:
        yield unsupported("roleRef.kind", role_ref.get("kind", ""), kinds)
    if name := role_ref.get("name"):
        yield from (invalid("roleRef.name", name, why) for why in names.path_segment(name))
    else:
        yield required("roleRef.name")
    for place, subject in enumerate(item.get("subjects", [])):
        here = f"subjects[{place}]"
        if not subject.get("name"):
            yield required(f"{here}.name")
        elif subject.get("kind") == "ServiceAccount":
            yield from (invalid(f"{here}.name", subject["name"], why) for why in names.dns_subdomain(subject["name"]))
        if subject.get("kind") not in ("ServiceAccount", "User", "Group"):
            yield unsupported(f"{here}.kind", subject.get("kind", ""), ("ServiceAccount", "User", "Group"))
    if old is not None and old["roleRef"] != role_ref:
        shown = {"APIGroup": role_ref.get("apiGroup"), "Kind": role_ref.get("kind"), "Name": role_ref.get("name")}
        yield invalid("roleRef", shown, "cannot change roleRef")


def lease(item: Json, _: Json | None) -> Iterator[Fault]:
    seconds = item["spec"].get("leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    yield from not_negative(item["spec"], "leaseTransitions", path="spec")


def priority_class(item: Json, old: Json | None) -> Iterator[Fault]:
    value = item.get("value", 0)
    if value > 1_000_000_000 and not item["metadata"].get("name", "").startswith("system-"):
        why = "maximum allowed value of a user defined priority is 1000000000"
        yield forbidden("value", why)
    if old is not None and value != old.get("value", 0):
        yield forbidden("value", "may not be changed in an update.")


def controller_revision(item: Json, old: Json | None) -> Iterator[Fault]:
    yield from not_negative(item, "revision", path="")
    if old is not None:
        if item.get("data") != old.get("data"):
            yield invalid("data", _in_order(item.get("data")), IMMUTABLE)
    elif item.get("data") is None:
        yield required("data", "data is mandatory")
    elif not isinstance(item["data"], dict):
        yield required("data", "data must be a valid JSON object")


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(each) for each in value] if isinstance(value, list) else value
