"""Proof that a runbook does what it says: complete, every command understood by policy, its risk as declared."""

from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from domain.errors import NotAllowed
from domain.risk import Risk
from policy.verdict import judge
from runbooks.command_template import BadTemplate, fill_command
from runbooks.document import SECTIONS, Block, Runbook
from runbooks.faults import Fault
from runbooks.front_matter import split_front_matter
from runbooks.library import read
from runbooks.slots import SLOTS, Unfillable, text_value

_NASTY = 'it\'s "5"; $(id) `id` & | > < * \\ end'
_SAMPLES: tuple[Callable[[str], str], ...] = (
    lambda name: SLOTS[name].render(SLOTS[name].sample),
    # The same with values full of what a shell would act on: they have to stay one literal word.
    lambda name: _NASTY if SLOTS[name].accepts is text_value else SLOTS[name].render(SLOTS[name].sample),
)


def check_all(extra_folder: str | Path | None = None) -> list[Fault]:
    """Every fault of every runbook, ours and those below `extra_folder`."""
    library = read(extra_folder)
    return sorted([*library.faults, *(fault for book in library.runbooks for fault in check(book))])


def check(runbook: Runbook) -> list[Fault]:
    """What is wrong with a runbook that could be parsed; empty when it may be relied on."""
    return sorted(
        Fault(runbook.file, line, message)
        for look in (_sections, _steps, _commands, _links)
        for line, message in look(runbook)
    )


def _sections(runbook: Runbook) -> Iterator[tuple[int, str]]:
    missing = [section for section in SECTIONS if section not in runbook.sections]
    for section in missing:
        yield 1, f"the section '## {section}' is missing"
    present = [section for section in runbook.sections if section in SECTIONS]
    if not missing and present != list(SECTIONS):
        yield runbook.sections[present[0]], f"the sections come in the order {', '.join(SECTIONS)}"
    if runbook.reviewed is None:
        yield 1, "front matter lacks 'reviewed': when did somebody last follow this by hand?"


def _steps(runbook: Runbook) -> Iterator[tuple[int, str]]:
    if not runbook.steps:
        yield runbook.sections.get("Mitigation", 1), "there is nothing to do under Mitigation"
    for step in runbook.steps:
        if not step.done_when:
            yield step.line, "nobody can tell when this is done; add a line 'Done when ...'"
        if not step.why:
            yield step.line, "there is no reason before this step"
        if isinstance(step, Block):
            yield from _step(runbook, step)
    for block in runbook.blocks:
        if block.tag in ("do", "undo") and not block.runs_alone:
            yield (
                block.line,
                'what changes something needs "excludeFromRunAll":"true", so that Runme never runs it unasked',
            )


def _step(runbook: Runbook, block: Block) -> Iterator[tuple[int, str]]:
    if len(block.commands) != 1:
        yield block.line, "a step is one command; make another block of the rest"
    if block.tag != "do":
        return
    if not any(not verify.serves or block.name in verify.serves for verify in runbook.verify):
        yield block.line, f"nothing under Verify tells whether {block.name!r} worked"
    undone = any(not undo.serves or block.name in undo.serves for undo in runbook.undo)
    if not undone and not block.irreversible:
        yield block.line, f'nothing under Undo takes {block.name!r} back; say "irreversible" and why, or how to undo it'


def _commands(runbook: Runbook) -> Iterator[tuple[int, str]]:
    for block in runbook.blocks:
        for template, line in zip(block.commands, block.command_lines, strict=True):
            for number, sample in enumerate(_SAMPLES):
                fault = _judged(template, sample, block.risk)
                if fault:
                    yield line, fault if number == 0 else f"with a value full of shell characters: {fault}"
                    break


def _judged(template: str, sample: Callable[[str], str], declared: Risk) -> str:
    try:
        command = fill_command(template, sample)
        verdict = judge(command.text, namespace=SLOTS["namespace"].sample)
    except (BadTemplate, Unfillable, NotAllowed) as refused:
        return str(refused)
    if not verdict.runnable:
        return f"policy would not run this: {'; '.join(verdict.reasons)}"
    if [understood.argv for understood in verdict.commands] != [command.argv]:
        return "policy reads other words here than were meant"
    if verdict.risk is not declared:
        return f"the declared risk is {declared.name}, policy says {verdict.risk.name}"
    return ""


def _links(runbook: Runbook) -> Iterator[tuple[int, str]]:
    _, body, first_line = split_front_matter(runbook.text)
    for token in MarkdownIt("commonmark").parse(body):
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if isinstance(target, str) and not _leads_somewhere(target, _folder(runbook)):
                yield first_line + (token.map[0] if token.map else 0), f"the link {target!r} leads nowhere"


def _leads_somewhere(target: str, folder: Path) -> bool:
    address = urlsplit(target)
    return bool(address.scheme or address.netloc or not address.path) or (folder / unquote(address.path)).exists()


def _folder(runbook: Runbook) -> Path:
    path = Path(runbook.file)
    return path.parent if path.exists() else Path(str(resources.files("runbooks"))) / "library"
