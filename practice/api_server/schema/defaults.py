"""What the API server fills in where nothing was said (pkg/apis/*/v1/defaults.go and conversion.go of Kubernetes).

Each struct's own rule is in `pod_defaults.py` or `kind_defaults.py`; here the object is walked, parents first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from practice.api_server.schema.kind_defaults import KIND_RULES
from practice.api_server.schema.pod_defaults import POD_RULES
from practice.api_server.schema.quantities import canonical, value_of
from practice.api_server.schema.schemas import Json, Schema, schema_of

_RULES: dict[str, Callable[[Json], None]] = POD_RULES | KIND_RULES
"""By the struct's name in OpenAPI without `io.k8s.`."""


def defaulted(item: Json) -> Json:
    """The object with everything filled in; `item` itself, as it came out of reading (unknown_fields.decoded)."""
    plan = _plan(schema_of(item["apiVersion"], item["kind"]))
    if plan:
        plan.fill(item)
    return item


@dataclass(slots=True)
class _Plan:
    """What there is to do in a struct and below it."""

    rule: Callable[[Json], None] | None = None
    constants: list[tuple[str, Any]] = field(default_factory=list)
    children: list[tuple[str, str, "_Plan"]] = field(default_factory=list)
    """(field, `struct` or `list`, what to do there)"""
    resources: list[str] = field(default_factory=list)
    """Fields with amounts, which are rounded up to a thousandth."""

    def __bool__(self) -> bool:
        return bool(self.rule or self.constants or self.children or self.resources)

    def fill(self, item: Json) -> None:
        if self.rule:
            self.rule(item)
        for name, value in self.constants:
            if item.get(name) is None:
                item[name] = value
        for name, form, plan in self.children:
            below = item.get(name)
            if below is None:
                continue
            if form == "list":
                for each in below:
                    plan.fill(each)
            else:
                plan.fill(below)
        for name in self.resources:
            amounts = item.get(name)
            if amounts:
                item[name] = {key: _by_the_thousandth(amount) for key, amount in amounts.items()}


_plans: dict[str, _Plan] = {}


def _plan(schema: Schema) -> _Plan:
    if schema.form != "struct":
        return _Plan()
    if schema.name in _plans:
        return _plans[schema.name]
    plan = _plans[schema.name] = _Plan(_RULES.get(schema.name.removeprefix("io.k8s.")))
    for name, known in schema.fields.items():
        inner = known.schema
        if known.go_type == "v1.ResourceList":
            plan.resources.append(name)
        elif known.default is not None and (known.default or known.pointer) and known.default != {}:
            plan.constants.append((name, known.default))
        elif inner.form == "struct" and (below := _plan(inner)):
            plan.children.append((name, "struct", below))
        elif inner.form == "list" and inner.element and (below := _plan(inner.element.schema)):
            plan.children.append((name, "list", below))
    return plan


def _by_the_thousandth(amount: str) -> str:
    if amount[-1] not in "nu" and "." not in amount and "e" not in amount:
        return amount
    value = value_of(amount)
    if (value * 1000).denominator == 1:
        return amount
    rounded = Fraction(ceil(abs(value) * 1000), 1000) * (1 if value > 0 else -1)
    exponent = "e-3" if "e" in amount.lower() and not amount.endswith("E") else "m"
    return canonical(f"{int(rounded * 1000)}{exponent}")
