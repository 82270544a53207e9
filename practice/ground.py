"""A practice ground: a real cluster with one incident on it, and a judge who knows when it is over."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from practice import access, planes, programs, telemetries
from practice.api import Api, path_of
from practice.cluster_wide import ClusterWide
from practice.health import Judge, Verdict
from practice.kubectl import KubectlFailed
from practice.past import Past
from practice.plane import Plane
from practice.scenario import Scenario, load
from practice.staging import Staging
from practice.telemetry import Telemetry

Tell = Callable[[str], None]
STARTING: Mapping[planes.Kind, str] = {
    "real": "starting Kubernetes' own control plane",
    "small": "starting practice's small Kubernetes API",
}


@dataclass
class PracticeGround:
    """An open ground. `async with PracticeGround.open("bad-image", seed=7) as ground: ...`"""

    plane: Plane
    scenario: Scenario
    folder: Path
    kubeconfig: Path
    """For Hilda: reads, and rehearses as dry runs."""
    executor_kubeconfig: Path
    admin_kubeconfig: Path
    judge: Judge
    telemetry: Telemetry | None
    before: ClusterWide
    context: str = access.CONTEXT

    @property
    def namespace(self) -> str:
        return self.scenario.namespace

    @property
    def prometheus_url(self) -> str:
        """ "" where it was opened without metrics."""
        return self.telemetry.url if self.telemetry else ""

    @property
    def alertmanager_url(self) -> str:
        """ "" where none was opened."""
        return self.telemetry.alertmanager_url if self.telemetry else ""

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
        plane: Plane | None = None,
        kind: planes.Kind | None = None,
        metrics: bool = True,
        prometheus: telemetries.Kind | None = None,
        settled: bool = True,
        tell: Tell = lambda _: None,
    ) -> AsyncIterator["PracticeGround"]:
        """Bring the scenario to where it is visibly broken.

        `plane` is a control plane to play on; without one a ground starts its own, of that `kind`, and ends it.
        `keep` leaves the folder with its logs behind. `metrics=False` goes without a Prometheus; `prometheus` says
        which one it is to be. Unless `settled`, nothing may change before `telemetry.goes_on()`. `tell` hears what is
        being done, in a few words each.
        """
        kubectl = programs.find(["kubectl"])["kubectl"]
        place = folder or Path(tempfile.mkdtemp(prefix="practice-ground-"))
        place.mkdir(parents=True, exist_ok=True)
        own_plane = plane is None
        try:
            if plane is None:
                kind = planes.chosen(kind)
                tell(STARTING[kind])
                plane = await planes.start(kind, place / "control-plane", seed=seed)
            remembers = telemetries.chosen(prometheus, plane) if metrics else None
            ground = await _set_the_scene(cls, plane, scenario, seed, place, kubectl, remembers, tell)
            try:
                if ground.telemetry and settled:
                    await ground.telemetry.goes_on()
                yield ground
            finally:
                if ground.telemetry:
                    await ground.telemetry.stop()
                if not own_plane:
                    await ground.clear()
        finally:
            if own_plane and plane:
                await plane.stop()
            if not keep and folder is None:
                shutil.rmtree(place, ignore_errors=True)

    async def healed(self) -> Verdict:
        """Judge the cluster as it is now, read afresh; a judge who cannot look has seen nothing healed."""
        try:
            return await self.judge.verdict()
        except (KubectlFailed, aiohttp.ClientError, OSError) as blind:
            return Verdict(False, f"the judge could not look: {blind}")

    async def clear(self) -> None:
        """Delete what the scenario made; the control plane goes on."""
        async with Api(self.admin_kubeconfig) as api:
            await _clear(api, self.scenario, self.before)


_WORKLOAD = (
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("v1", "Service"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "Pod"),
    ("v1", "PersistentVolumeClaim"),
)


async def _clear(api: Api, scenario: Scenario, before: ClusterWide) -> None:
    await asyncio.gather(*(_delete_namespace(api, name) for name in scenario.namespaces))
    await before.put_back(api, scenario.namespace)


async def _delete_namespace(api: Api, name: str) -> None:
    # What runs goes first and at once; the namespace itself takes a few seconds more, empty by then.
    for kind in _WORKLOAD:
        await api.request("DELETE", path_of(*kind, name), params={"gracePeriodSeconds": "0"})
    await api.delete(path_of("v1", "Namespace", name=name))


async def _set_the_scene(
    kind: type[PracticeGround],
    plane: Plane,
    name: str,
    seed: int,
    folder: Path,
    kubectl: Path,
    remembers: telemetries.Kind | None,
    tell: Tell,
) -> PracticeGround:
    async with Api(plane.kubeconfig) as api:
        taken = {item["metadata"]["name"] for item in await api.items(path_of("v1", "Namespace"))}
        before = await ClusterWide.remember(api)
        scenario = load(name, seed, taken, before.labels)
        try:
            past = await _play(Staging(scenario, plane, api, kubectl), Past(plane, scenario), tell)
            tell("moving it into the past" + (", and writing Prometheus' memory of it" if remembers else ""))
            past.settle()
            _, telemetry = await asyncio.gather(past.move(), _remember(remembers, folder, past))
        except BaseException:
            await _clear(api, scenario, before)
            raise
    own = scenario.namespace
    admin = plane.kubeconfig_of("admin", namespace=own, folder=folder)
    judge = Judge(scenario, kubectl, admin, telemetry, before.cordoned)
    await judge.remember(past.happened)
    return kind(
        plane=plane,
        scenario=scenario,
        folder=folder,
        kubeconfig=plane.kubeconfig_of("hilda", namespace=own, folder=folder),
        executor_kubeconfig=plane.kubeconfig_of("executor", namespace=own, folder=folder),
        admin_kubeconfig=admin,
        judge=judge,
        telemetry=telemetry,
        before=before,
    )


async def _play(staging: Staging, past: Past, tell: Tell) -> Past:
    """Play all phases, one after the other."""
    phases, services = staging.scenario.phases, staging.scenario.services
    tell(f"setting up {len(services)} services in {len(staging.scenario.namespaces)} namespaces")
    for number, phase in enumerate(phases, 1):
        tell(f"playing what happened, {number} of {len(phases)}")
        await past.begin()
        if number == 1:
            await staging.make_namespaces()
        await staging.play(phase)
        await past.end()
    return past


async def _remember(which: telemetries.Kind | None, folder: Path, past: Past) -> Telemetry | None:
    """A Prometheus that has seen it all."""
    if which is None:
        return None
    return await telemetries.start(
        which, folder, past.plane, namespaces=past.scenario.namespaces, chapters=past.chapters()
    )
