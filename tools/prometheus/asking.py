"""Asking many questions of one source within a Look: side by side, in time, counted, and with what went wrong noted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from domain.errors import ToolFailed
from domain.look import Look
from tools.prometheus.source import Alert, MetricsSource, Rows, Sample, SeriesData

T = TypeVar("T")
_AT_ONCE = 6


class Asker:
    """A failed question is noted and answered with nothing, so that the others still count; `notes` tell afterwards."""

    def __init__(self, source: MetricsSource, look: Look) -> None:
        self.url = source.url
        self.look = look
        self.failed: list[ToolFailed] = []
        self._source = source
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._left = look.budget.queries
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be seen, in sentences, each once."""
        return tuple(self._notes)

    def note(self, sentence: str) -> None:
        self._notes[sentence] = None

    async def names(self) -> frozenset[str]:
        """The one question without whose answer there is no other; it may fail loudly."""
        return await self._in_time(self._source.names, "the question for metric names")

    async def labels(self, selector: str) -> frozenset[str]:
        """Not counted: bounded by the number of metrics that are of interest."""
        try:
            return await self._in_time(lambda: self._source.labels(selector), f"the labels of {selector}")
        except ToolFailed as failed:
            self._failed(failed)
            return frozenset()

    async def instant(self, query: str, at: datetime) -> Rows[Sample]:
        return self._told(await self._try(lambda: self._source.instant(query, at), f"`{query}`"))

    async def range(self, query: str, start: datetime, end: datetime, step_seconds: float) -> Rows[SeriesData]:
        return self._told(await self._try(lambda: self._source.range(query, start, end, step_seconds), f"`{query}`"))

    async def alerts(self) -> Rows[Alert] | None:
        """None where this server has no alerts to ask for."""
        try:
            return self._told(await self._in_time(self._source.alerts, "the question for alerts"))
        except ToolFailed as failed:
            if failed.status not in (400, 404, 405, 501):
                self._failed(failed)
            return None

    async def _try(self, question: Callable[[], Awaitable[T]], asked: str) -> T | None:
        if self._left <= 0:
            self.note(f"Not everything was asked of Prometheus: one look may ask {self.look.budget.queries} questions.")
            return None
        self._left -= 1
        try:
            return await self._in_time(question, asked)
        except ToolFailed as failed:
            self._failed(failed)
            return None

    async def _in_time(self, question: Callable[[], Awaitable[T]], asked: str) -> T:
        async with self._turns:
            try:
                async with asyncio.timeout(self.look.seconds):
                    return await question()
            except TimeoutError as slow:
                raise ToolFailed(
                    f"Prometheus at {self.url} gave no answer to {asked[:200]} in {self.look.seconds:g} s. "
                    "Ask for fewer namespaces."
                ) from slow

    def _told(self, rows: Rows[T] | None) -> Rows[T]:
        if rows is None:
            return Rows()
        for warning in rows.warnings:
            self.note(f"Prometheus says its data is partial: {warning}")
        if rows.not_numbers and not rows:
            self.note("Some series hold no number for this time: most often there was no traffic.")
        return rows

    def _failed(self, failed: ToolFailed) -> None:
        self.failed.append(failed)
        self.note(str(failed))
