"""Is a service as quick and as sound as it was before the trouble? Asked of Prometheus."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from practice.telemetry import Telemetry

_P95 = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{{chosen}}}[{over}])))"
_ERRORS = (
    '(sum(rate(http_requests_total{{{chosen},code=~"5.."}}[{over}])) or vector(0))'
    " / sum(rate(http_requests_total{{{chosen}}}[{over}]))"
)
_BEFORE_THE_TROUBLE = 120
"""Seconds before the last phase: as good as it gets."""


@dataclass
class Figures:
    telemetry: Telemetry
    namespace: str
    wanted: Mapping[str, Any]
    """`p95_within` times the usual, `errors_within` that share of the requests, `of` these services."""
    _usual_p95: dict[str, float] = field(default_factory=dict)

    async def remember(self, trouble_began: float) -> None:
        """What was usual before."""
        # The written history has a value every 15 s, so the usual is read from a longer stretch of it.
        before = trouble_began - _BEFORE_THE_TROUBLE
        for service in self.wanted["of"]:
            self._usual_p95[service] = await self._ask(_P95, service, "5m", before)

    async def faults(self) -> list[str]:
        found = await asyncio.gather(*(self._faults(service) for service in self.wanted["of"]))
        return [fault for faults in found for fault in faults]

    async def _faults(self, service: str) -> list[str]:
        faults = []
        # NaN, where nothing was answered, is not below any bound either.
        if "p95_within" in self.wanted:
            now, usual = await self._ask(_P95, service), self._usual_p95[service]
            if not now <= usual * float(self.wanted["p95_within"]):
                faults.append(f"p95 of {service} is {now:.3f} s, usual is {usual:.3f} s")
        if "errors_within" in self.wanted:
            errors = await self._ask(_ERRORS, service)
            if not errors <= float(self.wanted["errors_within"]):
                faults.append(f"{service} answers {errors:.0%} of its requests with errors")
        return faults

    async def _ask(self, query: str, service: str, over: str = "10s", at: float | None = None) -> float:
        chosen = f'namespace="{self.namespace}",service="{service}"'
        values = await self.telemetry.ask(query.format(chosen=chosen, over=over), at)
        return next(iter(values.values()), math.nan)
