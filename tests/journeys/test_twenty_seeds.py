"""`hilda demo --play` on every scenario for twenty seeds: right each time, as the cluster read afresh says."""

import asyncio
import sys

import pytest

from practice.scenario import NAMES

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.prometheus, pytest.mark.sandbox]

SEEDS = range(101, 121)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scenario", NAMES)
async def test_a_played_incident_ends_right(scenario: str, seed: int) -> None:
    """Healed, or rightly left alone: exit code 0 says so after a look with kubectl."""
    command = [sys.executable, "-m", "bot.cli", "demo", "--play", scenario, "--seed", str(seed)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()

    assert process.returncode == 0, said.decode()[-4000:]
