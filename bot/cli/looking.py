"""Connecting to what a look needs, and saying meanwhile what is being looked at."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from bot.app import metrics_of
from bot.settings import Settings

if TYPE_CHECKING:
    from tools.kubernetes.client import KubeClient
    from tools.prometheus.source import MetricsSource


@asynccontextmanager
async def connect(settings: Settings) -> "AsyncIterator[tuple[KubeClient, MetricsSource | None]]":
    """The cluster and, where one is set, its metrics; closed again at the end."""
    from tools.kubernetes.client import KubeClient

    client = await KubeClient.connect(settings.kubeconfig or None, settings.context or None)
    try:
        metrics = metrics_of(settings)
        try:
            yield client, metrics
        finally:
            if metrics is not None:
                await metrics.close()
    finally:
        await client.close()


@contextmanager
def progress_on_stderr(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """One line that changes while work is under way, for eyes only: nothing where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    from domain.visible import one_line

    with Console(stderr=True).status(Text("looking …")) as status:
        yield lambda step: status.update(Text(f"looking: {one_line(step)} …"))
