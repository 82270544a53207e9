"""Did it work? Runs the verify script, which can change nothing, until it holds or its time is up."""

import asyncio
import time
from dataclasses import dataclass

from domain.proposals import Proposal
from hands.proxy import ApiProxy
from hands.sandbox import Ran, Sandbox
from tools.alertmanager.connection import Alertmanager
from tools.kubernetes.client import KubeClient


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a fix may take to show."""

    seconds: float = 120.0
    pause: float = 2.0


@dataclass(frozen=True, slots=True)
class Verified:
    holds: bool | None
    """None when the verify script itself could not be run to its end."""
    output: str


async def verify(
    sandbox: Sandbox,
    client: KubeClient,
    proposal: Proposal,
    patience: Patience,
    alertmanager: Alertmanager | None = None,
) -> Verified:
    """True as soon as the verify script ends with 0; otherwise how it stood when the time was up."""
    if not proposal.script.verify.strip():
        return Verified(None, "There is no verify script.")
    deadline = time.monotonic() + patience.seconds
    proxy = ApiProxy.to_look(client, proposal, alertmanager)
    async with proxy.listening() as socket:
        while True:
            ran = await sandbox.look(proposal, socket, seconds=max(1.0, deadline - time.monotonic()))
            if ran.exit_code == 0:
                return Verified(True, ran.output)
            if time.monotonic() + patience.pause >= deadline:
                return Verified(_verdict(ran), ran.output)
            await asyncio.sleep(patience.pause)


def _verdict(last: Ran) -> bool | None:
    """It answered and said no; or it never came to an answer."""
    return False if last.exit_code is not None else None
