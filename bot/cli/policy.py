"""`hilda policy explain`: what a command could do, and whose consent it would need."""

from typing import Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import Output, OutputOption

app = group("What a command could do, and whose consent it needs.")


@app.callback()
def policy() -> None:
    """What a command could do, and whose consent it needs."""


@app.command(context_settings={"ignore_unknown_options": True})
def explain(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="The command, quoted as one word or after --.")],
    namespace: Annotated[
        str, typer.Option("--default-namespace", metavar="NS", help="Where it names none.")
    ] = "default",
    output: OutputOption = Output.text,
) -> None:
    """Explain a command: risk, reasons, the API requests it may make, who must agree. Exit 1 when it may never run."""
    import shlex

    from bot.cli.output import print_card, print_json
    from bot.cli.policy_card import verdict_card
    from bot.doors.terminal.zones import reader_zone
    from policy.consent import consent
    from policy.explain import as_json
    from policy.explain import explain as judged

    text = words[0] if len(words) == 1 else shlex.join(words)
    verdict = judged(text, namespace)
    if output is Output.json:
        print_json({"command": text, **as_json(verdict)})
    else:
        print_card(verdict_card(text, verdict, consent(verdict.risk)), output, reader_zone())
    raise typer.Exit(Exit.ok if verdict.runnable else Exit.no)
