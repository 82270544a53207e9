"""What can be searched: any folder of Markdown, with our front matter or without."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from domain.errors import Misconfigured
from runbooks.document import Runbook
from runbooks.faults import Fault
from runbooks.front_matter import split_front_matter
from runbooks.library import read_text
from runbooks.slots import say

CHUNK = 600
LEAD = 500
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Page:
    """One runbook as a reader finds it."""

    id: str
    """Its path below the folder without `.md`, or the runbook's id."""
    title: str
    text: str

    @property
    def name(self) -> str:
        return self.id.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a page small enough to be about one thing."""

    section: str
    text: str


def read_pages(folder: str | Path) -> tuple[Page, ...]:
    """Every Markdown file below `folder` as a page; files that cannot be read are left out."""
    root = Path(folder)
    if not root.is_dir():
        raise Misconfigured(f"The runbook folder {root} is not a folder that can be read.")
    pages = []
    for path in sorted(root.rglob("*.md")):
        text = read_text(path) if path.is_file() else ""
        if not isinstance(text, Fault) and text.strip():
            pages.append(page(path.relative_to(root).with_suffix("").as_posix(), text))
    return tuple(pages)


def page(identity: str, text: str) -> Page:
    """A page from Markdown: its title is the front matter's, the first heading, or the file's name."""
    matter, body, _ = split_front_matter(text)
    title = _title_in(matter) if matter else ""
    title = title or _first_heading(body) or identity.rsplit("/", 1)[-1]
    return Page(identity, title, body)


def pages_of(runbooks: Iterable[Runbook]) -> tuple[Page, ...]:
    """Executable runbooks as pages; what they say they are signalled by can be searched too."""
    return tuple(
        Page(book.id, say(book.title, {}), "\n\n".join([", ".join(book.signals), say(book.body, {})]))
        for book in runbooks
    )


def chunks(text: str, size: int = CHUNK) -> list[Chunk]:
    """Paragraphs gathered up to `size` characters, each piece below one heading."""
    found: list[Chunk] = []
    section, gathered = "", ""
    for heading, paragraph in _paragraphs(text):
        if heading is not None:
            found += _pieces(section, gathered, size)
            section, gathered = heading, paragraph
        elif gathered and len(gathered) + len(paragraph) > size:
            found += _pieces(section, gathered, size)
            gathered = paragraph
        else:
            gathered = f"{gathered}\n{paragraph}".strip()
    return found + _pieces(section, gathered, size)


def lead(text: str) -> str:
    """How a page begins, without headings and commands: nearly always what it is about."""
    lines, fenced = [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not _HEADING.match(line):
            lines.append(line)
    return "\n".join(lines).strip()[:LEAD]


def _pieces(section: str, text: str, size: int) -> list[Chunk]:
    return [Chunk(section, text[start : start + size]) for start in range(0, len(text), size)]


def _paragraphs(text: str) -> Iterable[tuple[str | None, str]]:
    """(heading or None, paragraph); a `#` inside a fence is a comment, not a heading."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line)
        if heading or (not line.strip() and not fenced):
            if lines:
                yield None, "\n".join(lines)
            lines = []
            if heading:
                yield heading.group(1), heading.group(1)
        elif line.strip():
            lines.append(line.rstrip())
    if lines:
        yield None, "\n".join(lines)


def _title_in(matter: str) -> str:
    try:
        value = yaml.load(matter, Loader=yaml.BaseLoader)  # noqa: S506  # strings only, nothing is constructed
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    title = value.get("title", "") if isinstance(value, dict) else ""
    return title.strip() if isinstance(title, str) else ""


def _first_heading(body: str) -> str:
    for heading, _ in _paragraphs(body):
        if heading:
            return heading
    return ""
