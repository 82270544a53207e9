"""`hilda ask`: one question, one answer with its evidence."""

import asyncio
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from bot.cli.command import command
from bot.cli.exits import Exit
from bot.cli.options import (
    AsOption,
    ContextOption,
    KubeconfigOption,
    Output,
    OutputOption,
    PrometheusOption,
    ZoneOption,
)

app = command()


@app.command()
def ask(
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="In your own words; - reads it from a pipe.")],
    context: ContextOption = "",
    kubeconfig: KubeconfigOption = "",
    prometheus: PrometheusOption = "",
    as_: AsOption = "",
    output: OutputOption = Output.text,
    zone: ZoneOption = "",
) -> None:
    """Ask one question and get the answer with its evidence; asking again in the same shell goes on from there."""
    question = " ".join(words)
    if question == "-":
        question = sys.stdin.read()
    if not question.strip():
        raise typer.BadParameter('Ask something, as in: hilda ask "what is wrong in shop?"')
    raise typer.Exit(asyncio.run(_ask(question, context, kubeconfig, prometheus, as_, output, zone)))


async def _ask(
    question: str, context: str, kubeconfig: str, prometheus: str, as_: str, output: Output, zone: str
) -> Exit:
    from bot.app import open_app, working
    from bot.cli.output import print_cards
    from bot.cli.speaking import speaker
    from bot.doors.terminal.posts import Posts, is_progress
    from bot.doors.terminal.screen import Screen, stdout_console
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings

    reader = reader_zone(zone)
    settings = load_settings(kubeconfig=kubeconfig or None, context=context or None, prometheus_url=prometheus or None)
    async with open_app(settings) as opened, working(opened):
        who = await speaker(opened, settings, as_, reader, thread=f"ask-{os.getsid(0)}")
        conversation = who.connection(opened)
        posts, failed = Posts(), False
        screen = Screen(stdout_console(), reader) if output is Output.text else None

        async def show() -> None:
            nonlocal failed
            async for reply in conversation.replies():
                failed = failed or reply.key.endswith(":failed")
                posts.add(reply)
                if screen is not None:
                    screen.show(reply)

        showing = asyncio.create_task(show())
        try:
            message = who.listener().says(question)
            if screen is None:
                await conversation.send(message)
            else:
                with screen.turn():
                    await conversation.send(message)
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing
        if screen is None:
            print_cards([card for card in posts.cards if not is_progress(card)], output, reader)
        return Exit.could_not if failed else Exit.ok
