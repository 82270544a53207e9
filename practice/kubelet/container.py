"""One container of a pod, from its first pull to its end, as its status and events tell it."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from practice.api import Api, Json
from practice.kubelet.clock import FASTER, nominal_backoff, now, parse, stamp, words
from practice.kubelet.environment import ConfigFault, environment
from practice.kubelet.events import Events
from practice.kubelet.fate import Ends, Runs, fate
from practice.kubelet.log_book import LogBook
from practice.kubelet.probes import first_after, period, probe_fault
from practice.kubelet.work_lines import EVERY, work_line
from practice.traffic import Behaviour
from practice.worlds import Program, Worlds, split_image

LONGEST_WAIT = 12.0
"""Seconds of real time between two tries, so that a fix is felt soon."""


@dataclass
class Surroundings:
    """What the pods of one node share."""

    api: Api
    events: Events
    worlds: Worlds
    node: str
    pulled: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class ContainerPlay:
    around: Surroundings
    pod: Callable[[], Json]
    """The pod as it is now."""
    spec: Json
    changed: Callable[[], None]
    """Called whenever the status has something new to say."""
    how: Callable[["ContainerPlay"], Behaviour]
    """What it is doing now, as its load makes it."""
    state: Json = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last_state: Json = field(default_factory=dict)
    restarts: int = 0
    ready: bool = False
    started: bool = False
    container_id: str = ""
    book: LogBook | None = None
    previous_book: LogBook | None = None
    pool_size: int = 0
    calls: tuple[str, ...] = ()
    """Addresses that its environment gives for what it calls."""
    _failures: int = 0

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def key(self) -> str:
        return f"{self.pod()['metadata']['uid']}/{self.name}"

    @property
    def namespace(self) -> str:
        return str(self.pod()["metadata"]["namespace"])

    @property
    def image(self) -> str:
        return str(self.spec["image"])

    @cached_property
    def program(self) -> Program:
        """What runs in it; an image of other people runs well on the port it declares."""
        known = self.around.worlds.of(self.namespace).program(self.image)
        if known:
            return known
        ports = self.spec.get("ports") or [{"containerPort": 8080}]
        asked = (self.spec.get(probe, {}).get("httpGet", {}).get("path", "/") for probe in _PROBES)
        return Program(split_image(self.image)[0], port=int(ports[0]["containerPort"]), paths=tuple(asked))

    async def run(self) -> None:
        """Until it is cancelled, or has ended for good."""
        await self._pull()
        while True:
            variables = await self._configured()
            exit_code = await self._run_once(variables)
            if not self._restarts_after(exit_code):
                return
            await self._back_off()

    def stop(self) -> None:
        """The pod is going: what runs ends in good order."""
        if "running" in self.state:
            self._end(0, "Completed")

    def status(self) -> Json:
        return {
            "name": self.name,
            "image": self.image,
            "imageID": f"{split_image(self.image)[0]}@sha256:{_digest(self.image)}" if self.container_id else "",
            "containerID": self.container_id,
            "state": self.state,
            "lastState": self.last_state,
            "ready": self.ready,
            "started": self.started,
            "restartCount": self.restarts,
        }

    async def _pull(self) -> None:
        pulled = (self.around.worlds.of(self.namespace).id, self.image)
        if pulled in self.around.pulled:
            await self._event("Pulled", f'Container image "{self.image}" already present on machine')
            return
        failures = 0
        while fault := self._pull_fault():
            failures += 1
            await self._event("Pulling", f'Pulling image "{self.image}"')
            await self._event("Failed", f'Failed to pull image "{self.image}": {fault}', warning=True)
            await self._event("Failed", "Error: ErrImagePull", warning=True)
            self._wait("ErrImagePull", fault)
            await asyncio.sleep(0.4)
            waiting = f'Back-off pulling image "{self.image}"'
            await self._event("BackOff", waiting)
            await self._event("Failed", "Error: ImagePullBackOff", warning=True)
            self._wait("ImagePullBackOff", f"{waiting}: ErrImagePull: {fault}")
            await asyncio.sleep(min(nominal_backoff(failures) / FASTER, LONGEST_WAIT))
        await self._event("Pulling", f'Pulling image "{self.image}"')
        await asyncio.sleep(0.1)
        size = 20_000_000 + int(_digest(self.image)[:6], 16)
        took = f"{size // 40_000}ms"
        text = (
            f'Successfully pulled image "{self.image}" in {took} ({took} including waiting). Image size: {size} bytes.'
        )
        await self._event("Pulled", text)
        self.around.pulled.add(pulled)

    def _pull_fault(self) -> str:
        program = self.around.worlds.of(self.namespace).program(self.image)
        if program is None or not program.tags or split_image(self.image)[1] in program.tags:
            return ""
        failed = f'failed to pull and unpack image "{self.image}": failed to resolve reference "{self.image}"'
        return f"rpc error: code = NotFound desc = {failed}: {self.image}: not found"

    async def _configured(self) -> dict[str, str]:
        while True:
            try:
                return await environment(self.around.api, self.pod(), self.spec)
            except ConfigFault as fault:
                self._wait("CreateContainerConfigError", str(fault))
                await self._event("Failed", f"Error: {fault}", warning=True)
                await asyncio.sleep(1.0)

    async def _run_once(self, variables: dict[str, str]) -> int:
        what = fate(self.program, self.spec, variables)
        self.previous_book, self.book = self.book, LogBook()
        seed = f"{self.key}/{self.restarts}"
        self.container_id = f"containerd://{_digest(seed)}"
        await self._event("Created", f"Container created: {self.name}")
        await self._event("Started", f"Container started: {self.name}")
        self.state = {"running": {"startedAt": stamp(now())}}
        self.started = "startupProbe" not in self.spec
        self.pool_size = what.pool_size if isinstance(what, Runs) else 0
        self.calls = tuple(variables[name] for name in self.program.calls if variables.get(name))
        self.changed()
        for line in what.lines[:-1]:
            self.book.write(line)
        if isinstance(what, Ends):
            await asyncio.sleep(what.after)
            if what.lines[-1:]:
                self.book.write(what.lines[-1])
            self._end(what.exit_code, what.reason)
            return what.exit_code
        await asyncio.sleep(what.ready_after)
        self.book.write(what.lines[-1])
        return await self._serve()

    async def _serve(self) -> int:
        """Probe until liveness fails; then it is killed."""
        async with asyncio.TaskGroup() as group:
            if "startupProbe" in self.spec:
                await self._until_probe_succeeds("startupProbe", "Startup")
                self.started = True
                self.changed()
            beside = [group.create_task(self._watch_readiness()), group.create_task(self._write_work_lines())]
            await self._until_liveness_fails()
            for task in beside:
                task.cancel()
        text = f"Container {self.name} failed liveness probe, will be restarted"
        await self._event("Killing", text)
        self._end(137, "Error")
        return 137

    async def _watch_readiness(self) -> None:
        probe = self.spec.get("readinessProbe")
        if probe is None:
            self._be_ready(True)
            return
        await asyncio.sleep(first_after(probe))
        while True:
            fault = self._probe(probe)
            self._be_ready(not fault)
            if fault:
                await self._event("Unhealthy", f"Readiness probe failed: {fault}", warning=True)
            await asyncio.sleep(period(probe))

    async def _write_work_lines(self) -> None:
        chance = random.Random(self.container_id)
        await asyncio.sleep(chance.uniform(0, EVERY))
        while True:
            if self.book and (line := work_line(self.how(self), chance)):
                self.book.write(line)
            await asyncio.sleep(EVERY)

    async def _until_liveness_fails(self) -> None:
        probe = self.spec.get("livenessProbe")
        if probe is None:
            await asyncio.Event().wait()
        assert probe is not None
        await asyncio.sleep(first_after(probe))
        failures = 0
        while failures < int(probe.get("failureThreshold", 3)):
            await asyncio.sleep(period(probe))
            if fault := self._probe(probe):
                failures += 1
                await self._event("Unhealthy", f"Liveness probe failed: {fault}", warning=True)
            else:
                failures = 0

    async def _until_probe_succeeds(self, field_name: str, title: str) -> None:
        probe = self.spec[field_name]
        await asyncio.sleep(first_after(probe))
        while fault := self._probe(probe):
            await self._event("Unhealthy", f"{title} probe failed: {fault}", warning=True)
            await asyncio.sleep(period(probe))

    def _probe(self, probe: Json) -> str:
        address = str(self.pod().get("status", {}).get("podIP", ""))
        return probe_fault(probe, self.spec, self.program, address)

    async def _back_off(self) -> None:
        nominal = nominal_backoff(self._failures)
        meta = self.pod()["metadata"]
        where = f"pod={meta['name']}_{meta['namespace']}({meta['uid']})"
        # The first restart comes at once; a real kubelet only shows the wait from the second on.
        if self._failures > 1:
            await asyncio.sleep(0.2)
            text = f"back-off {words(nominal)} restarting failed container={self.name} {where}"
            self._wait("CrashLoopBackOff", text)
            in_pod = f"{meta['name']}_{meta['namespace']}({meta['uid']})"
            text = f"Back-off restarting failed container {self.name} in pod {in_pod}"
            await self._event("BackOff", text, warning=True)
            await asyncio.sleep(min(nominal / FASTER, LONGEST_WAIT))
        self.restarts += 1

    def _end(self, exit_code: int, reason: str) -> None:
        began = self.state.get("running", {}).get("startedAt", stamp(now()))
        ended = {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": began,
            "finishedAt": stamp(now()),
            "containerID": self.container_id,
        }
        self.state = {"terminated": ended}
        self.last_state = {"terminated": ended}
        self.ready = self.started = False
        # A good while of running makes up for earlier failures (ten minutes on a real kubelet).
        long_enough = now() - parse(began) > timedelta(minutes=10) / FASTER
        self._failures = 1 if long_enough else self._failures + 1
        if self.book:
            self.book.close()
        self.changed()

    def _restarts_after(self, exit_code: int) -> bool:
        policy = self.pod()["spec"].get("restartPolicy", "Always")
        return policy == "Always" or (policy == "OnFailure" and exit_code != 0)

    def _wait(self, reason: str, message: str) -> None:
        self.state = {"waiting": {"reason": reason, "message": message}}
        self.changed()

    def _be_ready(self, ready: bool) -> None:
        if ready != self.ready:
            self.ready = ready
            self.changed()

    async def _event(self, reason: str, message: str, *, warning: bool = False) -> None:
        around = self.around
        await around.events.write(self.pod(), reason, message, warning=warning, node=around.node, container=self.name)


_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
