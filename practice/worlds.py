"""What lies outside the cluster: which images a registry holds, and what the programs in them do.

A world is a JSON file that the kubelet reads when it meets one of the world's namespaces. Nothing in it says what is
wrong: a pod's fate follows from its spec, the objects it refers to, and these programs.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Requirement:
    """A setting that the program does not start without."""

    env: str
    says: str
    """Its last words when the setting is missing or empty."""
    exit_code: int = 1


@dataclass(frozen=True)
class Connection:
    """Something outside the cluster that the program has to reach before it serves."""

    env: str
    """The setting that says where: an address, or a URL."""
    answers: tuple[str, ...]
    """Values of the setting behind which somebody listens; anywhere else the connection is refused."""
    says: str
    """Its last words then; `{address}` is where it tried, as host and port."""
    exit_code: int = 1


@dataclass(frozen=True)
class Pool:
    """Connections to a database that requests wait for."""

    env: str
    """The setting that holds the number of connections."""
    default: int = 20
    hold_ms: float = 80.0
    """How long one request keeps a connection."""
    name: str = "primary"
    gives_up: float = 0.02
    """At most this share of the requests is answered with 503 for want of a connection."""


@dataclass(frozen=True)
class Program:
    """What the containers of one image do."""

    image: str
    """Repository without a tag: `registry.example/shop/cart`."""
    tags: tuple[str, ...] = ()
    """What the registry holds; empty means every tag."""
    service: str = ""
    """The label `service` of its series."""
    port: int = 8080
    paths: tuple[str, ...] = ("/healthz", "/readyz", "/livez")
    """Paths that answer 200."""
    start_seconds: float = 0.1
    requires: tuple[Requirement, ...] = ()
    connects: tuple[Connection, ...] = ()
    memory_mib: int = 96
    requests_per_second: float = 0.0
    """Of the whole service; its ready pods share them."""
    latency_ms: float = 40.0
    """Median of a request that waits for nothing."""
    error_ratio: float = 0.001
    crashes_after: float = 0.0
    """Seconds until it crashes; 0 is never."""
    last_words: str = ""
    exit_code: int = 2
    pool: Pool | None = None
    calls: tuple[str, ...] = ()
    """Settings that hold the address of a Service which it calls once for each request."""
    capacity: float = 0.0
    """Requests per second that one pod answers at its usual pace; 0 is any number."""
    cpu_ms: float = 2.0
    """CPU time of one request."""
    starts_with: tuple[str, ...] = ()
    """Log lines of a good start."""
    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Tag to what is different in it."""

    def at(self, tag: str) -> "Program":
        """The program as it is in one version."""
        return dataclasses.replace(self, **self.versions.get(tag, {}))

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        plain = {name: _number_or(each, cls.__dict__.get(name)) for name, each in value.items()}
        for name in ("tags", "paths", "starts_with", "calls"):
            if name in plain:
                plain[name] = tuple(plain[name])
        plain["requires"] = tuple(Requirement(**each) for each in plain.get("requires") or ())
        plain["connects"] = tuple(
            Connection(**{**each, "answers": tuple(each["answers"])}) for each in plain.get("connects") or ()
        )
        plain["pool"] = Pool(**plain["pool"]) if plain.get("pool") else None
        return cls(**plain)


def _number_or(value: Any, default: object) -> Any:
    """A number that was written as text, as what is drawn from a seed is, where a number is meant."""
    return type(default)(value) if isinstance(value, str) and isinstance(default, int | float) else value


@dataclass(frozen=True)
class World:
    id: str
    namespaces: tuple[str, ...]
    programs: tuple[Program, ...]

    def program(self, image: str) -> Program | None:
        """The program in an image, in the version its tag says; None for images of other people."""
        repository, tag = split_image(image)
        for program in self.programs:
            if program.image == repository:
                return program.at(tag)
        return None

    def with_traffic(self, service: str, requests_per_second: float) -> "World":
        """The same world with more, or fewer, people at one service."""
        programs = [
            dataclasses.replace(each, requests_per_second=requests_per_second) if each.service == service else each
            for each in self.programs
        ]
        return dataclasses.replace(self, programs=tuple(programs))

    def write(self, folder: Path) -> None:
        """Where the kubelet finds it; there in full or not at all."""
        draft = folder / f"{self.id}.draft"
        draft.write_text(json.dumps(dataclasses.asdict(self)))
        draft.rename(folder / f"{self.id}.json")

    @classmethod
    def read(cls, file: Path) -> Self:
        value = json.loads(file.read_text())
        return cls(value["id"], tuple(value["namespaces"]), tuple(Program.parse(each) for each in value["programs"]))


def split_image(image: str) -> tuple[str, str]:
    """Repository and tag.

    >>> split_image("registry.example:5000/shop/cart:1.4.0")
    ('registry.example:5000/shop/cart', '1.4.0')
    >>> split_image("nginx")
    ('nginx', 'latest')
    """
    repository, colon, tag = image.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (image, "latest")


def host_and_port(value: str) -> str:
    """What a URL or an address names.

    >>> host_and_port("amqp://mq.internal:5672/orders"), host_and_port("pg.internal:5432")
    ('mq.internal:5672', 'pg.internal:5432')
    """
    return value.partition("://")[2].partition("/")[0] if "://" in value else value


class Worlds:
    """The worlds in a folder, by namespace; where two claim a namespace, it is the later one's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_namespace: dict[str, World] = {}
        self._read: dict[str, int] = {}

    def of(self, namespace: str) -> World:
        """The world of a namespace now; where nobody made one, all images exist and their programs are fine."""
        # A file that is written anew is a new file of the same name.
        there = {entry.name: entry.inode() for entry in os.scandir(self._folder) if entry.name.endswith(".json")}
        if there != self._read:
            self._read = there
            files = sorted(map(self._folder.joinpath, there), key=lambda file: (file.stat().st_mtime_ns, file.name))
            for world in map(World.read, files):
                self._by_namespace |= dict.fromkeys(world.namespaces, world)
        return self._by_namespace.get(namespace, World("", (), ()))
