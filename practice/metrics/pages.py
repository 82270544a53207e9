"""What links to Prometheus lead to: a query drawn over its time with its last values, and the alerts. No script."""

import html
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from aiohttp import web

from practice.metrics.numbers import rounded
from practice.metrics.rules import Rules
from practice.promql.engine import Engine
from practice.promql.labels import shown
from practice.promql.memory import Floats
from practice.promql.parsing import parse_duration
from practice.promql.problems import BadQuery, CannotExecute
from practice.promql.values import Flags, Scalar, Vector

_COLOURS = ("#1b6ca8", "#c0392b", "#1e8449", "#b9770e", "#6c3483", "#117a65", "#7b241c", "#34495e")
_MOST_SERIES = 40
_POINTS = 240
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px sans-serif;margin:2em;max-width:70em}}input{{width:100%;font:13px monospace;padding:.4em}}
svg{{width:100%;height:20em;border:1px solid #ccc;margin:1em 0}}
td{{padding:.1em .8em .1em 0;font:12px monospace}}</style>
<h1>{title}</h1>{body}<p>Practice's own metrics, from memory. The same API as Prometheus: /api/v1/…</p></html>"""


class Pages:
    def __init__(self, engine: Engine, rules: Rules) -> None:
        self._engine = engine
        self._rules = rules

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self._graph), web.get("/graph", self._graph), web.get("/alerts", self._alerts)]

    async def _graph(self, request: web.Request) -> web.Response:
        query = request.query.get("g0.expr", "")
        form = f'<form action="/graph"><input name="g0.expr" value="{html.escape(query)}" autofocus></form>'
        try:
            end, length = _span(request)
            return _page("Query", form + (self._drawn(query, end - length, end) if query.strip() else ""))
        except (BadQuery, CannotExecute, ValueError) as wrong:
            return _page("Query", f"{form}<p>{html.escape(str(wrong))}</p>")

    async def _alerts(self, _: web.Request) -> web.Response:
        rows = [
            (alert.state, shown(alert.labels), alert.annotations.get("summary", ""), _clock(alert.active_since))
            for alert in self._rules.active()
        ]
        return _page("Alerts", _table(rows) if rows else "<p>Nothing is wrong, as far as the rules say.</p>")

    def _drawn(self, query: str, start: int, end: int) -> str:
        value = self._engine.range(query, start, end, max((end - start) // _POINTS, 1000))
        vector = value.as_vector() if isinstance(value, Scalar) else value
        seen = vector.there & np.isfinite(vector.values)
        order = sorted(np.flatnonzero(seen.any(axis=1)).tolist(), key=lambda row: vector.labels[row])[:_MOST_SERIES]
        if not order:
            return "<p>No series, or no number, in this time.</p>"
        highest = max(float(vector.values[order][seen[order]].max()), 0.0)
        lowest = min(float(vector.values[order][seen[order]].min()), 0.0)
        height = (highest - lowest) or 1.0
        lines = (
            _line((vector.values[row] - lowest) / height, seen[row], _COLOURS[number % len(_COLOURS)])
            for number, row in enumerate(order)
        )
        scale = f"{rounded(lowest)} to {rounded(highest)}, {_clock(start)} to {_clock(end)}"
        picture = f'<svg viewBox="0 0 1000 300" preserveAspectRatio="none">{"".join(lines)}</svg>'
        return f"{picture}<p>{scale}</p>{_table(_last_values(vector, seen, order))}"


def _line(values: Floats, seen: Flags, colour: str) -> str:
    width = max(len(values) - 1, 1)
    points = " ".join(f"{1000 * place / width:.1f},{298 - 296 * values[place]:.1f}" for place in np.flatnonzero(seen))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _last_values(vector: Vector, seen: Flags, order: Iterable[int]) -> list[tuple[str, ...]]:
    def last(row: int) -> str:
        return rounded(float(vector.values[row, np.flatnonzero(seen[row])[-1]]))

    return [(shown(vector.labels[row]), last(row)) for row in order]


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    cells = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _span(request: web.Request) -> tuple[int, int]:
    """End and length in milliseconds; ValueError where they cannot be read."""
    until = request.query.get("g0.end_input", "")
    end = datetime.fromisoformat(until).replace(tzinfo=UTC).timestamp() if until else time.time()
    return round(end * 1000), round(parse_duration(request.query.get("g0.range_input", "1h")).total_seconds() * 1000)


def _clock(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _page(title: str, body: str) -> web.Response:
    return web.Response(text=_PAGE.format(title=title, body=body), content_type="text/html")
