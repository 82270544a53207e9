"""One file of kubectl commands, played on two control planes side by side."""

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from practice import programs
from practice.plane import Plane
from practice.worlds import Program, World
from tests.practice.transcript.plain import plain

HERE = Path(__file__).parent
NAMESPACE = "transcript"
_READS = re.compile(
    r"(get|describe|logs|events|diff|explain|version|cluster-info|api-resources|api-versions|auth|wait"
    r"|rollout (status|history))\b"
)
_PATIENCE = 8.0
"""Seconds in which two control planes have to come to the same answer."""
_LONGEST = "60"
_AT_ONCE = 4


@dataclass(frozen=True)
class Command:
    number: int
    text: str
    notes: frozenset[str]
    """`any order`, `exit code`, `at length`: see the head of commands.txt."""

    @property
    def at_length(self) -> bool:
        """Played only where there is time for all of it."""
        return "at length" in self.notes

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing, so that it may be asked again, and beside others."""
        calls = re.findall(r"kubectl (?:--\S+(?: \$\w+|=\S+)? )?(\S+ ?\S*)", self.text)
        return bool(calls) and all(_READS.match(each) for each in calls)

    @property
    def is_quick(self) -> bool:
        """Whether it only reads what is there now."""
        return self.only_reads and not re.search(r"kubectl (wait|rollout status)", self.text)


@dataclass(frozen=True)
class Said:
    code: int
    output: str
    complaint: str


@dataclass(frozen=True)
class Exchange:
    """One command and what came of it on both."""

    command: Command
    real: Said
    small: Said

    @property
    def equal(self) -> bool:
        return self.shown(self.real) == self.shown(self.small)

    def shown(self, said: Said) -> str:
        """What has to be equal."""
        if "exit code" in self.command.notes:
            return str(said.code)
        output, complaint = plain(said.output), plain(said.complaint)
        if "any order" in self.command.notes:
            output, complaint = _sorted(output), _sorted(complaint)
        return f"{output}{complaint}(exit code {said.code})\n"


@dataclass
class Stage:
    """One control plane with what a person has who types commands: a home and kubeconfigs."""

    plane: Plane
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "bin").mkdir(parents=True)
        (self.folder / "bin" / "kubectl").symlink_to(kubectl_program())
        world().write(self.plane.worlds)
        self.environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            # Hundreds of short lives: each is a quarter shorter without collecting its garbage.
            "GOGC": "off",
            "KUBECONFIG": str(self._kubeconfig("admin")),
            **{user.upper(): str(self._kubeconfig(user)) for user in ("hilda", "executor", "guest")},
        }

    async def play(self, command: Command) -> Said:
        process = await asyncio.create_subprocess_exec(
            *("timeout", _LONGEST, "bash", "-c", command.text),
            cwd=HERE / "manifests",
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, complaint = await process.communicate()
        return Said(process.returncode or 0, output.decode(), complaint.decode())

    def _kubeconfig(self, user: str) -> Path:
        return self.plane.kubeconfig_of(user, namespace=NAMESPACE, folder=self.folder)


def commands(file: Path = HERE / "commands.txt") -> list[Command]:
    found = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        text, _, notes = line.partition("  # ")
        if text and not text.startswith("#"):
            found.append(Command(number, text, frozenset(filter(None, notes.split(", ")))))
    return found


async def play(script: Sequence[Command], real: Stage, small: Stage) -> list[Exchange]:
    """All of it on both. What only reads is asked again for a while until both say the same."""
    exchanges: list[Exchange] = []
    for together in _batches(script):
        exchanges += await asyncio.gather(*(_exchange(each, real, small) for each in together))
    return exchanges


def world() -> World:
    """What the images of the transcript hold."""
    image = "registry.example/transcript"
    return World(
        NAMESPACE,
        (NAMESPACE,),
        (
            Program(f"{image}/web", tags=("1.0", "1.1")),
            Program(f"{image}/worker", crashes_after=0.3, last_words="ERROR no work", exit_code=3),
            Program(f"{image}/task", crashes_after=0.3, last_words="INFO done", exit_code=0),
        ),
    )


def kubectl_program() -> Path:
    """The current one that pip installs, if it is here: the one that most people without a cluster will have."""
    beside = Path(sys.executable).parent / "kubectl"
    return beside if beside.exists() else programs.find(["kubectl"])["kubectl"]


async def _exchange(command: Command, real: Stage, small: Stage) -> Exchange:
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    tries = 0
    while True:
        tries += 1
        exchange = Exchange(command, *await asyncio.gather(real.play(command), small.play(command)))
        over = tries > 1 and asyncio.get_running_loop().time() > deadline
        if exchange.equal or over or not command.only_reads:
            return exchange
        await asyncio.sleep(0.3)


def _batches(script: Sequence[Command]) -> list[list[Command]]:
    """Neighbours that only read, and wait for nothing, go together."""
    batches: list[list[Command]] = []
    for command in script:
        last = batches[-1] if batches else []
        if last and len(last) < _AT_ONCE and command.is_quick and last[-1].is_quick:
            last.append(command)
        else:
            batches.append([command])
    return batches


def _sorted(text: str) -> str:
    return "".join(sorted(text.splitlines(keepends=True)))
