"""Error budgets, where somebody's rules define them: Sloth's, Pyrra's, the Kubernetes mixin's, and names alike."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.evidence import Evidence
from policy.untrusted import clean
from tools.forecast.outlook import Outlook, named
from tools.prometheus.promql import equals, selector

_ALIKE = re.compile(r"error_budget.*remaining|remaining.*error_budget", re.IGNORECASE)
_NAMES = ("sloth_slo", "slo", "slo_name", "sloth_service", "service", "name")
_MIXIN = "apiserver_request:availability30d"
_MIXIN_OBJECTIVE = 0.99
"""What the mixin's own burn rates are computed with."""
_MOST = 12


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of an error budget is left."""

    name: str
    namespace: str
    left: float
    """Of 1; below 0 where more was spent than there was."""
    before: float | None
    """What was left when the day began."""
    evidence: Evidence

    @property
    def spent_today(self) -> float | None:
        return None if self.before is None else self.before - self.left


async def budgets(outlook: Outlook) -> list[Budget]:
    """Every budget that rules define, least left first."""
    if outlook.ask is None:
        return []
    queries = {name: name for name in sorted(outlook.names) if _ALIKE.search(name)}
    if {"pyrra_availability", "pyrra_objective"} <= outlook.names:
        gone = "(1 - pyrra_availability) / (1 - pyrra_objective)"
        queries["pyrra_availability"] = f"1 - {gone}"
    if _MIXIN in outlook.names:
        queries[_MIXIN] = f'1 - (1 - {_MIXIN}{{verb="all"}}) / (1 - {_MIXIN_OBJECTIVE})'
    found = await asyncio.gather(*(_read(metric, query, outlook) for metric, query in queries.items()))
    return sorted((one for some in found for one in some), key=lambda one: one.left)[:_MOST]


async def _read(metric: str, query: str, outlook: Outlook) -> list[Budget]:
    assert outlook.ask is not None
    now, then = await asyncio.gather(
        outlook.ask.instant(query, outlook.window.end), outlook.ask.instant(query, outlook.window.start)
    )
    before = {_key(row.labels): row.value for row in then}
    return [_budget(metric, query, row.labels, row.value, before.get(_key(row.labels)), outlook) for row in now]


def _budget(
    metric: str, query: str, labels: Mapping[str, str], left: float, before: float | None, outlook: Outlook
) -> Budget:
    name = next((named(labels[label]) for label in _NAMES if labels.get(label)), metric)
    if metric == _MIXIN:
        name = "API server availability"
    one = [equals(label, labels[label]) for label in ("sloth_id", *_NAMES) if labels.get(label)]
    check = selector(metric, *one) if query == metric else query
    said = f"{100 * left:.1f} % of the error budget of {name} is left" + (
        f", {100 * before:.1f} % when the day began" if before is not None else ""
    )
    sample = "\n".join(f"{key}={clean(value, cap=200)}" for key, value in sorted(labels.items()) if key != "__name__")
    return Budget(
        name,
        named(labels.get("exported_namespace") or labels.get("namespace", "")),
        left,
        before,
        outlook.measured(check, f"{said}.", sample, outlook.window),
    )


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in labels.items() if key != "__name__"))
