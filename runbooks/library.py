"""The runbooks we ship, and those of a team's own folder beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from domain.errors import Misconfigured
from runbooks.document import Runbook
from runbooks.faults import Fault, RunbookFault
from runbooks.parse import parse

_LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Library:
    """What could be read, and what could not and why."""

    runbooks: tuple[Runbook, ...]
    faults: tuple[Fault, ...] = ()


def load(extra_folder: str | Path | None = None) -> tuple[Runbook, ...]:
    """Every usable runbook; a team's runbook replaces ours of the same id. What is broken is in `read(...).faults`."""
    return read(extra_folder).runbooks


def read(extra_folder: str | Path | None = None) -> Library:
    """Every runbook and every fault: one broken file never takes the others with it."""
    books: dict[str, Runbook] = {}
    faults: list[Fault] = []
    for texts in (_ours(), _theirs(extra_folder)):
        names: dict[str, str] = {}
        for name, text in texts:
            if isinstance(text, Fault):
                faults.append(text)
                continue
            try:
                book = parse(text, name)
            except RunbookFault as broken:
                faults.extend(broken.faults)
                continue
            if book.id in names:
                faults.append(Fault(name, 1, f"the id {book.id!r} is also that of {names[book.id]}"))
                continue
            names[book.id] = name
            books[book.id] = book
    return Library(tuple(books.values()), tuple(faults))


def _ours() -> Iterator[tuple[str, str | Fault]]:
    folder = resources.files("runbooks") / "library"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".md"):
            yield f"runbooks/library/{entry.name}", entry.read_text(encoding="utf-8")


def _theirs(extra_folder: str | Path | None) -> Iterator[tuple[str, str | Fault]]:
    if extra_folder is None:
        return
    folder = Path(extra_folder)
    if not folder.is_dir():
        raise Misconfigured(f"The runbook folder {folder} is not a folder that can be read.")
    for path in sorted(folder.rglob("*.md")):
        text = read_text(path) if path.is_file() else ""
        # A page without front matter is for reading and searching only; it is no fault that it has no steps.
        if isinstance(text, Fault) or text.startswith("---"):
            yield str(path), text


def read_text(path: Path) -> str | Fault:
    """The text of one file, or the fault that kept it from being read."""
    try:
        if path.stat().st_size > _LARGEST:
            return Fault(str(path), 1, f"the file is larger than {_LARGEST // 1024} KiB, which is no runbook")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return Fault(str(path), 1, "the file is not UTF-8 text")
    except OSError as failed:
        return Fault(str(path), 1, f"the file cannot be read: {failed.strerror}")
