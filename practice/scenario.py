"""An incident as data: read from its YAML, filled with the names of one seed."""

import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from practice.draw import Drawn, draw, words
from practice.manifests import Claim, ServiceSpec
from practice.worlds import Program, World

NAMES = (
    "bad-image",
    "config-key",
    "pool-exhausted",
    "recovered",
    "memory-limit",
    "probe-port",
    "wrong-host",
    "selector-typo",
    "cordoned",
    "claim-pending",
    "autoscaler-limit",
    "misleading",
)


class NoSuchScenario(Exception):
    """There is no scenario of that name; the text lists those there are."""


@dataclass(frozen=True)
class Phase:
    """One thing that happened, so many minutes ago."""

    minutes_ago: float
    steps: tuple[Mapping[str, Any], ...]
    wait: str | Mapping[str, Any] = ""
    """What to wait for before the next: `healthy`, or how the trouble shows; "" only for the revision to exist."""


@dataclass(frozen=True)
class Scenario:
    name: str
    seed: int
    title: str
    hint: str
    """What a person who meets it has heard, and what they might ask."""
    namespace: str
    victim: str
    """The Deployment it is about."""
    services: tuple[ServiceSpec, ...]
    world: World
    phases: tuple[Phase, ...]
    healed: Mapping[str, Any]
    """For the judge only (practice/health.py)."""
    values: Mapping[str, str]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Its own first, then those of the bystanders."""
        return tuple(dict.fromkeys([self.namespace, *(service.namespace for service in self.services)]))

    def service(self, name: str) -> ServiceSpec:
        return next(each for each in self.services if each.name == name)


def titles() -> dict[str, str]:
    """Every scenario's title by its name."""
    return {name: str(yaml.safe_load(_text(name))["title"]) for name in NAMES}


def load(name: str, seed: int, taken: Collection[str] = (), nodes: Collection[str] = ("node-1",)) -> Scenario:
    """The scenario with the names of that seed, on those nodes; namespaces in `taken` are avoided."""
    if name not in NAMES:
        raise NoSuchScenario(f"There is no scenario {name!r}; there are {', '.join(NAMES)}.")
    raw = yaml.safe_load(_text(name))
    drawn = draw(name, seed, raw.get("draw") or {}, taken, nodes)
    value = _filled(raw, drawn.values)
    special = {drawn.victim: value.get("victim") or {}, **(value.get("services") or {})}
    services = _services(drawn, special)
    return Scenario(
        name=name,
        seed=seed,
        title=value["title"],
        hint=value["hint"],
        namespace=drawn.namespace,
        victim=drawn.victim,
        services=services,
        world=_world(f"{name}-{seed}-{drawn.namespace}", drawn, services, special),
        phases=tuple(
            Phase(float(phase["minutes_ago"]), tuple(phase["steps"]), phase.get("wait", ""))
            for phase in value["phases"]
        ),
        healed=value.get("healed") or {},
        values=drawn.values,
    )


def _text(name: str) -> str:
    return resources.files("practice.scenarios").joinpath(f"{name}.yaml").read_text()


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """The same structure with every ${name} replaced, in keys too."""
    if isinstance(value, str):
        return string.Template(value).substitute(values)
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if isinstance(value, dict):
        return {_filled(key, values): _filled(each, values) for key, each in value.items()}
    return value


def _services(drawn: Drawn, special: Mapping[str, Mapping[str, Any]]) -> tuple[ServiceSpec, ...]:
    chance, known = drawn.random, words()
    services = []
    places = {drawn.namespace: (drawn.victim, *drawn.neighbours)} | dict(drawn.bystanders)
    for namespace, names in places.items():
        for name in names:
            own = special.get(name, {})
            everyday = chance.choice(known["everyday_settings"])
            in_config = chance.random() < 0.5
            replicas = chance.randint(2, 4) if name == drawn.victim else chance.randint(1, 3)
            services.append(
                ServiceSpec(
                    name=name,
                    namespace=namespace,
                    image=f"{drawn.registry}/{name}",
                    replicas=int(own.get("replicas", replicas)),
                    most_replicas=int(own.get("most_replicas", 0)),
                    cpu=own.get("cpu", "50m"),
                    port=chance.choice(known["ports"]),
                    probe_path=chance.choice(known["probe_paths"]),
                    config_name=drawn.values["config_name"] if name == drawn.victim else f"{name}-config",
                    container=chance.choice(known["container_names"]) or name,
                    node_labels=own.get("node_labels", {}),
                    claim=Claim(**own["claim"]) if "claim" in own else None,
                    env={**({} if in_config else everyday), **own.get("env", {})},
                    config={**(everyday if in_config else {}), **own.get("config", {})},
                )
            )
    return tuple(services)


def _world(
    id_: str, drawn: Drawn, services: tuple[ServiceSpec, ...], special: Mapping[str, Mapping[str, Any]]
) -> World:
    chance = drawn.random
    pushed = tuple(tag for key, tag in drawn.values.items() if key.startswith("tag_") and key != "tag_missing")
    programs = []
    for service in services:
        what: dict[str, Any] = {
            "image": service.image,
            "tags": pushed,
            "service": service.name,
            "port": service.port,
            "paths": (service.probe_path,),
            "memory_mib": chance.randint(60, 180),
            "requests_per_second": float(chance.randint(12, 80)),
            "latency_ms": float(chance.randint(12, 60)),
        }
        what |= special.get(service.name, {}).get("program", {})
        programs.append(Program.parse(what))
    namespaces = tuple(dict.fromkeys(service.namespace for service in services))
    return World(id_, namespaces, tuple(programs))
