"""Reading targets every few seconds, as Prometheus does: their samples, what the scrape was like, and their absence."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp

from practice.metrics.exposition import Reader, Unreadable
from practice.promql.labels import NAME, Labels, labels_of
from practice.promql.memory import Memory

JOB = "practice"
_LONGEST = 10.0
"""Seconds that a scrape may take, or what lies between two, if that is less."""


@dataclass
class Target:
    """Something that is scraped; it speaks for many, so labels that it gives are kept."""

    url: str
    every: float
    types: dict[str, str] = field(default_factory=dict)
    """What it calls its metrics: counter, gauge, histogram."""
    scraped: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether it has been scraped at all, or tried."""
    _reader: Reader = field(default_factory=Reader)
    _before: frozenset[Labels] = frozenset()
    """Series of the scrape before."""
    _last: datetime | None = None
    _took: float = 0.0
    _wrong: str = ""

    @property
    def labels(self) -> dict[str, str]:
        return {"instance": urlsplit(self.url).netloc, "job": JOB}

    async def scrape(self, session: aiohttp.ClientSession, memory: Memory) -> None:
        """Once; a target that does not answer has `up` 0, and all its series end."""
        began, now = time.perf_counter(), time.time()
        samples: dict[Labels, float] = {}
        try:
            limit = aiohttp.ClientTimeout(min(self.every, _LONGEST))
            async with session.get(self.url, timeout=limit) as answer:
                answer.raise_for_status()
                text = await answer.text()
            samples = {self._complete(labels): value for labels, value, _ in self._reader.samples(text)}
            self.types |= self._reader.types
            self._wrong = ""
        except (aiohttp.ClientError, TimeoutError, OSError, Unreadable, ValueError) as wrong:
            self._wrong = str(wrong) or type(wrong).__name__
        self._last, self._took = datetime.fromtimestamp(now, UTC), time.perf_counter() - began
        about = {
            "up": float(not self._wrong),
            "scrape_duration_seconds": self._took,
            "scrape_samples_scraped": float(len(samples)),
            "scrape_samples_post_metric_relabeling": float(len(samples)),
            "scrape_series_added": float(len(samples.keys() - self._before)),
        }
        self._before = frozenset(samples)
        samples |= {labels_of({NAME: name, **self.labels}): value for name, value in about.items()}
        memory.table(self.url).append(int(now * 1000), samples)
        self.scraped.set()

    async def keep_scraping(self, memory: Memory) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
            due = time.monotonic()
            while True:
                await self.scrape(session, memory)
                due = max(due + self.every, time.monotonic())
                await asyncio.sleep(due - time.monotonic())

    def told(self) -> dict[str, object]:
        """As /api/v1/targets lists it."""
        parts = urlsplit(self.url)
        return {
            "discoveredLabels": {
                "__address__": parts.netloc,
                "__metrics_path__": parts.path,
                "__scheme__": parts.scheme,
                "__scrape_interval__": f"{self.every:g}s",
                "__scrape_timeout__": f"{min(self.every, _LONGEST):g}s",
                "job": JOB,
            },
            "labels": self.labels,
            "scrapePool": JOB,
            "scrapeUrl": self.url,
            "globalUrl": self.url,
            "lastError": self._wrong,
            "lastScrape": (self._last or datetime.fromtimestamp(0, UTC)).isoformat().replace("+00:00", "Z"),
            "lastScrapeDuration": self._took,
            "health": "unknown" if self._last is None else "down" if self._wrong else "up",
            "scrapeInterval": f"{self.every:g}s",
            "scrapeTimeout": f"{min(self.every, _LONGEST):g}s",
        }

    def _complete(self, labels: Labels) -> Labels:
        """With the target's own job and instance, unless the sample has them."""
        own = dict(labels)
        return labels if "job" in own and "instance" in own else labels_of({**self.labels, **own})
