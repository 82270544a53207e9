"""The root of the command line: lazy commands, did-you-mean, and one clear line for every error we expect."""

import sys
import traceback
from importlib import import_module
from itertools import groupby
from typing import Any, NoReturn, TextIO

import typer
from typer.core import TyperGroup

from bot.cli.catalog import COMMANDS
from bot.cli.exits import MEANINGS, Exit
from domain.errors import HildaError, NotAllowed, ProgramsMissing

DEBUG = "--debug"


class LazyCommands(TyperGroup):
    """Knows all commands by name and loads one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [command.name for command in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = next((command.module for command in COMMANDS if command.name == cmd_name), None)
        if module is None:
            return None
        command = typer.main.get_command(import_module(f"bot.cli.{module}").app)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: Any) -> Any:
        """Typer suggests among loaded commands only; ours are known by name without loading."""
        name = args[0]
        if name not in self.list_commands(ctx):
            ctx.fail(f"No such command '{shown(name)}'.{did_you_mean(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        widest = max(len(command.name) for command in COMMANDS)
        for group, commands in groupby(COMMANDS, key=lambda command: command.group):
            with formatter.section(group):
                formatter.write_dl([(f"{command.name:<{widest}}", command.summary) for command in commands])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{int(code):<9}", meaning) for code, meaning in MEANINGS.items()])
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text("Begin with `hilda check` on your cluster, or `hilda demo` on a broken one of ours.")


def did_you_mean(name: str, known: list[str]) -> str:
    """` Did you mean 'check'?`, or nothing where no name is near."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


def shown(text: str) -> str:
    """What was typed, safe to print back."""
    return text if text.isprintable() else ascii(text)[1:-1]


root = typer.Typer(
    cls=LazyCommands,
    name="hilda",
    help="Hilda, an on-call colleague: looks, explains, and acts only when a person has approved.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hilda {version('hilda-oncall')}")
        raise typer.Exit


@root.callback()
def hilda(
    debug: bool = typer.Option(False, DEBUG, help="Show where an error came from, for a bug report."),
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True, callback=_version),
) -> None:
    """Both options have done their work before this is called: errors may come while others are still parsed."""


def run(arguments: list[str] | None = None) -> NoReturn:
    """Parse, call, and leave: expected errors are one line on stderr, bugs stay loud."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug, given = _take_debug(given)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_on_encoding(stream)
    try:
        root(args=given, prog_name="hilda")
    except HildaError as expected:
        if debug:
            traceback.print_exc()
        typer.echo(f"hilda: {shown_lines(str(expected))}", err=True)
        sys.exit(_code_of(expected))
    except KeyboardInterrupt:
        sys.exit(Exit.interrupted)
    sys.exit(Exit.ok)


def _code_of(expected: HildaError) -> Exit:
    match expected:
        case NotAllowed():
            return Exit.no
        case ProgramsMissing():
            return Exit.missing
        case _:
            return Exit.could_not


def shown_lines(text: str) -> str:
    from domain.visible import prose

    return prose(text)


def _take_debug(arguments: list[str]) -> tuple[bool, list[str]]:
    """`--debug` is heard wherever it stands, as people add it to the end of what has just failed."""
    ours = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return DEBUG in ours, [a for a in ours if a != DEBUG] + arguments[len(ours) :]


def _never_fail_on_encoding(stream: TextIO) -> None:
    """A terminal without UTF-8 shows an escape instead of ending the program."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
