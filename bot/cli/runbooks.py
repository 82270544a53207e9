"""`hilda runbooks`: prove that they can be followed, and find the one that fits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import group
from bot.cli.exits import Exit
from bot.cli.options import Output, OutputOption, Plain, PlainOption

if TYPE_CHECKING:
    from runbooks.faults import Fault

app = group("The runbooks: prove that they can be followed, and find the one that fits.")

FolderOption = Annotated[Path | None, typer.Option("--folder", metavar="DIR", help="A folder of Markdown runbooks.")]


@app.command()
def lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, all runbooks.")] = None,
    folder: FolderOption = None,
    output: PlainOption = Plain.text,
) -> None:
    """Check runbooks: front matter, steps, slots, and that policy would let every command run. Exit 1 with faults."""
    from bot.cli.output import print_json
    from runbooks.library import read

    if files:
        paths = _markdown(files)
        found, looked = [fault for path in paths for fault in _faults_of(path)], f"{len(paths)} files"
    else:
        from bot.settings import load_settings
        from runbooks.lint import check_all

        extra = folder or load_settings().runbooks
        found, looked = check_all(extra), f"{len(read(extra).runbooks)} runbooks"
    faults = sorted(set(found))
    if output is Plain.json:
        print_json([{"file": fault.file, "line": fault.line, "message": fault.message} for fault in faults])
    else:
        for fault in faults:
            typer.echo(str(fault))
        typer.echo(f"{looked}: {len(faults)} to mend." if faults else f"{looked}: all good.")
    raise typer.Exit(Exit.no if faults else Exit.ok)


@app.command()
def search(
    query: Annotated[list[str], typer.Argument(help="What is wrong, in your own words, or an alert's name.")],
    folder: FolderOption = None,
    most: Annotated[int, typer.Option("-k", min=1, max=50, help="How many at most.")] = 3,
    output: OutputOption = Output.text,
) -> None:
    """Find the runbooks that fit. None is an answer, too, and exits with 1."""
    from bot.cli.output import print_card, print_json
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, card
    from runbooks.library import load
    from runbooks.pages import pages_of, read_pages
    from runbooks.search import RunbookSearch

    settings = load_settings()
    pages = read_pages(folder) if folder else pages_of(load(settings.runbooks))
    found = RunbookSearch.open(settings.cache_folder, pages)
    try:
        hits = found.search(" ".join(query), most)
    finally:
        found.close()
    if output is Output.json:
        fields = ("id", "title", "score", "section", "excerpt")
        print_json([{name: getattr(hit, name) for name in fields} for hit in hits])
    else:
        rows = tuple((f"{hit.score:.2f}", hit.id, hit.title, hit.section) for hit in hits)
        title = f"{len(hits)} that fit" if hits else "No runbook fits"
        drawn = card(title, *([Table(("SCORE", "RUNBOOK", "TITLE", "SECTION"), rows)] if hits else []))
        print_card(drawn, output, reader_zone())
    raise typer.Exit(Exit.ok if hits else Exit.no)


def _faults_of(path: Path) -> "list[Fault]":
    from runbooks.faults import Fault, RunbookFault
    from runbooks.library import read_text
    from runbooks.lint import check
    from runbooks.parse import parse

    text = read_text(path)
    if isinstance(text, Fault):
        return [text]
    try:
        return check(parse(text, str(path)))
    except RunbookFault as broken:
        return list(broken.faults)


def _markdown(paths: list[Path]) -> list[Path]:
    from domain.errors import Misconfigured

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(path.rglob("*.md"))
        elif path.is_file():
            found.append(path)
        else:
            raise Misconfigured(f"There is no file or folder {path}.")
    return found
