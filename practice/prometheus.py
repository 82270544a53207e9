"""A real Prometheus: its past is made into blocks by promtool."""

import asyncio
import contextlib
import json
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path

import aiohttp

from practice import programs
from practice.children import ChildFailed, Children, free_ports
from practice.history import Chapter, History, write_history
from practice.plane import Plane
from practice.telemetry import Telemetry, go_on, scrapes_every
from practice.waiting import until


class Prometheus(Telemetry):
    @classmethod
    async def start(
        cls, folder: Path, plane: Plane, *, namespaces: Collection[str] = (), chapters: Sequence[Chapter] = ()
    ) -> "Prometheus":
        """Start one that knows the chapters and goes on with what is played in the namespaces (in all, by default)."""
        found = programs.find(programs.METRICS)
        place = folder / "prometheus"
        data = place / "data"
        await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
        if chapters:
            history = await asyncio.to_thread(write_history, chapters)
            await _make_blocks(found["promtool"], place, data, history)
            await go_on(plane, chapters[-1].end, history)
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
            await telemetry.wait_until_ready()
        except BaseException:
            children.kill()
            raise
        return telemetry

    async def goes_on(self) -> None:
        """A series that was only written and never scraped does not end with its pod: it would stand still for five
        minutes. The first scrape comes about five seconds after the start."""
        await until("Prometheus' first scrape", self._has_scraped, seconds=40, check=self.children.check)

    async def _has_scraped(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            return bool(await self.ask('up{job="practice"} == 1'))
        return False


async def _make_blocks(promtool: Path, place: Path, data: Path, history: History) -> None:
    written = place / "history.txt"
    await asyncio.to_thread(lambda: written.write_text("\n".join(history.lines())))
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
    config = {
        "global": {"scrape_interval": f"{scrapes_every(namespaces):g}s", "evaluation_interval": "5s"},
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
