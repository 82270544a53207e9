"""Real parts that many tests share: one control plane for the whole run, and a practice ground per test that asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from practice.control_plane import ControlPlane
from practice.ground import PracticeGround
from practice.programs import CONTROL_PLANE
from tests.needs import needs

OpenGround: TypeAlias = Callable[..., Awaitable[PracticeGround]]


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real control plane with a kubelet of practice's own, started once; tests keep to namespaces of their own."""
    needs(*CONTROL_PLANE, "kubectl")
    plane = asyncio.run(ControlPlane.start(tmp_path_factory.mktemp("control-plane")))
    yield plane
    asyncio.run(plane.stop())


@pytest.fixture
def kubeconfig(control_plane: ControlPlane) -> Path:
    """The administrator's kubeconfig for the shared control plane."""
    return control_plane.kubeconfig


@pytest.fixture
async def practice_ground(control_plane: ControlPlane) -> AsyncIterator[OpenGround]:
    """`ground = await practice_ground("bad-image", seed=3)`: broken when it comes, gone after the test."""
    async with AsyncExitStack() as stack:

        async def open_ground(scenario: str, seed: int = 1, **more: object) -> PracticeGround:
            opened = PracticeGround.open(scenario, seed, plane=control_plane, **more)  # type: ignore[arg-type]
            return await stack.enter_async_context(opened)

        yield open_ground
