"""Where the parts meet: one cluster's eyes, the store, the workflows and a worker, opened and closed together."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings
from domain.cards import ClusterLabel
from domain.errors import Misconfigured, ToolFailed
from domain.levels import Level
from domain.plain_json import dig

if TYPE_CHECKING:
    from bot.dispatcher import Dispatcher
    from bot.worker import Worker
    from graphs.chat_model import ChatModel
    from graphs.desk import Desk
    from store.record import Store
    from tools.alertmanager.connection import Alertmanager
    from tools.kubernetes.client import KubeClient
    from tools.prometheus.source import MetricsSource

PRACTICE_LABEL = "hilda.practice/cluster"


@dataclass(frozen=True)
class App:
    desk: "Desk"
    store: "Store"
    dispatcher: "Dispatcher"
    worker: "Worker"
    practice: bool
    """Whether practice started this cluster, as its kube-system namespace says."""


@asynccontextmanager
async def open_app(settings: Settings, *, lease_seconds: float = 9.0) -> AsyncIterator[App]:
    """Everything that one process needs to answer, propose and follow up; acting is the executor's, elsewhere.

    `lease_seconds`: how long another process leaves a job alone whose worker no longer answers.
    """
    # The commands that only need a part of this must not pay for all of it: these imports take a second.
    from bot.dispatcher import Dispatcher
    from bot.worker import Worker
    from graphs.assist import Assist
    from graphs.checkpoints import open_checkpoints
    from graphs.desk import Desk
    from graphs.duty import Duty
    from graphs.remediate import Remedies
    from graphs.unasked import UnaskedLooks
    from runbooks import library
    from runbooks.pages import pages_of
    from runbooks.search import RunbookSearch
    from store.record import Store
    from tools.kubernetes.client import KubeClient

    async with contextlib.AsyncExitStack() as stack:
        kube = await stack.enter_async_context(
            await KubeClient.connect(settings.kubeconfig or None, settings.context or None)
        )
        cluster, practice = await _who_is_this(kube, settings)
        store = await Store.open(settings.database, settings.audit_key)
        stack.push_async_callback(store.close)
        metrics = metrics_of(settings)
        if metrics is not None:
            stack.push_async_callback(metrics.close)
        alertmanager = alertmanager_of(settings)
        if alertmanager is not None:
            stack.push_async_callback(alertmanager.close)
        saver = await stack.enter_async_context(open_checkpoints(settings.database, settings.state_folder))
        model = model_of(settings)
        if model is not None:
            stack.push_async_callback(model.close)
        label, highest = place(settings, kube.context, cluster, practice=practice)
        runbooks = library.load(settings.runbooks)
        desk = Desk(
            kube=kube,
            store=store,
            runbooks=runbooks,
            open_search=lambda: RunbookSearch.open(settings.cache_folder, pages_of(runbooks)),
            kubectl=kubectl(settings),
            label=label,
            cluster=cluster,
            highest=highest,
            metrics=metrics,
            alertmanager=alertmanager,
            model=model,
            look_seconds=settings.look_seconds,
            proposal_minutes=settings.proposal_minutes,
            run_seconds=settings.run_seconds,
        )
        assist = Assist(desk, saver)
        looks = UnaskedLooks(desk)
        stack.push_async_callback(looks.close)
        duty = Duty(
            desk,
            assist,
            looks,
            settings.alerting.policy(kube.context, cluster, label.environment),
            tuple(written.route() for written in settings.routes),
            timedelta(minutes=settings.quiet_minutes),
        )
        dispatcher = Dispatcher(desk, assist, Remedies(desk, saver), duty)
        worker = Worker(store, dispatcher, settings.worker, cluster, lease_seconds)
        yield App(desk, store, dispatcher, worker, practice)


@asynccontextmanager
async def working(app: App, *, at_once: int = 4) -> AsyncIterator[None]:
    """The app's worker at work for as long as this is open, on so many conversations at once."""
    task = asyncio.create_task(app.worker.run(at_once=at_once))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def metrics_of(settings: Settings) -> "MetricsSource | None":
    """The metrics source that the settings name; None where they name none."""
    if not settings.prometheus_url:
        return None
    from tools.prometheus.connection import connect

    return connect(
        settings.prometheus_url,
        token=settings.prometheus_token.get_secret_value(),
        username=settings.prometheus_username,
        password=settings.prometheus_password.get_secret_value(),
        ca=settings.prometheus_ca,
        client_cert=settings.prometheus_client_cert,
        client_key=settings.prometheus_client_key,
        org_id=settings.prometheus_org_id,
        seconds=settings.look_seconds,
    )


def alertmanager_of(settings: Settings) -> "Alertmanager | None":
    """The Alertmanager that the settings name; None where they name none."""
    if not settings.alertmanager_url:
        return None
    from tools.alertmanager.connection import Alertmanager

    return Alertmanager(
        settings.alertmanager_url,
        token=settings.alertmanager_token.get_secret_value(),
        username=settings.alertmanager_username,
        password=settings.alertmanager_password.get_secret_value(),
        ca=settings.alertmanager_ca,
        seconds=settings.look_seconds,
    )


def model_of(settings: Settings) -> "ChatModel | None":
    """The language model, where an endpoint or a key is set; Misconfigured without the model's name."""
    if not (settings.openai_base_url or settings.openai_api_key.get_secret_value()):
        return None
    if not settings.model:
        raise Misconfigured("A model endpoint is set, but no model: set HILDA_MODEL to the model's name there.")
    from graphs.chat_model import ChatModel

    return ChatModel(
        model=settings.model,
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url,
        seconds=settings.model_seconds,
    )


def place(settings: Settings, context: str, cluster: str, *, practice: bool) -> tuple[ClusterLabel, Level]:
    """What this cluster is called on cards, and how high Hilda may climb there."""
    for name, environment in settings.environments.items():
        if {context, cluster} & set(environment.clusters):
            return ClusterLabel(context, name, environment.production), environment.level
    if practice:
        return ClusterLabel(context, "practice"), Level.script
    return ClusterLabel(context), Level.commands


def kubectl(settings: Settings) -> str:
    """The kubectl that rehearses commands: the one set, the one on PATH, or the one installed beside this Python."""
    beside = shutil.which("kubectl", path=str(Path(sys.executable).parent))
    found = settings.kubectl or shutil.which("kubectl") or beside
    return found or "kubectl"


async def _who_is_this(kube: "KubeClient", settings: Settings) -> tuple[str, bool]:
    """The cluster's id, and whether practice started it."""
    from tools.kubernetes.kinds import KINDS

    try:
        namespace = await kube.get(KINDS["Namespace"].path(None, "kube-system"), seconds=settings.look_seconds)
    except ToolFailed as failed:
        if failed.status not in {403, 404}:
            raise
        return kube.context, False
    uid: str = dig(namespace, "metadata", "uid", default=kube.context)
    return uid, dig(namespace, "metadata", "labels", PRACTICE_LABEL) == "true"
