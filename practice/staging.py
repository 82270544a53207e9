"""Bringing a scenario onto the cluster: each phase done as people and their deploy bots do it."""

import asyncio
import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from practice.api import Api, Json, path_of
from practice.kubectl import apply, kubectl
from practice.manifests import Claim, ServiceSpec, manifests, namespace, volume
from practice.plane import Plane
from practice.scenario import Phase, Scenario
from practice.sign import Sign
from practice.standing import complete
from practice.telemetry import plays
from practice.waiting import until
from practice.worlds import World


@dataclass
class Staging:
    scenario: Scenario
    plane: Plane
    api: Api
    """The administrator's."""
    kubectl: Path
    _world: World = field(init=False)

    def __post_init__(self) -> None:
        self._world = self.scenario.world

    async def make_namespaces(self) -> None:
        """The world first, so that the kubelet knows it before the first pod."""
        self._world.write(self.plane.worlds)
        for name in self.scenario.namespaces:
            await self.api.create(namespace(name, name.split("-")[0]))
        for name in self.scenario.namespaces:
            await until(f"the service account of {name}", partial(self._account, name))

    async def play(self, phase: Phase) -> None:
        """Take the phase's steps and wait until its effect shows."""
        for step in phase.steps:
            ((kind, what),) = step.items()
            match kind:
                case "release":
                    await self._release(what)
                case "kubectl":
                    await kubectl(self.kubectl, self.plane.kubeconfig_of(what["by"]), shlex.split(what["say"]))
                case "traffic":
                    self._world = self._world.with_traffic(what["service"], float(what["requests_per_second"]))
                    self._world.write(self.plane.worlds)
                case "volume":
                    claim = Claim(what["claim"], what["storage_class"])
                    for item in volume(claim, self.scenario.namespace):
                        await self.api.ensure(item)
                case _:
                    raise ValueError(f"{self.scenario.name}: unknown step {kind!r}")
        check = self.plane.children.check
        await until("the controllers to see it", self._observed, check=check)
        match phase.wait:
            case "":
                return
            case "healthy":
                await until("everything to be healthy", self._healthy, check=check)
            case signs:
                assert not isinstance(signs, str)
                sign = Sign(self.api, self.plane, self.scenario.namespace, self.scenario.victim, signs)
                await until(f"the trouble to show: {signs}", sign.shows, check=check)

    async def _release(self, what: Mapping[str, Any]) -> None:
        chosen = [s for s in self.scenario.services if what["service"] in ("all", s.name)]
        objects = [item for service in chosen for item in manifests(_changed(service, what), what["tag"])]
        await apply(self.kubectl, self.plane.kubeconfig_of("deploy-bot"), objects)

    async def _account(self, name: str) -> bool:
        return await self.api.find(path_of("v1", "ServiceAccount", name, "default")) is not None

    async def _deployments(self) -> list[Json]:
        lists = [self.api.items(path_of("apps/v1", "Deployment", name)) for name in self.scenario.namespaces]
        return [item for items in await asyncio.gather(*lists) for item in items]

    async def _observed(self) -> bool:
        """Every Deployment's newest revision has its ReplicaSet."""
        return all(
            item.get("status", {}).get("observedGeneration") == item["metadata"]["generation"]
            for item in await self._deployments()
        )

    async def _healthy(self) -> bool:
        """Rolled out, and everybody who is ready gets requests."""
        deployments = await self._deployments()
        if not all(map(complete, deployments)) or any(map(self._is_short, deployments)):
            return False
        playing = await plays(self.plane, self.scenario.namespaces)
        return all(play.how.requests_per_second for play in playing if play.ready)

    def _is_short(self, deployment: Json) -> bool:
        """Its autoscaler has not yet seen to it."""
        return bool(deployment["spec"]["replicas"] < self.scenario.service(deployment["metadata"]["name"]).replicas)


def _changed(service: ServiceSpec, what: Mapping[str, Any]) -> ServiceSpec:
    return dataclasses.replace(
        service,
        env={**service.env, **what.get("env", {})},
        config={**service.config, **what.get("config", {})},
        memory=what.get("memory", service.memory),
        node_labels=what.get("node_labels", service.node_labels),
        claim=Claim(**what["claim"]) if "claim" in what else service.claim,
        readiness_port=int(what["readiness_port"]) if "readiness_port" in what else service.readiness_port,
    )
