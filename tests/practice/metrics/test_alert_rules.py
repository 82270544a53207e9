"""Alert rules: what they say is what a real Prometheus says, and when they fire is what they were told."""

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from practice.metrics.rules import Rules
from practice.metrics.templates import expanded
from practice.promql.engine import Engine
from practice.promql.labels import NAME, Labels, labels_of
from practice.promql.memory import Memory
from tests.practice.promql.beside import Real

VALUES = ("0", "0.0000123", "0.0372", "0.5", "1", "1.2345678", "59.99", "61", "3725", "90061.5", "1e7", "-75", "1e18")
WRITTEN = """
plain: "{{ $value }} of {{ $labels.service }}{{ $labels.nothing }}"
dotted: "{{ .Value }} of {{.Labels.service}}"
duration: "{{ $value | humanizeDuration }}"
percentage: "{{ $value | humanizePercentage }}"
humane: "{{ humanize $value }} {{ humanize1024 $value }}"
format: '{{ printf "%.2f of %s" $value $labels.service }} {{ $value | printf "%.1f%%" }}'
trimmed: "a {{- $value -}} b"
broken: "{{ $labels.service | humanize }}"
"""


@pytest.mark.prometheus
async def test_they_write_as_a_real_prometheus_does(tmp_path: Path) -> None:
    """Every way of writing a number, for large and small ones."""
    annotations = yaml.safe_load(WRITTEN)
    rules = [
        {
            "alert": f"Alert{number}",
            "expr": f'label_replace(vector({value}), "service", "cart", "", "")',
            "labels": {"severity": "page", "asked": "{{ $value }}"},
            "annotations": annotations,
        }
        for number, value in enumerate(VALUES)
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "made up", "interval": "1s", "rules": rules}]}))
    real = Real.start(tmp_path, {"rule_files": [str(file)]})
    ours = Rules(file)

    try:
        while len(theirs := real.told("/api/v1/alerts")["alerts"]) < len(rules):
            await asyncio.sleep(0.1)
        known = real.told("/api/v1/rules")["groups"][0]["rules"]
    finally:
        real.stop()
    ours.evaluate(Engine(Memory()), int(time.time() * 1000))

    for mine, other in zip(_comparable(ours.alerts()), _comparable(theirs), strict=True):
        assert mine == other
    found = ours.groups()[0]["rules"]
    assert [each.keys() for each in found] == [each.keys() for each in known]
    for mine, other in zip(found, known, strict=True):
        assert {key: mine[key] for key in _OF_A_RULE} == {key: other[key] for key in _OF_A_RULE}


_OF_A_RULE = ("state", "name", "duration", "labels", "annotations", "health", "type")


@pytest.mark.parametrize(
    "template",
    [
        "{{ humanize }}",
        "{{ humanize 1 2 }}",
        "{{ if $value }}",
        "{{ $value $value }}",
        '{{ printf "%f" }}',
        "{{ x | y }}",
    ],
)
def test_a_template_that_cannot_be_expanded_says_so(template: str) -> None:
    """In the place of its text; the alert is told all the same."""
    assert expanded(f"a {template}", (), 1.0).startswith("<error expanding template: ")


@pytest.mark.parametrize("template", ["{{ }}", "{{ printf }}", "{{", "}}", '{{ "a|b" }}', "{{ $labels. }}"])
def test_an_odd_template_is_no_accident(template: str) -> None:
    """Text comes out, whatever went in."""
    assert isinstance(expanded(template, (), 1.0), str)


def test_an_alert_is_pending_for_as_long_as_it_was_told(tmp_path: Path) -> None:
    """Inactive, pending, firing, gone; and each state is a series that ends with it."""
    rule = {"alert": "Slow", "expr": "latency > 1", "for": "20s", "labels": {"severity": "page"}}
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "made up", "rules": [rule]}]}))
    memory, rules = Memory(), Rules(file)
    levels = [0.5, 2, 2, 2, 2, 2, 2, 0.5, 2]

    states = []
    for number, level in enumerate(levels):
        at = 1_790_000_000_000 + number * 5000
        memory.table("target").append(at, {labels_of({NAME: "latency", "service": "cart"}): level})
        rules.evaluate(Engine(memory), at)
        states.append([(alert["state"], alert["activeAt"]) for alert in rules.alerts()])

    began, again = "2026-09-21T14:13:25Z", "2026-09-21T14:14:00Z"
    assert states == [[], *[[("pending", began)]] * 4, *[[("firing", began)]] * 2, [], [("pending", again)]]
    seen = Engine(memory).range("ALERTS", 1_790_000_000_000, 1_790_000_040_000, 5000)
    assert {_state(labels): "".join(map(str, there.astype(int))) for labels, there in _rows(seen)} == {
        "pending": "011110001",
        "firing": "000001100",
    }


def test_alerts_know_a_past_that_was_only_written(tmp_path: Path) -> None:
    """Since when it holds, and what held once and is over."""
    rule = {"alert": "Slow", "expr": "latency > 1", "for": "20s"}
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "made up", "rules": [rule]}]}))
    memory, rules = Memory(), Rules(file)
    start = 1_790_000_000_000
    moments = np.arange(start, start + 600_000, 15_000, dtype=np.int64)
    levels = np.where((moments - start < 120_000) | (moments - start >= 480_000), 2.0, 0.5)
    memory.table("target").extend(moments, {labels_of({NAME: "latency", "service": "cart"}): levels})
    engine = Engine(memory)

    rules.catch_up(engine, start, int(moments[-1]))
    rules.evaluate(engine, start + 600_000)

    (alert,) = rules.alerts()
    assert (alert["state"], alert["activeAt"]) == ("firing", "2026-09-21T14:21:20Z")
    fired = engine.range('ALERTS{alertstate="firing"}', start, start + 600_000, 60_000)
    assert [there.astype(int).tolist() for _, there in _rows(fired)] == [[0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]]


def test_a_rule_that_cannot_be_answered_says_so(tmp_path: Path) -> None:
    """The others go on."""
    rules = [{"alert": "Odd", "expr": "up + on (job) up"}, {"alert": "Fine", "expr": "vector(1)"}]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "made up", "rules": rules}]}))
    memory, ours = Memory(), Rules(file)
    at = 1_790_000_000_000
    series = [labels_of({NAME: "up", "job": "a", "instance": instance}) for instance in "bc"]
    memory.table("target").append(at, dict.fromkeys(series, 1.0))

    ours.evaluate(Engine(memory), at)

    odd, fine = ours.groups()[0]["rules"]
    assert (odd["health"], fine["health"], fine["state"]) == ("err", "ok", "firing")
    assert "many-to-many matching not allowed" in odd["lastError"]


def _comparable(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{key: value for key, value in alert.items() if key != "activeAt"} for alert in alerts]
    for alert in kept:
        # What is wrong with a template is said in each one's own words.
        alert["annotations"]["broken"] = alert["annotations"]["broken"].partition(":")[0]
    return sorted(kept, key=lambda alert: str(alert["labels"]["alertname"]))


def _rows(vector: Any) -> list[tuple[Labels, np.ndarray[Any, Any]]]:
    return list(zip(vector.labels, vector.there, strict=True))


def _state(labels: Labels) -> str:
    return dict(labels)["alertstate"]
