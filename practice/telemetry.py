"""A Prometheus beside the cluster as the rest of practice sees it, whoever plays it."""

import contextlib
import json
import ssl
from collections.abc import Collection
from dataclasses import dataclass

import aiohttp

from practice.children import Children
from practice.history import History
from practice.plane import Plane
from practice.series import Play
from practice.waiting import until

SCRAPES_EVERY = 2.0
SCRAPES_EVERYTHING_EVERY = 10.0
"""A scrape may take no longer than what lies between two, and a whole cluster is much to tell."""


@dataclass
class Telemetry:
    """It remembers the last hour and a half, and scrapes from now on (practice/telemetries.py starts one)."""

    url: str
    children: Children

    @property
    def alertmanager_url(self) -> str:
        """ "" where no Alertmanager's API is to be had beside it."""
        return ""

    async def ask(self, query: str, at: float | None = None) -> dict[str, float]:
        """An instant query's values, by their labels as JSON."""
        asked = {"query": query} | ({} if at is None else {"time": f"{at:.3f}"})
        async with (
            aiohttp.ClientSession(base_url=self.url) as session,
            session.get("/api/v1/query", params=asked) as answer,
        ):
            answer.raise_for_status()
            found = (await answer.json())["data"]["result"]
        return {json.dumps(each["metric"], sort_keys=True): float(each["value"][1]) for each in found}

    async def goes_on(self) -> None:
        """Come back when the present has begun: from then on what is remembered of a pod ends with it."""

    async def stop(self) -> None:
        await self.children.stop()

    async def wait_until_ready(self) -> None:
        await until("Prometheus to be ready", self._is_ready, seconds=40, check=self.children.check)

    async def _is_ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with aiohttp.ClientSession(base_url=self.url) as session, session.get("/-/ready") as answer:
                return answer.status == 200
        return False


def scrapes_every(namespaces: Collection[str]) -> float:
    """Seconds between scrapes of those namespaces; of all of them where none is named."""
    return SCRAPES_EVERY if namespaces else SCRAPES_EVERYTHING_EVERY


async def plays(plane: Plane, namespaces: Collection[str]) -> tuple[Play, ...]:
    """What the kubelet is playing in the namespaces."""
    asked = [("namespace", name) for name in namespaces]
    async with _kubelet(plane) as session, session.get("/plays", params=asked) as answer:
        answer.raise_for_status()
        return tuple(Play.parse(each) for each in await answer.json())


async def go_on(plane: Plane, at: float, history: History) -> None:
    """Have the kubelet's counters go on from where a written history ends."""
    told = {"at": at, "totals": history.totals}
    async with _kubelet(plane) as session, session.post("/meters", json=told) as answer:
        answer.raise_for_status()


def _kubelet(plane: Plane) -> aiohttp.ClientSession:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(cadata=plane.authority.decode())
    return aiohttp.ClientSession(f"https://127.0.0.1:{plane.kubelet_port}", connector=aiohttp.TCPConnector(ssl=tls))
