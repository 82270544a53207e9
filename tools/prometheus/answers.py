"""What a metrics server answered: the data, or a sentence about what came back instead and what to do next."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.errors import ToolFailed
from domain.plain_json import dig
from policy.untrusted import clean
from tools.prometheus.source import Alert, Rows, Sample, SeriesData

MOST_BYTES = 64 * 1024 * 1024
"""More than this is not read: a query that answers so much was asked too widely."""


@dataclass(frozen=True, slots=True)
class Answer:
    data: Any
    warnings: tuple[str, ...] = ()


def understand(status: int, headers: Mapping[str, str], body: bytes, *, url: str, asked: str) -> Answer:
    """The data of one answer of the Prometheus HTTP API, whatever it turns out to be."""
    if 300 <= status < 400:
        raise ToolFailed(_redirected(status, headers.get("location", ""), url, asked), status=status)
    answer = _parsed(body)
    said = _said(answer)
    if status == 200 and isinstance(answer, dict) and answer.get("status") == "success":
        if "data" not in answer:
            raise ToolFailed(f"{_who(url)} answered {asked} without data. Is it a Prometheus server?", status=status)
        return Answer(answer["data"], _warnings(answer))
    if status == 200 and said:
        raise ToolFailed(f"{_who(url)} could not answer {asked}: {said}.", status=status)
    if status == 200:
        raise ToolFailed(
            f"{_who(url)} answered {asked} with {_kind(headers, body)} instead of Prometheus JSON. "
            "PROMETHEUS_URL probably names another server, a login page, or misses a sub-path such as /prometheus.",
            status=status,
        )
    raise ToolFailed(f"{_who(url)} answered {asked} with {status}{_because(said)}. {_advice(status)}", status=status)


def samples(answer: Answer) -> Rows[Sample]:
    """The rows of an instant query: a vector, or a scalar as one row without labels."""
    if _result_type(answer) == "scalar":
        moment, value = _pair(dig(answer.data, "result"))
        rows, left_out = ([Sample({}, value, moment)], 0) if math.isfinite(value) else ([], 1)
        return Rows(rows, warnings=answer.warnings, not_numbers=left_out)
    rows, left_out = [], 0
    for item in _result(answer):
        if "value" not in item:  # a native histogram is no single number
            left_out += 1
            continue
        moment, value = _pair(item["value"])
        if math.isfinite(value):
            rows.append(Sample(_labels(item), value, moment))
        else:
            left_out += 1
    return Rows(rows, warnings=answer.warnings, not_numbers=left_out)


def series(answer: Answer) -> Rows[SeriesData]:
    """The rows of a range query."""
    rows, left_out = [], 0
    for item in _result(answer):
        pairs = _pairs(item.get("values", ()))
        numbers = tuple(pair for pair in pairs if math.isfinite(pair[1]))
        left_out += len(pairs) - len(numbers)
        if numbers:
            rows.append(SeriesData(_labels(item), numbers))
    return Rows(rows, warnings=answer.warnings, not_numbers=left_out)


def alerts(answer: Answer) -> Rows[Alert]:
    found = []
    for item in dig(answer.data, "alerts", default=()):
        if isinstance(item, dict) and isinstance(item.get("labels"), dict):
            annotations = item.get("annotations")
            found.append(
                Alert(
                    _strings(item["labels"]),
                    str(item.get("state", "")),
                    _moment(item.get("activeAt")),
                    _strings(annotations if isinstance(annotations, dict) else {}),
                )
            )
    return Rows(found, warnings=answer.warnings)


def _result_type(answer: Answer) -> str:
    return str(dig(answer.data, "resultType", default=""))


def _result(answer: Answer) -> list[dict[str, Any]]:
    result = dig(answer.data, "result")
    if not isinstance(result, list) or not all(isinstance(item, dict) for item in result):
        raise ToolFailed(
            f"A metrics query came back as {_result_type(answer) or 'something'} that holds no series. "
            "Is PROMETHEUS_URL a Prometheus server?"
        )
    return result


def _labels(item: Mapping[str, Any]) -> dict[str, str]:
    labels = item.get("metric")
    return _strings(labels) if isinstance(labels, dict) else {}


def _strings(labels: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in labels.items()}


def _pairs(values: Any) -> list[tuple[datetime, float]]:
    """All at once, since there are tens of thousands; one by one only to say which is odd."""
    try:
        return [(datetime.fromtimestamp(at, UTC), float(value)) for at, value in values]
    except (TypeError, ValueError, OverflowError, OSError):
        return [_pair(pair) for pair in values] if isinstance(values, list) else [_pair(values)]


def _pair(pair: Any) -> tuple[datetime, float]:
    try:
        return datetime.fromtimestamp(float(pair[0]), UTC), float(pair[1])
    except (TypeError, ValueError, IndexError, KeyError, OverflowError, OSError) as odd:
        raise ToolFailed(
            f"A metrics query came back with {str(pair)[:60]!r} where a time and a value belong. "
            "Is PROMETHEUS_URL a Prometheus server?"
        ) from odd


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _said(answer: Any) -> str:
    said = dig(answer, "error") or dig(answer, "message") or ""
    return clean(said, cap=300).strip().rstrip(".") if isinstance(said, str) else ""


def _warnings(answer: Mapping[str, Any]) -> tuple[str, ...]:
    said = [*(answer.get("warnings") or ()), *(answer.get("infos") or ())]
    # Newer servers also remark on style ("metric might not be a counter"); that says nothing about missing data.
    return tuple(clean(str(line), cap=300) for line in said if not str(line).startswith("PromQL info"))


def _because(said: str) -> str:
    return f" ({said})" if said else ""


def _who(url: str) -> str:
    return f"Prometheus at {url}"


def _kind(headers: Mapping[str, str], body: bytes) -> str:
    begins = body[:200].lstrip().lower()
    if begins.startswith((b"<!doctype html", b"<html")) or "html" in headers.get("content-type", ""):
        return "an HTML page"
    if not body.strip():
        return "nothing"
    return "other JSON" if begins.startswith((b"{", b"[")) and _parsed(body) is not None else "something"


def _redirected(status: int, location: str, url: str, asked: str) -> str:
    to = clean(location.split("?")[0], cap=200)
    if to.startswith("https://") and to.removeprefix("https") == _api(url, to).removeprefix("http"):
        return f"{_who(url)} answered {asked} with {status}, a redirect to https. Write PROMETHEUS_URL with https://."
    return (
        f"{_who(url)} answered {asked} with {status}, a redirect to {to or 'nowhere'}: probably a login page. "
        "Redirects are not followed, so that credentials stay here. Give a token, or the address behind the login."
    )


def _api(url: str, to: str) -> str:
    """`url` continued by the API path of `to`."""
    _, mark, path = to.partition("/api/v1")
    return url + mark + path


def _advice(status: int) -> str:
    match status:
        case 400 | 422:
            return "The query is at fault, or the tenant (X-Scope-OrgID) is missing."
        case 401:
            return "Give a bearer token, or a user name and password, that it accepts."
        case 403:
            return "These credentials, or this tenant (X-Scope-OrgID), may not read here."
        case 404:
            return "Nothing answers the Prometheus API there: check port and sub-path of PROMETHEUS_URL."
        case 413 | 414:
            return "Ask for fewer namespaces."
        case 429:
            return "It limits how much is asked: wait a minute, or ask for less."
        case 502 | 503 | 504:
            return "It is starting, overloaded, or down behind its proxy: try again, or ask for a shorter range."
        case _:
            return "See the log of that server."
