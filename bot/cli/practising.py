"""A practice cluster with an incident on it, Hilda in front of it and an executor behind; practice is known here."""

import asyncio
import os
import shlex
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.exits import Exit
from bot.cli.options import Cluster
from domain.errors import Misconfigured, ProgramsMissing
from practice import planes, programs
from practice.ground import PracticeGround, Tell
from practice.health import Verdict
from practice.plane import Plane

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings
    from store.record import Store

ENDED_BY = (signal.SIGTERM, signal.SIGHUP)
"""A `kill`, and the terminal's window closed."""


@dataclass(frozen=True)
class Practice:
    """One incident that people can talk to Hilda about."""

    ground: PracticeGround
    app: "App"
    settings: "Settings"
    no_sandbox: str
    """Why approved scripts cannot run here and how that is mended; "" where they can."""

    @property
    def small(self) -> bool:
        """Whether it is played on practice's own API server."""
        return planes.kind_of(self.ground.plane) == "small"

    @property
    def leave_alone(self) -> bool:
        """Whether the right thing is to change nothing."""
        return bool(self.ground.scenario.healed.get("untouched"))

    async def verdict_within(self, seconds: float) -> Verdict:
        """The judge's, with the moment that a fix needs until it shows in pods and metrics."""
        deadline = time.monotonic() + seconds
        while True:
            verdict = await self.ground.healed()
            if verdict.ok or time.monotonic() > deadline:
                return verdict
            await asyncio.sleep(1)

    def second_terminal(self) -> Path:
        """A file to source in another terminal: from then on `hilda` and `kubectl` there mean this practice."""
        ground = self.ground
        oncall = ground.plane.kubeconfig_of("oncall", namespace=ground.namespace, folder=ground.folder)
        kubectl = programs.where("kubectl")
        folders = dict.fromkeys([str(Path(sys.executable).parent), str(kubectl.parent if kubectl else "")])
        variables = {
            "HILDA_STATE_DIR": str(self.settings.state_dir),
            "KUBECONFIG": str(oncall),
            "PROMETHEUS_URL": ground.prometheus_url,
            "ALERTMANAGER_URL": ground.alertmanager_url,
        }
        lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items() if value]
        lines += [f'export PATH={shlex.quote(":".join(filter(None, folders)))}:"$PATH"']
        file = ground.folder / "second-terminal"
        file.write_text("\n".join(lines) + "\n")
        return file


@asynccontextmanager
async def practising(
    scenario: str,
    seed: int,
    *,
    cluster: Cluster | None = None,
    keep: bool = False,
    plane: Plane | None = None,
    tell: Tell,
) -> AsyncIterator[Practice]:
    """The incident, broken when this opens; everything that was started ends with it."""
    trial = asyncio.create_task(why_no_sandbox())
    loading = asyncio.create_task(asyncio.to_thread(_load_hilda))
    try:
        with _said_in_one_line():
            opening = PracticeGround.open(
                scenario, seed, keep=keep, plane=plane, kind=_kind(cluster), settled=False, tell=tell
            )
            async with opening as ground:
                tell("opening Hilda")
                await loading
                async with _hilda(ground, await trial) as practice:
                    yield practice
    finally:
        trial.cancel()
        loading.cancel()


def _load_hilda() -> None:
    """Hilda's own modules take a second, which is there while the cluster starts."""
    for module in ("bot.dispatcher", "bot.worker", "graphs.assist", "graphs.checkpoints", "graphs.remediate"):
        import_module(module)


@asynccontextmanager
async def practice_plane(cluster: Cluster | None, seed: int, tell: Tell) -> AsyncIterator[Plane]:
    """A control plane for several incidents, one after the other."""
    from practice.ground import STARTING

    chosen = planes.chosen(_kind(cluster))
    tell(STARTING[chosen])
    with _said_in_one_line():
        plane = await planes.start(chosen, seed=seed)
    try:
        yield plane
    finally:
        await plane.stop()


@asynccontextmanager
async def _hilda(ground: PracticeGround, no_sandbox: str) -> AsyncIterator[Practice]:
    """An app that sees the ground and nothing else, its people introduced, its executor running."""
    from bot.app import open_app, working
    from bot.cli.practice_people import introduce
    from bot.settings import load_settings
    from store import heartbeat

    state = ground.folder / "hilda"
    settings = load_settings(
        kubeconfig=str(ground.kubeconfig),
        context=ground.context,
        prometheus_url=ground.prometheus_url,
        alertmanager_url=ground.alertmanager_url,
        state_dir=state,
        database_url="",
        audit_key_file=state / "keys" / "audit.key",
        environments={},
    )
    async with open_app(settings) as app, working(app):
        await introduce(app)
        practice = Practice(ground, app, settings, no_sandbox)
        if no_sandbox:
            await heartbeat.cannot(app.store, settings.worker, app.desk.cluster, no_sandbox)
            yield practice
        else:
            await heartbeat.coming(app.store, settings.worker, app.desk.cluster)
            running = asyncio.create_task(execute(ground, app.store, app.desk.cluster, settings))
            try:
                yield practice
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


async def execute(ground: PracticeGround, store: "Store", cluster: str, settings: "Settings") -> None:
    """Until cancelled: an executor, as soon as the cluster may change. What is approved before waits for it."""
    from bot.cli.executor_child import executor_child
    from practice.children import ChildFailed
    from practice.waiting import TookTooLong
    from store import heartbeat

    try:
        if ground.telemetry is not None:
            await ground.telemetry.goes_on()
    except (ChildFailed, TookTooLong, OSError) as failed:
        why = f"The practice's Prometheus did not go on, so nothing can be verified: {failed}"
        await heartbeat.cannot(store, settings.worker, cluster, why)
        return
    async with executor_child(settings, ground.executor_kubeconfig, ground.context, ground.folder / "executor.log"):
        await asyncio.Event().wait()


async def why_no_sandbox() -> str:
    """What keeps scripts from running on this machine, with the way to get it; "" where a sandbox holds."""
    from hands.programs import find_programs
    from hands.sandbox import Sandbox
    from hands.self_test import self_test
    from hands.settings import load_settings

    if sys.platform != "linux":
        return f"bubblewrap, which scripts run in, needs Linux, and this is {sys.platform}. Use a virtual machine."
    try:
        settings = load_settings()
        await self_test(Sandbox(find_programs(settings.path, kubectl=settings.kubectl)))
    except Misconfigured as missing:
        return str(missing)
    except OSError as odd:
        return f"bubblewrap, which scripts run in, cannot be started here: {odd}. `hilda doctor` says more."
    return ""


@contextmanager
def _said_in_one_line() -> Iterator[None]:
    """What practice finds missing or broken is an error that we expect; where its logs are is said, too."""
    from practice.children import ChildFailed
    from practice.kubectl import KubectlFailed
    from practice.waiting import TookTooLong

    try:
        yield
    except programs.MissingPrograms as missing:
        raise ProgramsMissing(str(missing)) from missing
    except (ChildFailed, KubectlFailed, TookTooLong) as failed:
        raise Misconfigured(
            f"The practice cluster did not come up. {failed} Try again; `hilda demo --keep` leaves its logs behind."
        ) from failed


def run_until_left(coroutine: Coroutine[Any, Any, Exit]) -> Exit:
    """Run it; a `kill` or a closed terminal clears up as Ctrl-D does."""

    async def ended() -> Exit:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        for number in ENDED_BY:
            loop.add_signal_handler(number, task.cancel)
        return await coroutine

    try:
        return asyncio.run(ended())
    except asyncio.CancelledError:
        return Exit.interrupted


def _kind(cluster: Cluster | None) -> planes.Kind | None:
    match cluster:
        case None:
            return None
        case Cluster.real:
            return "real"
        case Cluster.small:
            return "small"


def check_name(scenario: str) -> None:
    """A word about what there is when there is no such incident."""
    from bot.cli.main import did_you_mean

    names = list(scenario_titles())
    if scenario not in names:
        near = did_you_mean(scenario, names)
        raise Misconfigured(f"There is no incident {scenario!r}.{near} There are {', '.join(names)}.")


def scenario_titles() -> dict[str, str]:
    from practice.scenario import titles

    return titles()


def drawn(seed: int | None) -> int:
    """The seed that was asked for, or any."""
    return int.from_bytes(os.urandom(2)) % 9_999 + 1 if seed is None else seed
