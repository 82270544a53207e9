"""`hilda` as people run it: a process of its own, a home of its own, and an API server to look at."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.tools.kubernetes.api_server import ApiServer

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Hilda(Protocol):
    async def __call__(self, *arguments: str, typed: str = "", **environment: str) -> Ran: ...


@pytest.fixture
def hilda(tmp_path: Path) -> Hilda:
    """`await hilda("check", "-o", "json", KUBECONFIG=...)`."""

    async def run(*arguments: str, typed: str = "", **environment: str) -> Ran:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.cli",
            *arguments,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path / "home"),
                "HILDA_STATE_DIR": str(tmp_path / "hilda"),
                "PYTHONPATH": str(ROOT),
                "TZ": "UTC",
                "KUBECONFIG": str(tmp_path / "none"),
                **environment,
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(typed.encode())
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())

    return run


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    """An API server with the two namespaces that every cluster has; nothing runs on it."""
    names = ("default", "kube-system", "shop")
    metadata = [{"name": name, "uid": f"uid-of-{name}", "labels": {}} for name in names]
    server = ApiServer(objects={"namespaces": [{"metadata": one, "status": {"phase": "Active"}} for one in metadata]})
    await server.start()
    yield server
    await server.stop()
