"""The scenario of an image that is not there."""

import pytest

from practice.kubectl import kubectl
from tests.conftest import OpenGround
from tests.needs import needs

pytestmark = pytest.mark.cluster


async def test_a_release_without_its_image_is_healed_by_undoing_it(practice_ground: OpenGround) -> None:
    """The new pod cannot pull; restarting changes nothing, the rollback does."""
    program = needs("kubectl")["kubectl"]
    ground = await practice_ground("bad-image", seed=11)
    deployment = f"deployment/{ground.scenario.victim}"

    before = await ground.healed()
    await kubectl(program, ground.admin_kubeconfig, ["rollout", "restart", deployment])
    restarted = await ground.healed()
    await kubectl(program, ground.admin_kubeconfig, ["rollout", "undo", deployment, "--to-revision=2"])
    await kubectl(program, ground.admin_kubeconfig, ["rollout", "status", deployment, "--timeout=30s"])
    after = await ground.healed()

    assert not before.ok
    assert not restarted.ok
    assert after.ok, after.why
