"""What may go into slots: values that somebody saw, of the right type, and no secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.findings import Cause, Finding
from domain.objects import ObjectRef
from policy.redaction import redact
from runbooks.conditions import CONDITIONS
from runbooks.slots import CALLED_BY, CHANGED_FROM, SLOTS, Unfillable, number, workload_kind

_FEW_ERRORS = 2.0
"""Percent of requests that may fail without anybody calling it trouble."""
_NAMES_OBJECT = {
    "workload": ("workload_kind", "workload"),
    "pod": ("Pod", "pod"),
    "service": ("Service", "service"),
    "config_name": ("ConfigMap", "config_name"),
    "autoscaler": ("HorizontalPodAutoscaler", "autoscaler"),
    "claim": ("PersistentVolumeClaim", "claim"),
    "node": ("Node", "node"),
}
_NAMED_BY = {kind: slot for slot, (kind, _) in _NAMES_OBJECT.items() if slot != "workload"}
_OF_THE_CLUSTER = frozenset({"Node"})


@dataclass(frozen=True)
class Observed:
    """What may go into slots: the cause's facts, and what its object says by itself."""

    cause: Cause
    values: dict[str, str] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    """Values that look like secrets: no command and no sentence carries them."""

    @classmethod
    def of(cls, cause: Cause) -> "Observed":
        ref = cause.finding.object
        values = _measured(cause)
        values |= {name: value for name, value in cause.finding.facts.items() if name in SLOTS and value != ""}
        # The object is what was looked at, so where a fact says otherwise the object is right.
        if ref.namespace:
            values["namespace"] = ref.namespace
        if workload_kind(ref.kind):
            values |= {"workload": ref.name, "workload_kind": ref.kind}
        elif ref.kind in _NAMED_BY:
            values[_NAMED_BY[ref.kind]] = ref.name
        if ref.kind == "ConfigMap":
            values["config_kind"] = ref.kind
        secrets = frozenset(name for name in CALLED_BY if name in values and _looks_secret(name, values))
        return cls(cause, {name: value for name, value in values.items() if name not in secrets}, secrets)

    def value(self, name: str) -> str:
        """The slot's text for a command; Unfillable when it was not observed or is not of its type."""
        slot = SLOTS[name]
        if name in self.withheld:
            raise Unfillable(name, f"{slot.phrase} looks like a secret, which no command may carry")
        if name not in self.values:
            raise Unfillable(name, f"{slot.phrase} was not observed")
        text = slot.render(self.values[name])
        if name in CHANGED_FROM and self.values.get(CHANGED_FROM[name]) == self.values[name]:
            raise Unfillable(name, f"{slot.phrase} is the same as the present one")
        return text

    def require(self, name: str) -> None:
        """What a block's `when` asks for: a condition that holds, or a slot with a value."""
        if name not in CONDITIONS:
            self.value(name)
            return
        holds, otherwise = CONDITIONS[name]
        if not holds(self.cause, self.cause.finding.facts):
            raise Unfillable(name, otherwise)

    def objects(self, names: Sequence[str]) -> tuple[ObjectRef, ...]:
        """The objects that commands with these slots are about."""
        found: list[ObjectRef] = []
        for name in names:
            if name in _NAMES_OBJECT and name in self.values:
                kind, key = _NAMES_OBJECT[name]
                kind = self.values.get(kind, kind) if kind == "workload_kind" else kind
                namespace = "" if kind in _OF_THE_CLUSTER else self.values.get("namespace", "")
                found.append(ObjectRef(self.cause.finding.object.cluster, namespace, kind, self.values[key]))
        return tuple(dict.fromkeys(found))


def _looks_secret(name: str, values: Mapping[str, str]) -> bool:
    line = f"{values.get(CALLED_BY[name], 'value')}={values[name]}"
    return redact(line) != line


def _measured(cause: Cause) -> dict[str, str]:
    """Queries that showed the trouble, of the cause and of what follows from it: they also show when it is over.

    What was measured of the workload to blame comes first: others may have troubles of their own.
    """
    values: dict[str, str] = {}
    blamed = _workload(cause.finding)
    for finding in sorted((cause.finding, *cause.consequences), key=lambda each: _workload(each) != blamed):
        query, before = finding.facts.get("query", ""), finding.facts.get("from", "")
        if not query:
            continue
        if finding.code == "pool-exhausted":
            values.setdefault("pool_query", query)
        if finding.code == "errors-high" and "errors_query" not in values:
            usual = float(before) if number(before) else 0.0
            values |= {"errors_query": query, "errors_bound": f"{max(_FEW_ERRORS, 1.5 * usual):g}"}
        if finding.code == "latency-high" and before and "latency_query" not in values:
            values |= {"latency_query": query, "baseline": before}
    return values


def _workload(finding: Finding) -> tuple[str, str]:
    ref = finding.object
    return finding.facts.get("namespace", ref.namespace), finding.facts.get("workload", ref.name)
