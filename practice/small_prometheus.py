"""A Prometheus without Prometheus: practice's own process answers its HTTP API from memory (practice/metrics/)."""

import asyncio
import dataclasses
import json
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import urlencode

from practice.children import Children, free_ports
from practice.history import Chapter, write_history
from practice.plane import Plane
from practice.telemetry import Telemetry, go_on, scrapes_every


class SmallPrometheus(Telemetry):
    @property
    def alertmanager_url(self) -> str:
        return self.url

    @classmethod
    async def start(
        cls, folder: Path, plane: Plane, *, namespaces: Collection[str] = (), chapters: Sequence[Chapter] = ()
    ) -> "SmallPrometheus":
        """Start one that knows the chapters and goes on with what is played in the namespaces (in all, by default)."""
        place = folder / "metrics"
        place.mkdir(parents=True, exist_ok=True)
        (port,) = free_ports(1)
        asked = urlencode([("namespace", name) for name in namespaces])
        rules = resources.files("practice.scenarios").joinpath("alert-rules.yaml")
        flags: dict[str, object] = {
            "--port": port,
            "--scrape": f"https://127.0.0.1:{plane.kubelet_port}/metrics" + (f"?{asked}" if asked else ""),
            "--every": f"{scrapes_every(namespaces):g}",
            "--rules": place / "rules.yaml",
        }
        (place / "rules.yaml").write_text(rules.read_text())
        if chapters:
            flags["--history"] = place / "history.json"
            (place / "history.json").write_text(json.dumps([dataclasses.asdict(chapter) for chapter in chapters]))
            # The first scrape is where the past and the present meet: the counters have to be in step by then.
            await go_on(plane, chapters[-1].end, await asyncio.to_thread(write_history, chapters))
        children = Children(place)
        children.start_module("practice.metrics", flags)
        telemetry = cls(f"http://127.0.0.1:{port}", children)
        try:
            await telemetry.wait_until_ready()
        except BaseException:
            children.kill()
            raise
        return telemetry
