"""A practice ground: a real cluster with one incident on it, and a judge who knows when it is over."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from practice import access, programs
from practice.api import Api, path_of
from practice.control_plane import ControlPlane
from practice.health import Judge, Verdict
from practice.scenario import Scenario, load
from practice.staging import Staging

Tell = Callable[[str], None]


@dataclass
class PracticeGround:
    """An open ground. `async with PracticeGround.open("bad-image", seed=7) as ground: ...`"""

    plane: ControlPlane
    scenario: Scenario
    folder: Path
    kubeconfig: Path
    """For Hilda: reads, and rehearses as dry runs."""
    executor_kubeconfig: Path
    admin_kubeconfig: Path
    judge: Judge
    prometheus_url: str = ""
    context: str = access.CONTEXT
    untouched: str = ""

    @property
    def namespace(self) -> str:
        return self.scenario.namespace

    @property
    def title(self) -> str:
        return self.scenario.title

    @property
    def hint(self) -> str:
        return self.scenario.hint

    @property
    def audit_log(self) -> Path:
        return self.plane.audit_log

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        scenario: str,
        seed: int = 1,
        folder: Path | None = None,
        keep: bool = False,
        *,
        plane: ControlPlane | None = None,
        tell: Tell = lambda _: None,
    ) -> AsyncIterator["PracticeGround"]:
        """Bring the scenario to where it is visibly broken.

        `plane` is a control plane to play on; without one a ground starts its own, and ends it. `keep` leaves the
        folder with its logs behind. `tell` hears what is being done, in a few words each.
        """
        kubectl = programs.find(["kubectl"])["kubectl"]
        place = folder or Path(tempfile.mkdtemp(prefix="practice-ground-"))
        place.mkdir(parents=True, exist_ok=True)
        own_plane = plane is None
        if plane is None:
            tell("starting a Kubernetes control plane")
            plane = await ControlPlane.start(place / "control-plane", seed=seed)
        try:
            ground = await _set_the_scene(cls, plane, scenario, seed, place, kubectl, tell)
            try:
                yield ground
            finally:
                if not own_plane:
                    await ground.clear()
        finally:
            if own_plane:
                await plane.stop()
            if not keep and folder is None:
                shutil.rmtree(place, ignore_errors=True)

    async def healed(self) -> Verdict:
        """Judge the cluster as it is now, read afresh."""
        return await self.judge.verdict(self.untouched)

    async def clear(self) -> None:
        """Delete what the scenario made; the control plane goes on."""
        async with Api(self.admin_kubeconfig) as api:
            await asyncio.gather(*(_delete_namespace(api, name) for name in self.scenario.namespaces))


_WORKLOAD = (("v1", "Service"), ("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("v1", "Pod"))


async def _delete_namespace(api: Api, name: str) -> None:
    # What runs goes first and at once; the namespace itself takes a few seconds more, empty by then.
    for kind in _WORKLOAD:
        await api.request("DELETE", path_of(*kind, name), params={"gracePeriodSeconds": "0"})
    await api.delete(path_of("v1", "Namespace", name=name))


async def _set_the_scene(
    kind: type[PracticeGround],
    plane: ControlPlane,
    name: str,
    seed: int,
    folder: Path,
    kubectl: Path,
    tell: Tell,
) -> PracticeGround:
    async with Api(plane.kubeconfig) as api:
        taken = {item["metadata"]["name"] for item in await api.items(path_of("v1", "Namespace"))}
        scenario = load(name, seed, taken)
        staging = Staging(scenario, plane, api, kubectl)
        tell(f"setting up {len(scenario.services)} services in {len(scenario.namespaces)} namespaces")
        await staging.make_namespaces()
        for number, phase in enumerate(scenario.phases, 1):
            tell(f"playing what happened, {number} of {len(scenario.phases)}")
            await staging.play(phase)
    own = scenario.namespace
    admin = plane.kubeconfig_of("admin", namespace=own, folder=folder)
    ground = kind(
        plane=plane,
        scenario=scenario,
        folder=folder,
        kubeconfig=plane.kubeconfig_of("hilda", namespace=own, folder=folder),
        executor_kubeconfig=plane.kubeconfig_of("executor", namespace=own, folder=folder),
        admin_kubeconfig=admin,
        judge=Judge(scenario, kubectl, admin),
    )
    ground.untouched = await ground.judge.fingerprint()
    return ground
