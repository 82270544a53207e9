"""Alert rules: evaluated every few seconds, pending for a while, then firing; their states are series too."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from practice.metrics.numbers import scientific
from practice.metrics.templates import expanded
from practice.promql.engine import Engine
from practice.promql.labels import NAME, Labels, labels_of, nameless
from practice.promql.parsing import parse_duration
from practice.promql.problems import BadQuery, CannotExecute
from practice.promql.values import Scalar, Vector

EVERY = 5.0
_PAST_EVERY = 15_000
"""Milliseconds between evaluations of the past."""
_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass
class Alert:
    labels: Labels
    annotations: dict[str, str]
    value: float
    active_since: int
    """Milliseconds since the epoch."""
    firing_since: int = 0
    """0 while it is pending."""

    @property
    def state(self) -> str:
        return "firing" if self.firing_since else "pending"

    def told(self) -> dict[str, Any]:
        return {
            "labels": dict(self.labels),
            "annotations": self.annotations,
            "state": self.state,
            "activeAt": written_time(self.active_since),
            "value": scientific(self.value),
        }


@dataclass
class Rule:
    name: str
    query: str
    seconds: float
    """How long it is pending."""
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    active: dict[Labels, Alert] = field(default_factory=dict)
    _wrong: str = ""
    _last: datetime = _NEVER
    _took: float = 0.0

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> "Rule":
        waits = str(value.get("for", "0s"))
        return cls(
            value["alert"],
            value["expr"].strip(),
            parse_duration(waits).total_seconds() if waits not in ("0", "0s") else 0.0,
            value.get("labels") or {},
            value.get("annotations") or {},
        )

    def evaluate(self, engine: Engine, at: int) -> None:
        """Which alerts are active at that moment; those that are not any more are gone."""
        began = time.perf_counter()
        try:
            value = engine.instant(self.query, at)
            if not isinstance(value, Scalar | Vector):
                raise CannotExecute("rule result is not a vector or scalar")
            self.hear(value, 0, at)
            self._wrong = ""
        except (BadQuery, CannotExecute) as wrong:
            self._wrong = str(wrong)
        self._last, self._took = datetime.fromtimestamp(at / 1000, UTC), time.perf_counter() - began

    def hear(self, value: Scalar | Vector, place: int, at: int) -> None:
        """What the expression came to at that moment, which is the value's step `place`."""
        vector = value.as_vector() if isinstance(value, Scalar) else value
        rows = np.flatnonzero(vector.there[:, place])
        alerts = [self._alert(vector.labels[row], float(vector.values[row, place]), at) for row in rows.tolist()]
        self.active = {alert.labels: alert for alert in alerts}

    @property
    def state(self) -> str:
        states = {alert.state for alert in self.active.values()}
        return "firing" if "firing" in states else "pending" if states else "inactive"

    def told(self) -> dict[str, Any]:
        """As /api/v1/rules lists it."""
        told = {
            "state": self.state,
            "name": self.name,
            "query": self.query,
            "duration": self.seconds,
            "keepFiringFor": 0,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "alerts": [alert.told() for alert in self.active.values()],
            "health": "err" if self._wrong else "unknown" if self._last == _NEVER else "ok",
            "evaluationTime": self._took,
            "lastEvaluation": self._last.isoformat().replace("+00:00", "Z"),
            "type": "alerting",
        }
        return told | ({"lastError": self._wrong} if self._wrong else {})

    def _alert(self, found: Labels, value: float, at: int) -> Alert:
        own = {name: expanded(text, found, value) for name, text in self.labels.items()}
        labels = labels_of({**dict(nameless(found)), **own, "alertname": self.name})
        annotations = {name: expanded(text, found, value) for name, text in self.annotations.items()}
        before = self.active.get(labels)
        alert = Alert(labels, annotations, value, before.active_since if before else at)
        alert.firing_since = before.firing_since if before else 0
        if not alert.firing_since and at - alert.active_since >= self.seconds * 1000:
            alert.firing_since = at
        return alert


class Rules:
    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        told = yaml.safe_load(file.read_text()) if file else {}
        self._groups = {group["name"]: list(map(Rule.parse, group["rules"])) for group in told.get("groups") or ()}
        self._last = _NEVER
        self._took = 0.0

    def evaluate(self, engine: Engine, at: int) -> None:
        began = time.perf_counter()
        for rule in self:
            rule.evaluate(engine, at)
        self._write(engine, at)
        self._last, self._took = datetime.fromtimestamp(at / 1000, UTC), time.perf_counter() - began

    def catch_up(self, engine: Engine, start: int, end: int) -> None:
        """Go through a past that was written and not lived through, so that alerts know since when."""
        steps = engine.steps(start, end, _PAST_EVERY)
        values = [(rule, engine.range(rule.query, start, end, _PAST_EVERY)) for rule in self]
        for place, at in enumerate(steps.tolist()):
            for rule, value in values:
                rule.hear(value, place, at)
            self._write(engine, at)

    def _write(self, engine: Engine, at: int) -> None:
        series: dict[Labels, float] = {}
        for alert in self.active():
            labels = dict(alert.labels)
            series[labels_of({**labels, NAME: "ALERTS", "alertstate": alert.state})] = 1.0
            series[labels_of({**labels, NAME: "ALERTS_FOR_STATE"})] = float(alert.active_since // 1000)
        engine.memory.table("rules").append(at, series)

    async def keep_evaluating(self, engine: Engine, *, after: Iterable[asyncio.Event]) -> None:
        """Once those have happened, again and again."""
        for each in after:
            await each.wait()
        while True:
            self.evaluate(engine, int(time.time() * 1000))
            await asyncio.sleep(EVERY)

    def __iter__(self) -> Iterator[Rule]:
        for rules in self._groups.values():
            yield from rules

    def active(self) -> Iterator[Alert]:
        for rule in self:
            yield from rule.active.values()

    def alerts(self) -> list[dict[str, Any]]:
        return [alert.told() for alert in self.active()]

    def groups(self) -> list[dict[str, Any]]:
        """As /api/v1/rules lists them."""
        return [
            {
                "name": name,
                "file": str(self._file),
                "rules": [rule.told() for rule in rules],
                "interval": EVERY,
                "limit": 0,
                "evaluationTime": self._took,
                "lastEvaluation": self._last.isoformat().replace("+00:00", "Z"),
            }
            for name, rules in self._groups.items()
        ]


def written_time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")
