"""One Prometheus, or anything that speaks its HTTP API (Thanos, Mimir, VictoriaMetrics), read by two clients.

The names of metrics and labels come through prometheus-api-client, in a thread: small answers that are asked once
per look, and what that client is good at. Queries and alerts go through httpx, because there that client is not enough:
it drops the `warnings` array, so partial data would look whole; a query in a thread goes on after its deadline; its
POST leaves the query in the address, where long ones fail; it rounds times to whole seconds; and it knows no alerts.
Both reach the server the same way (access.py) and report with the same words (answers.py).
"""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from domain.errors import ToolFailed
from tools.prometheus import answers
from tools.prometheus.access import Access
from tools.prometheus.directory import Directory
from tools.prometheus.queries import Queries
from tools.prometheus.source import Alert, Rows, Sample, SeriesData

T = TypeVar("T")


class PrometheusServer:
    """A `MetricsSource`. Every call ends after `seconds`, with an answer or a `ToolFailed`."""

    def __init__(self, access: Access, *, seconds: float) -> None:
        self.url = access.url
        self._seconds = seconds
        self._queries = Queries(access, seconds=seconds)
        self._directory = Directory(access, seconds=seconds)

    async def instant(self, query: str, at: datetime) -> Rows[Sample]:
        fields = {"query": query, "time": _timestamp(at)}
        return answers.samples(await self._queries.ask("/api/v1/query", fields, asked=_asked(query)))

    async def range(self, query: str, start: datetime, end: datetime, step_seconds: float) -> Rows[SeriesData]:
        fields = {
            "query": query,
            "start": _timestamp(start),
            "end": _timestamp(end),
            "step": f"{step_seconds:g}",
        }
        return answers.series(await self._queries.ask("/api/v1/query_range", fields, asked=_asked(query)))

    async def alerts(self) -> Rows[Alert]:
        return answers.alerts(await self._queries.ask("/api/v1/alerts", {}, asked="the question for alerts"))

    async def names(self) -> frozenset[str]:
        return await self._in_time(asyncio.to_thread(self._directory.names), "the question for metric names")

    async def labels(self, selector: str) -> frozenset[str]:
        asked = f"the question for the labels of {selector}"
        return await self._in_time(asyncio.to_thread(self._directory.labels, selector), asked)

    async def close(self) -> None:
        await self._queries.close()
        self._directory.close()

    async def _in_time(self, work: Awaitable[T], asked: str) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await work
        except TimeoutError as slow:
            raise ToolFailed(slow_answer(self.url, asked, self._seconds)) from slow


def slow_answer(url: str, asked: str, seconds: float) -> str:
    return (
        f"Prometheus at {url} gave no answer to {asked} in {seconds:g} s. Ask for a shorter range or fewer namespaces."
    )


def _timestamp(at: datetime) -> str:
    return f"{at.timestamp():.3f}"


def _asked(query: str) -> str:
    return f"`{query if len(query) <= 200 else query[:200] + ' …'}`"
