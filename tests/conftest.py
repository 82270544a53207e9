"""Real parts that many tests share: one control plane for the whole run, and a practice ground per test that asks."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

from practice import planes, programs
from practice.control_plane import ControlPlane
from practice.ground import PracticeGround
from practice.plane import Plane
from practice.prometheus import Prometheus
from practice.small_plane import SmallPlane
from tests.leavings import left_as_found
from tests.needs import MUST_NOT_SKIP, needs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a skip is a failure that keeps its reason."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(MUST_NOT_SKIP) == "1":
        report.outcome = "failed"
        report.longrepr = f"Skipped where nothing may be: {report.longrepr}"
    return report


_ON_A_PLANE = {"shared_control_plane", "shared_small_plane", "any_plane"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are given more time begin earlier: no worker is alone with one of them at the end.

    Who asks for a control plane may have to wait until it has started.
    """
    given: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        if not item.get_closest_marker("timeout") and _ON_A_PLANE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(120))
        mark = item.get_closest_marker("timeout")
        given[item.path] = max(given[item.path], float(mark.args[0]) if mark else 0)
    items.sort(key=lambda item: -given[item.path])


# Examples may be slow on a busy machine; in CI they are the same ones each time, so that a red run can be had again.
settings.register_profile("hilda", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("hilda")


class OpenGround(Protocol):
    async def __call__(self, scenario: str, seed: int = 1, *, metrics: bool = True) -> PracticeGround: ...


@pytest.fixture(scope="session")
def shared_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real control plane with a kubelet of practice's own, started once."""
    needs("kubectl")
    if not programs.where("kwokctl"):
        needs(*programs.CONTROL_PLANE)
    plane = asyncio.run(planes.start("real", tmp_path_factory.mktemp("control-plane")))
    assert isinstance(plane, ControlPlane)
    yield plane
    asyncio.run(plane.stop())


@pytest.fixture(scope="session")
def shared_small_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallPlane]:
    """Practice's own small control plane with the same kubelet, started once."""
    plane = asyncio.run(planes.start("small", tmp_path_factory.mktemp("small-plane")))
    assert isinstance(plane, SmallPlane)
    yield plane
    asyncio.run(plane.stop())


@pytest.fixture(scope="module")
def control_plane(shared_control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The real one. Tests keep to namespaces of their own, and what a module leaves goes: others look at all of it."""
    with left_as_found(shared_control_plane):
        yield shared_control_plane


@pytest.fixture(scope="module")
def small_plane(shared_small_plane: SmallPlane) -> Iterator[SmallPlane]:
    """The small one, likewise."""
    with left_as_found(shared_small_plane):
        yield shared_small_plane


@pytest.fixture(params=["real", "small"])
def any_plane(request: pytest.FixtureRequest) -> Plane:
    """The test runs on both: what one does, the other does."""
    plane: Plane = request.getfixturevalue("control_plane" if request.param == "real" else "small_plane")
    return plane


@pytest.fixture
def kubeconfig(control_plane: ControlPlane) -> Path:
    """The administrator's kubeconfig for the shared control plane."""
    return control_plane.kubeconfig


@pytest.fixture(scope="session")
def prometheus_url(shared_control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus that scrapes everything on the shared control plane; it has no past."""
    needs(*programs.METRICS)
    telemetry = asyncio.run(Prometheus.start(tmp_path_factory.mktemp("telemetry"), shared_control_plane))
    yield telemetry.url
    asyncio.run(telemetry.stop())


@pytest.fixture
async def practice_ground(control_plane: ControlPlane) -> AsyncIterator[OpenGround]:
    """`ground = await practice_ground("bad-image", seed=3)`: broken when it comes, gone after the test.

    It has a Prometheus with a past, unless opened with `metrics=False`, which is faster.
    """
    async with AsyncExitStack() as stack:

        async def open_ground(scenario: str, seed: int = 1, *, metrics: bool = True) -> PracticeGround:
            if metrics:
                needs(*programs.METRICS)
            return await stack.enter_async_context(
                PracticeGround.open(scenario, seed, plane=control_plane, metrics=metrics)
            )

        yield open_ground


@pytest.fixture
async def small_ground(small_plane: SmallPlane) -> AsyncIterator[OpenGround]:
    """The same without any of Kubernetes' or Prometheus' own programs, except kubectl."""
    needs("kubectl")
    async with AsyncExitStack() as stack:

        async def open_ground(scenario: str, seed: int = 1, *, metrics: bool = True) -> PracticeGround:
            return await stack.enter_async_context(
                PracticeGround.open(scenario, seed, plane=small_plane, metrics=metrics, prometheus="small")
            )

        yield open_ground
