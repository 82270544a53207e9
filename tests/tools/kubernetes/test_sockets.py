"""Requests that are given up leave no socket open, however soon after them the loop ends."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from practice.api import Api
from practice.small_plane import SmallPlane
from tools.kubernetes.client import KubeClient

NODES = "/api/v1/nodes"
Ask: TypeAlias = Callable[[Path, float], Coroutine[Any, Any, None]]


async def _hildas(kubeconfig: Path, seconds: float) -> None:
    async with await KubeClient.connect(str(kubeconfig)) as client:
        await _give_up(asyncio.gather(*(client.get(NODES, seconds=5) for _ in range(5))), seconds)


async def _practices(kubeconfig: Path, seconds: float) -> None:
    async with Api(kubeconfig) as api:

        async def watch() -> None:
            async for _ in api.watch(NODES):
                pass

        await _give_up(watch(), seconds)


@pytest.mark.parametrize("ask", [_hildas, _practices])
def test_a_request_that_is_given_up_leaves_no_socket(
    ask: Ask, small_plane: SmallPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever moment: while it connects, while TLS greets, while the answer comes."""
    complaints: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: complaints.append(str(what.exc_value)))

    for thousandths in range(1, 25):
        asyncio.run(ask(small_plane.kubeconfig, thousandths / 1000))
    gc.collect()

    assert complaints == []


async def _give_up(work: Any, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        pass
