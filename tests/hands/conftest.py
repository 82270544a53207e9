"""Fixtures of the tests of acting."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator

import pytest

from domain.errors import Misconfigured
from hands.programs import find_programs
from hands.sandbox import Sandbox
from hands.self_test import self_test
from practice.api import Api
from practice.control_plane import ControlPlane
from practice.waiting import until
from tests.hands.cluster import Shop
from tests.needs import MUST_NOT_SKIP

# These become another user, which only root can; for an ordinary user all other tests run as one anyway.
collect_ignore = [] if os.getuid() == 0 else ["test_ordinary_user.py"]


@pytest.fixture(scope="session")
def working_sandbox() -> Sandbox:
    """The real one; skipped, with the way to get it, where it cannot be had. One that does not hold is an error."""
    try:
        found = Sandbox(find_programs(os.environ["PATH"]))
        asyncio.run(self_test(found))
    except Misconfigured as missing:
        it_is_there = "does not hold" in str(missing) or "left processes behind" in str(missing)
        if it_is_there or os.environ.get(MUST_NOT_SKIP) == "1":
            raise
        pytest.skip(str(missing))
    return found


@pytest.fixture
def sandbox(working_sandbox: Sandbox) -> Sandbox:
    return working_sandbox


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
