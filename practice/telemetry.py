"""A real Prometheus beside the cluster: it remembers the last hour and a half, and scrapes from now on."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import aiohttp

from practice import programs
from practice.children import ChildFailed, Children, free_ports
from practice.history import Chapter, History, write_history
from practice.plane import Plane
from practice.series import Play
from practice.waiting import until

SCRAPES_EVERY = 2.0
SCRAPES_EVERYTHING_EVERY = 10.0
"""A scrape may take no longer than what lies between two, and a whole cluster is much to tell."""


@dataclass
class Telemetry:
    url: str
    children: Children

    @classmethod
    async def start(
        cls, folder: Path, plane: Plane, *, namespaces: Collection[str] = (), chapters: Sequence[Chapter] = ()
    ) -> "Telemetry":
        """Start one that knows the chapters and goes on with what is played in the namespaces (in all, by default)."""
        found = programs.find(programs.METRICS)
        place = folder / "prometheus"
        data = place / "data"
        await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
        if chapters:
            history = await asyncio.to_thread(write_history, chapters)
            await _make_blocks(found["promtool"], place, data, history)
            await _go_on(plane, chapters[-1].end, history)
        (port,) = free_ports(1)
        children = Children(place)
        children.start(
            [
                found["prometheus"],
                f"--config.file={_configuration(place, plane.kubelet_port, namespaces)}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ]
        )
        telemetry = cls(f"http://127.0.0.1:{port}", children)
        try:
            await until("Prometheus to be ready", telemetry._is_ready, seconds=40, check=children.check)
            if chapters:
                # A series that was only written and never scraped does not end with its pod: it would stand still for
                # five minutes. The first scrape comes about five seconds after the start.
                await until("Prometheus' first scrape", telemetry._has_scraped, seconds=40, check=children.check)
        except BaseException:
            children.kill()
            raise
        return telemetry

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

    async def stop(self) -> None:
        await self.children.stop()

    async def _is_ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with aiohttp.ClientSession(base_url=self.url) as session, session.get("/-/ready") as answer:
                return answer.status == 200
        return False

    async def _has_scraped(self) -> bool:
        return bool(await self.ask('scrape_samples_scraped{job="practice"} > 0'))


async def plays(plane: Plane, namespaces: Collection[str]) -> tuple[Play, ...]:
    """What the kubelet is playing in the namespaces."""
    asked = [("namespace", name) for name in namespaces]
    async with _kubelet(plane) as session, session.get("/plays", params=asked) as answer:
        answer.raise_for_status()
        return tuple(Play.parse(each) for each in await answer.json())


async def _go_on(plane: Plane, at: float, history: History) -> None:
    told = {"at": at, "totals": history.totals}
    async with _kubelet(plane) as session, session.post("/meters", json=told) as answer:
        answer.raise_for_status()


def _kubelet(plane: Plane) -> aiohttp.ClientSession:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(cadata=plane.authority.decode())
    return aiohttp.ClientSession(f"https://127.0.0.1:{plane.kubelet_port}", connector=aiohttp.TCPConnector(ssl=tls))


async def _make_blocks(promtool: Path, place: Path, data: Path, history: History) -> None:
    written = place / "history.txt"
    await asyncio.to_thread(written.write_text, "\n".join(history.lines))
    process = await asyncio.create_subprocess_exec(
        promtool,
        *("tsdb", "create-blocks-from", "openmetrics", written, data),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise ChildFailed(f"promtool could not take the history in {written}: {said.decode(errors='replace')[-600:]}")


def _configuration(place: Path, kubelet_port: int, namespaces: Collection[str]) -> Path:
    rules = place / "rules.yaml"
    rules.write_text(resources.files("practice.scenarios").joinpath("alert-rules.yaml").read_text())
    every = SCRAPES_EVERY if namespaces else SCRAPES_EVERYTHING_EVERY
    config = {
        "global": {"scrape_interval": f"{every:g}s", "evaluation_interval": "5s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {
                "job_name": "practice",
                "scheme": "https",
                "tls_config": {"insecure_skip_verify": True},
                # The kubelet speaks for many targets: their own job and instance labels stand.
                "honor_labels": True,
                "params": {"namespace": list(namespaces)},
                "static_configs": [{"targets": [f"127.0.0.1:{kubelet_port}"]}],
            }
        ],
    }
    file = place / "prometheus.yaml"
    file.write_text(json.dumps(config, indent=2))
    return file
