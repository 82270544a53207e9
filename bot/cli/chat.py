"""`hilda chat`: talk with Hilda in this terminal."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.cli.command import command
from bot.cli.options import AsOption, ContextOption, KubeconfigOption, PrometheusOption, ZoneOption
from domain.cards import Card, ClusterLabel, Text, card
from domain.errors import HildaError, NotAllowed

if TYPE_CHECKING:
    from bot.app import App
    from bot.cli.speaking import Speaker
    from bot.doors.terminal.chat import OwnWord
    from bot.doors.terminal.lines import Lines
    from bot.doors.terminal.listener import Listener
    from bot.doors.terminal.screen import Screen
    from bot.settings import Settings
    from domain.messages import Reply

app = command()


@app.command()
def chat(
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    prometheus: PrometheusOption = "",
    as_: AsOption = "",
    zone: ZoneOption = "",
) -> None:
    """Talk with Hilda in this terminal. Lines from a pipe are asked one after the other."""
    asyncio.run(_chat(context, kubeconfig, prometheus, as_, zone))


async def _chat(context: str, kubeconfig: str, prometheus: str, as_: str, zone: str) -> None:
    from bot.app import open_app, working
    from bot.cli.speaking import speaker
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings

    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None, prometheus_url=prometheus or None)
    async with open_app(settings) as opened, working(opened):
        who = await speaker(opened, settings, as_, reader_zone(zone))
        await converse(opened, who, settings, greeting(who.label(opened)))


async def converse(
    opened: "App",
    who: "Speaker",
    settings: "Settings",
    first: Card | None,
    *,
    screen: "Screen | None" = None,
    lines: "Lines | None" = None,
    own_words: "Mapping[str, OwnWord] | None" = None,
    watch: "Callable[[Reply], None]" = lambda _: None,
) -> None:
    """The chat between `who` and the opened app, until the person leaves; what is not given is this terminal's."""
    from bot.doors.terminal.chat import Chat
    from bot.doors.terminal.identity import PRACTICE_NAMES
    from bot.doors.terminal.screen import Screen, stdout_console

    screen, listener = screen or Screen(stdout_console(), who.zone), who.listener()
    label = who.label(opened)

    def become(name: str) -> "tuple[Listener, ClusterLabel]":
        if opened.practice and name not in PRACTICE_NAMES:
            raise NotAllowed(f"Nobody here is called {name}. There are {', '.join(PRACTICE_NAMES)}.")
        other = who.become(opened, settings, name)
        return listener.as_another(other.person, name), other.label(opened)

    names: set[str] = set()
    learning = asyncio.create_task(_learn_names(opened, names))
    if lines is None and sys.stdin.isatty() and sys.stdout.isatty():
        from bot.doors.terminal.prompt import PromptLines

        history = settings.state_folder / "chat_history"
        lines = PromptLines(listener, label, history=history, names=lambda: names)
    elif lines is None:
        from bot.doors.terminal.lines import PipedLines

        lines = PipedLines()
    try:
        await Chat(
            conversation=who.connection(opened),
            listener=listener,
            screen=screen,
            lines=lines,
            cluster=label,
            greeting=first if lines.interactive else None,
            become=become if who.practice_identity else None,
            own_words=own_words or {},
            watch=watch,
        ).run()
    finally:
        learning.cancel()
        with suppress(asyncio.CancelledError):
            await learning


def greeting(label: ClusterLabel) -> Card:
    return card(
        "Hilda is here",
        Text(
            "Ask what is wrong, in your own words. I look and say what I found and how I know; "
            "nothing changes before somebody approves it. `help` says more, Ctrl-D leaves."
        ),
        cluster=label,
    )


async def _learn_names(opened: "App", names: set[str]) -> None:
    """Namespaces and workloads for completion; without them there is just less to complete."""
    with suppress(HildaError):
        known = await opened.desk.names()
        names.update(known.namespaces, (name for _, name in known.workloads))
