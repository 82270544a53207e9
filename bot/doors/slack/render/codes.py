"""Code that people copy or approve: whole in one block, or whole in a file that says so; never a part for the whole."""

from bot.doors.slack.render import rich
from bot.doors.slack.render.lengths import cut_at_lines, file_name
from bot.doors.slack.render.post import File
from domain.cards import Code
from domain.plain_json import Json
from domain.risk import Risk
from domain.visible import exact, is_exact, one_line

LONGEST_INLINE = 2800
"""Characters of code that stand in one block, so that one copy takes all of it."""
_RISKS = {Risk.read: "🟢", Risk.low: "🔵", Risk.medium: "🟡", Risk.high: "🔴", Risk.forbidden: "⛔"}
_ENDINGS = {"sh": "sh", "bash": "sh", "yaml": "yaml", "diff": "diff", "json": "json", "md": "md"}
_PREVIEW = 600


def code(part: Code, *, files: bool = True) -> tuple[list[Json], list[File]]:
    """The block, or the first lines of it and the file that has all of them; several blocks where no file can be."""
    if not (part.text or one_line(part.label).strip() or part.risk is not None):
        return [], []
    shown = exact(part.text)
    if len(shown) <= LONGEST_INLINE:
        body = [rich.preformatted(part.text)] if part.text else []
        return [rich.block(*_heading(part), *body)], []
    if not files:
        return in_full(part), []
    lines = shown.removesuffix("\n").split("\n")
    name = file_name(part.label or "code", _ENDINGS.get(part.language, "txt"))
    said = f"{len(lines)} lines, {len(shown):,} characters: too long to stand here. All of it is in the file {name}."
    preview = _first(lines)
    begins = [rich.section(rich.words("It begins:")), rich.preformatted(preview)] if preview else []
    file = File(name, name, one_line(part.label) or name, text=shown)
    return [rich.block(*_heading(part), rich.section(rich.words(said)), *begins)], [file]


def is_long(part: Code) -> bool:
    """Whether this does not stand whole in a message."""
    return len(exact(part.text)) > LONGEST_INLINE


def in_full(part: Code, longest: int = LONGEST_INLINE) -> list[Json]:
    """All of it in as many blocks as it takes, cut between lines as far as lines are not longer than a block."""
    pieces = cut_at_lines(exact(part.text).removesuffix("\n"), longest)
    heads = [_heading(part), *([] for _ in pieces[1:])]
    return [rich.block(*head, rich.preformatted(piece)) for head, piece in zip(heads, pieces, strict=True)]


def _heading(part: Code) -> list[Json]:
    label = one_line(part.label)
    said = [rich.words(label, "bold")] if label.strip() else []
    if part.risk is not None:
        said.append(rich.words(f"{'  ·  ' if said else ''}{_RISKS[part.risk]} risk: {part.risk.name}"))
    if not is_exact(part.text):
        warning = "⚠️ contains hidden characters, shown as escapes: do not copy"
        said.append(rich.words(f"{'  ·  ' if said else ''}{warning}", "bold"))
    elements = [element for words in said for element in words]
    return [rich.section(elements)] if elements else []


def _first(lines: list[str]) -> str:
    """The first whole lines, at most eight and not many characters."""
    taken: list[str] = []
    for line in lines[:8]:
        if sum(map(len, taken)) + len(line) > _PREVIEW:
            break
        taken.append(line)
    return "\n".join(taken)
