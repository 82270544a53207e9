"""How every command of ours is made: plain help that loads nothing, and no completion options of its own."""

import typer


def command() -> typer.Typer:
    """An app with one command, which is the command itself."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


def group(summary: str) -> typer.Typer:
    """An app with several, which shows them when it is called alone."""
    return typer.Typer(
        help=summary,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
    )
