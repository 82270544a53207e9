"""A real API server whose controllers and scheduler are practice's own."""

import asyncio
from collections.abc import Iterator

import pytest

from practice import programs
from practice.control_plane import ControlPlane
from tests.needs import needs


@pytest.fixture(scope="session")
def own_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Like `control_plane`, but nothing of Kubernetes' own runs besides etcd and the API server."""
    needs(*programs.CONTROL_PLANE)
    plane = asyncio.run(ControlPlane.start(tmp_path_factory.mktemp("own-plane"), audit=False, own_controllers=True))
    yield plane
    asyncio.run(plane.stop())
