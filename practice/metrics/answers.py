"""Prometheus' JSON, written as text: tens of thousands of values come out of one query."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from practice.metrics.numbers import moment, plain, sample
from practice.promql.labels import Labels
from practice.promql.memory import Moments
from practice.promql.values import Scalar, Text, Value, Vector
from practice.promql.windows import Windows


def success(data: Any) -> str:
    return f'{{"status":"success","data":{_json(data)}}}'


def failure(kind: str, said: str) -> str:
    return _json({"status": "error", "errorType": kind, "error": said})


def of_moment(value: Value | Sequence[Windows], at: int) -> str:
    """An instant query's answer."""
    match value:
        case Scalar(values):
            return _result("scalar", f'[{moment(at)},"{plain(float(values[0]))}"]')
        case Text(text):
            return _result("string", f"[{moment(at)},{_json(text)}]")
        case Vector():
            prefix = f'[{moment(at)},"'
            rows = (
                f'{{"metric":{_metric(labels)},"value":{prefix}{sample(number)}"]}}'
                for labels, number, there in zip(
                    value.labels, value.values[:, 0].tolist(), value.there[:, 0].tolist(), strict=True
                )
                if there
            )
            return _result("vector", f"[{','.join(rows)}]")
        case _:
            return _result("matrix", f"[{','.join(_ranges(value))}]")


def of_range(value: Scalar | Vector, steps: Moments) -> str:
    """A range query's answer."""
    if isinstance(value, Scalar):
        value = value.as_vector()
    prefixes = [f'[{moment(at)},"' for at in steps.tolist()]
    order = sorted((row for row in range(len(value.labels))), key=lambda row: value.labels[row])
    rows = [
        _series(
            value.labels[row],
            [
                f'{prefix}{sample(number)}"]'
                for prefix, number, there in zip(
                    prefixes, value.values[row].tolist(), value.there[row].tolist(), strict=True
                )
                if there
            ],
        )
        for row in order
        if value.there[row].any()
    ]
    return _result("matrix", f"[{','.join(rows)}]")


def _ranges(found: Sequence[Windows]) -> Iterable[str]:
    """The samples themselves that a range selector means, with their own times."""
    rows = []
    for windows in found:
        inside = (windows.moments >= windows.ends[0] - windows.length) & (windows.moments <= windows.ends[0])
        for row, labels in enumerate(windows.labels):
            pairs = zip(windows.moments[inside].tolist(), windows.values[row, inside].tolist(), strict=True)
            if samples := [f'[{moment(at)},"{sample(number)}"]' for at, number in pairs]:
                rows.append((labels, samples))
    return [_series(labels, samples) for labels, samples in sorted(rows)]


def _series(labels: Labels, samples: Sequence[str]) -> str:
    return f'{{"metric":{_metric(labels)},"values":[{",".join(samples)}]}}'


def _result(kind: str, result: str) -> str:
    return f'{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}'


def _metric(labels: Labels) -> str:
    return _json(dict(labels))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
