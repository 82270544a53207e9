"""Fixtures of the tests of acting."""

import os
import secrets
from collections.abc import AsyncIterator

import pytest

from domain.errors import Misconfigured
from hands.programs import find_programs
from hands.sandbox import Sandbox
from practice.api import Api
from practice.control_plane import ControlPlane
from practice.waiting import until
from tests.hands.cluster import Shop


@pytest.fixture
def sandbox() -> Sandbox:
    """The real one; skipped, with the way to get it, where it cannot be had."""
    try:
        return Sandbox(find_programs(os.environ["PATH"]))
    except Misconfigured as missing:
        pytest.skip(str(missing))


@pytest.fixture
async def shop(control_plane: ControlPlane) -> AsyncIterator[Shop]:
    """A namespace with two deployments and two ConfigMaps, as the controllers left them."""
    namespace = f"shop-{secrets.token_hex(3)}"
    async with Api(control_plane.kubeconfig) as admin:
        await admin.ensure({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        made = Shop(admin, namespace)
        for name in ("web", "other"):
            await made.deployment(name)
        await made.make("ConfigMap", "settings", data={"mode": "fast"})
        await made.make("ConfigMap", "spare", data={"a": "b"})

        async def observed() -> bool:
            found = [await made.get("Deployment", name) for name in ("web", "other")]
            return all(one.get("status", {}).get("observedGeneration") for one in found)

        await until("the controllers to see the deployments", observed, seconds=20)
        yield made
