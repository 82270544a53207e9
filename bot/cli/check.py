"""`hilda check`: what is wrong here. Any kubeconfig, no settings, nothing written."""

import asyncio
import os
from typing import Annotated, Any

import typer

from bot.cli.command import command
from bot.cli.exits import Exit
from bot.cli.options import (
    AllOption,
    ContextOption,
    KubeconfigOption,
    NamespaceOption,
    Output,
    OutputOption,
    PrometheusOption,
    ZoneOption,
)
from domain.errors import HildaError

app = command()

_CODES = {"healthy": Exit.ok, "degraded": Exit.no, "unknown": Exit.could_not}


@app.command()
def check(
    namespace: NamespaceOption = None,
    all_namespaces: AllOption = False,
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    prometheus: PrometheusOption = "",
    now: Annotated[str, typer.Option("--now", metavar="T", help="Judge ages as of this time, not the clock's.")] = "",
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """What is wrong here? Looks everywhere it may unless -n narrows it; exit 0 healthy, 1 degraded, 2 cannot tell."""
    if namespace and all_namespaces:
        raise typer.BadParameter("-n and -A exclude each other: one namespace, or all of them.")
    try:
        health = asyncio.run(_check(tuple(namespace or ()), context, kubeconfig, prometheus, now, output, zone))
    except HildaError as failed:
        if output is Output.json:
            from bot.cli.output import print_json

            print_json(_nothing_seen(str(failed)))
        raise
    raise typer.Exit(_CODES[health])


async def _check(
    namespaces: tuple[str, ...],
    context: str,
    kubeconfig: str,
    prometheus: str,
    now: str,
    output: Output,
    zone: str,
) -> str:
    from bot.app import PRACTICE_LABEL, place
    from bot.cli.check_card import check_card
    from bot.cli.looking import connect, progress_on_stderr
    from bot.cli.moments import moment
    from bot.cli.output import print_card, print_json
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.look import Look
    from domain.objects import Scope
    from domain.people import Person
    from domain.plain_json import dig
    from tools.checkup import as_json, checkup

    reader = reader_zone(zone)
    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None, prometheus_url=prometheus or None)
    look_at = moment(now, reader)
    async with connect(settings) as (client, metrics):
        look = Look(
            asker=Person("terminal", "here", str(os.getuid())),
            now=look_at,
            scope=Scope(client.context, namespaces or None),
            seconds=settings.look_seconds,
        )
        with progress_on_stderr(quiet=output is not Output.text) as on_progress:
            done = await checkup(client, look, metrics, on_progress=on_progress)
        if output is Output.json:
            print_json(as_json(done))
        else:
            practice = (
                dig(done.state.get("Namespace", "", "kube-system"), "metadata", "labels", PRACTICE_LABEL) == "true"
            )
            label, _ = place(settings, client.context, done.state.cluster, practice=practice)
            print_card(check_card(done, look, label, reader.key), output, reader)
        return done.health


def _nothing_seen(why: str) -> dict[str, Any]:
    """The public form of a look that never happened."""
    empty: dict[str, Any] = {
        "state": "unknown",
        "causes": [],
        "findings": [],
        "evidence": [],
        "coverage": {},
        "took": {},
    }
    return {**empty, "error": why}
