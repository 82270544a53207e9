"""The real kubectl, for what people and deploy bots do with it, and for judging with fresh eyes."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from practice.api import Json


class KubectlFailed(Exception):
    """kubectl ended badly; the text is what it said."""


async def kubectl(program: Path, kubeconfig: Path, words: Sequence[str], *, given: str = "") -> str:
    """Its standard output."""
    process = await asyncio.create_subprocess_exec(
        program,
        "--kubeconfig",
        kubeconfig,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate(given.encode())
    if process.returncode:
        raise KubectlFailed(f"kubectl {' '.join(words)}: {complained.decode(errors='replace').strip()}")
    return said.decode()


async def apply(program: Path, kubeconfig: Path, objects: Sequence[Json]) -> None:
    """`kubectl apply`, which leaves its annotation of what was applied last."""
    listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    await kubectl(program, kubeconfig, ["apply", "-f", "-"], given=json.dumps(listed))
