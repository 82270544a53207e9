"""What tests of practice incidents do on a ground: try a fix, see whether it heals, look for a word."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence

from practice.ground import PracticeGround
from practice.health import Verdict
from practice.kubectl import kubectl
from tests.needs import needs


def fixes(values: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """What each incident's runbook would do, whatever is really wrong."""
    deployment = f"deployment/{values['victim']}"
    selector = {"spec": {"selector": {"app.kubernetes.io/name": values["victim"]}}}
    return {
        "bad-image": ["rollout", "undo", deployment],
        "config-key": ["set", "env", deployment, f"{values['setting_key']}={values['setting_value']}"],
        "pool-exhausted": ["set", "env", deployment, f"{values['pool_setting']}=25"],
        "memory-limit": ["set", "resources", deployment, "--limits=memory=256Mi"],
        "probe-port": ["rollout", "undo", deployment, "--to-revision=2"],
        "wrong-host": ["set", "env", deployment, f"{values['outside_setting']}={values['outside_good']}"],
        "selector-typo": ["patch", "service", values["victim"], "-p", json.dumps(selector)],
        "cordoned": ["uncordon", values["node"]],
        "claim-pending": ["rollout", "undo", deployment, "--to-revision=2"],
        "autoscaler-limit": ["patch", "hpa", values["victim"], "-p", '{"spec": {"maxReplicas": 9}}'],
        "misleading": ["set", "env", deployment, f"{values['pool_setting']}=25"],
    }


async def tried(ground: PracticeGround, words: Sequence[str], *, seconds: float = 2) -> Verdict:
    """The verdict after a fix has had every chance."""
    await on(ground, words)
    started = time.monotonic()
    while not (verdict := await ground.healed()).ok and time.monotonic() - started < seconds:
        await asyncio.sleep(0.3)
    return verdict


async def healed_by(ground: PracticeGround, words: Sequence[str]) -> Verdict:
    return await tried(ground, words, seconds=40)


async def complains(ground: PracticeGround, text: str) -> bool:
    return text in (await ground.healed()).why


async def writes(ground: PracticeGround, service: str, text: str) -> bool:
    """Some pod of the service has it in its log."""
    return text in await on(ground, ["logs", "-l", f"app.kubernetes.io/name={service}", "--tail=20"])


async def on(ground: PracticeGround, words: Sequence[str]) -> str:
    """What kubectl says to the administrator."""
    return await kubectl(needs("kubectl")["kubectl"], ground.admin_kubeconfig, words)
