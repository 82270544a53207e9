"""`hilda report`: the daily report, now and for any span of time."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import command
from bot.cli.exits import Exit
from bot.cli.options import ContextOption, KubeconfigOption, Output, OutputOption, PrometheusOption, ZoneOption

if TYPE_CHECKING:
    from tools.kubernetes.client import KubeClient

app = command()


@app.command()
def report(
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back: 24h, 90m, 7d.")] = "24h",
    namespace: Annotated[
        list[str] | None, typer.Option("--namespace", "-n", metavar="NS", help="Only this namespace; may be repeated.")
    ] = None,
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    prometheus: PrometheusOption = "",
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """What happened, what is open and whose, what is about to break; exit 2 when the cluster could not be looked at."""
    if not asyncio.run(_report(since, tuple(namespace or ()), context, kubeconfig, prometheus, output, zone)):
        raise typer.Exit(Exit.could_not)


async def _report(
    since: str,
    namespaces: tuple[str, ...],
    context: str,
    kubeconfig: str,
    prometheus: str,
    output: Output,
    zone: str,
) -> bool:
    from datetime import UTC, datetime

    from bot.app import place
    from bot.cli.looking import connect, progress_on_stderr
    from bot.cli.moments import span
    from bot.cli.output import print_cards, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.errors import ToolFailed
    from domain.look import Window
    from domain.subscriptions import Filters
    from graphs.daily import Eyes, gather
    from graphs.day import narrowed
    from graphs.day_json import as_json
    from graphs.words.daily import report_cards

    reader = reader_zone(zone)
    now = datetime.now(UTC)
    window = Window(now - span(since), now)
    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None, prometheus_url=prometheus or None)
    async with open_store(settings) as store, connect(settings) as (kube, metrics):
        try:
            cluster = await kube.cluster_id(seconds=settings.look_seconds)
        except ToolFailed:
            # What the record knows is told all the same; that the cluster is gone, the report says.
            cluster = ""
        if cluster:
            await _must_exist(kube, namespaces, settings.look_seconds)
        label, _ = place(settings, kube.context, cluster, practice=False)
        with progress_on_stderr(quiet=output is not Output.text) as tell:
            whole = await gather(Eyes(kube, metrics, store, cluster, settings.look_seconds), window, tell=tell)
        day = narrowed(whole, Filters(namespaces))
        if output is Output.json:
            print_json(as_json(day))
        else:
            print_cards(report_cards(day, label, reader.key), output, reader)
        return "cluster" not in day.gaps


async def _must_exist(kube: "KubeClient", namespaces: tuple[str, ...], seconds: float) -> None:
    """A misspelt namespace is empty and so looks healthy; say so instead."""
    from domain.errors import ToolFailed
    from tools.kubernetes.kinds import KINDS

    for name in namespaces:
        try:
            await kube.get(KINDS["Namespace"].path(None, name), seconds=seconds)
        except ToolFailed as failed:
            if failed.status == 404:
                raise ToolFailed(f"There is no namespace {name!r} in {kube.context}.", status=404) from failed
