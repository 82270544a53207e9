"""A real Prometheus and ours, fed the same samples, asked the same questions."""

import json
import math
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice.children import free_ports
from practice.metrics import answers
from practice.promql.engine import Engine
from practice.promql.memory import Memory
from practice.promql.problems import BadQuery, CannotExecute
from tests.needs import needs
from tests.practice.promql.remote_write import write

Json = Any


@dataclass
class Real:
    """A real Prometheus that takes remote writes."""

    url: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, config: Mapping[str, Any]) -> "Real":
        file = folder / "prometheus.yaml"
        file.write_text(json.dumps(config))
        (port,) = free_ports(1)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    needs("prometheus")["prometheus"],
                    f"--config.file={file}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    "--storage.tsdb.retention.time=100y",
                    "--web.enable-remote-write-receiver",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=log,
            )
        real = cls(f"http://127.0.0.1:{port}", process)
        deadline = time.monotonic() + 20
        while real.get("/-/ready")[0] != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                real.stop()
                raise RuntimeError(f"Prometheus did not start: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        return real

    def get(self, path: str, **asked: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(asked)}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def told(self, path: str) -> Json:
        """The data of an answer."""
        return json.loads(self.get(path)[1])["data"]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Both:
    real: Real
    memory: Memory

    @classmethod
    def fed(cls, real: Real, memory: Memory) -> "Both":
        for table in memory.tables.values():
            write(real.url, table)
        return cls(real, memory)

    def differ_at(self, query: str, at: int) -> str:
        """ "" where an instant query has the same answer from both, else what differs."""
        real = self.real.get("/api/v1/query", query=query, time=f"{at / 1000:.3f}")
        return _difference(query, real, self._ours(query, at))

    def differ_over(self, query: str, start: int, end: int, step: int) -> str:
        asked = {"start": f"{start / 1000:.3f}", "end": f"{end / 1000:.3f}", "step": f"{step / 1000:g}"}
        real = self.real.get("/api/v1/query_range", query=query, **asked)
        return _difference(query, real, self._ours(query, start, end, step))

    def _ours(self, query: str, at: int, end: int | None = None, step: int = 0) -> tuple[int, str]:
        engine = Engine(self.memory)
        try:
            if end is None:
                return 200, answers.of_moment(engine.instant(query, at), at)
            return 200, answers.of_range(engine.range(query, at, end, step), engine.steps(at, end, step))
        except BadQuery as wrong:
            return 400, answers.failure("bad_data", str(wrong))
        except CannotExecute as wrong:
            return 422, answers.failure("execution", str(wrong))


def _difference(query: str, real: tuple[int, str], ours: tuple[int, str]) -> str:
    theirs, mine = json.loads(real[1]), json.loads(ours[1])
    if real[0] != ours[0] or theirs.get("errorType") != mine.get("errorType"):
        return f"{query}\n  real {real[0]} {real[1][:300]}\n  ours {ours[0]} {ours[1][:300]}"
    if real[0] != 200:
        return ""
    if theirs["data"]["resultType"] != mine["data"]["resultType"]:
        return f"{query}\n  real {real[1][:300]}\n  ours {ours[1][:300]}"
    known, found = _rows(theirs["data"]), _rows(mine["data"])
    for labels in known.keys() | found.keys():
        if why := _values_differ(known.get(labels, []), found.get(labels, [])):
            return f"{query}\n  {labels}: {why}"
    return ""


def _rows(data: Json) -> dict[str, list[Json]]:
    if data["resultType"] in ("scalar", "string"):
        return {"": [data["result"]]}
    return {json.dumps(row["metric"], sort_keys=True): row.get("values") or [row["value"]] for row in data["result"]}


def _values_differ(known: list[Json], found: list[Json]) -> str:
    times, ours = [at for at, _ in known], [at for at, _ in found]
    if times != ours:
        return f"real has {len(times)} values, ours {len(ours)}: {sorted(set(times) ^ set(ours))[:5]}"
    for (at, theirs), (_, mine) in zip(known, found, strict=True):
        if theirs != mine and not _alike(theirs, mine):
            return f"at {at} real {theirs}, ours {mine}"
    return ""


def _alike(theirs: str, mine: str) -> bool:
    try:
        return math.isclose(float(theirs), float(mine), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False
