"""Cards as Markdown, for a ticket, a wiki or a pull request: GitHub's kind, nothing lost."""

import re
from collections.abc import Iterable
from typing import assert_never

from bot.doors.terminal.chart import draw_chart
from bot.doors.terminal.keys import keys_of
from bot.doors.terminal.render import TONES
from bot.doors.terminal.sources import span
from bot.doors.terminal.view import View
from domain.cards import (
    Card,
    Chart,
    Checklist,
    ChecklistItem,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    Links,
    Part,
    Progress,
    Sources,
    Table,
    Text,
)
from domain.evidence import Evidence
from domain.visible import exact, is_exact, one_line, prose

_CODE_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_STEPS = {"done": "✔", "running": "▸", "waiting": "·", "failed": "✖"}


def as_markdown(card: Card, view: View) -> str:
    """The card as one Markdown section that ends with a newline; `view` tells the reader's zone."""
    blocks = [f"## {TONES[card.tone][0]} {_plain(card.title)}"]
    if card.cluster is not None:
        blocks.append(_where(card.cluster))
    blocks += [_part(part, card, view) for part in card.parts]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _where(cluster: ClusterLabel) -> str:
    words = [f"**PRODUCTION**{_named(cluster.environment)}" if cluster.production else _plain(cluster.environment)]
    words.append(_code(cluster.name))
    if cluster.practice_identity:
        words.append(f"speaking as {_code(cluster.practice_identity)} (practice)")
    return " · ".join(word for word in words if word)


def _named(environment: str) -> str:
    return f" ({_plain(environment)})" if environment.lower() not in ("", "production") else ""


def _part(part: Part, card: Card, view: View) -> str:
    match part:
        case Text(markdown):
            return _without_html(prose(markdown))
        case Facts(rows):
            return "\n".join(f"- **{_plain(name)}**: {_plain(value)}" for name, value in rows)
        case Table():
            return _table(part)
        case Code(text, _, label, risk):
            return _code_block(part) if text or label or risk is not None else ""
        case Checklist(items):
            return "\n".join(_task(item) for item in items)
        case Chart():
            lines = draw_chart(part, view)
            return _fenced("\n".join(line.plain for line in lines), "text") if lines else ""
        case Links(links):
            return "\n".join(f"- {_plain(label)}: <{_url(url)}>" for label, url in links)
        case Choices():
            mine = {id(choice) for choice in part.choices}
            keys = [key for key in keys_of(card) if id(key.choice) in mine]
            return "\n".join(f"- `{key.shown}` {_plain(key.choice.label)}" for key in keys)
        case Form():
            return _form(part)
        case Progress(steps):
            return "\n".join(f"- {_STEPS[state]} {_plain(text)}" for text, state in steps)
        case Sources(evidence):
            return "\n".join(["### How I know", "", *_numbered(evidence, view)]) if evidence else ""
        case _:
            assert_never(part)


def _form(form: Form) -> str:
    blocks: list[str] = []
    for field in form.fields:
        need = "" if field.required else " (optional)"
        blocks += [f"**{_plain(field.label)}**{need}", _fenced(prose(field.value), "text")]
    return "\n\n".join([*blocks, f"- `submit` {_plain(form.submit)}"])


def _table(table: Table) -> str:
    count = max([len(table.columns), *(len(row) for row in table.rows)])

    def line(cells: Iterable[str]) -> str:
        filled = [_plain(cell).replace("|", "\\|") for cell in cells]
        return "| " + " | ".join(filled + [""] * (count - len(filled))) + " |"

    rows = [line(table.columns), "|" + " --- |" * count, *map(line, table.rows)]
    caption = [f"**{_plain(table.caption)}**", ""] if table.caption else []
    return "\n".join([*caption, *rows]) if count else "\n".join(caption)


def _code_block(part: Code) -> str:
    heading = [f"**{_plain(part.label)}**"] if part.label else []
    if part.risk is not None:
        heading.append(f"risk: {part.risk.name}")
    if not is_exact(part.text):
        heading.append("contains hidden characters, shown as escapes: do not copy")
    block = _fenced(exact(part.text), part.language)
    return f"{' · '.join(heading)}\n\n{block}" if heading else block


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    word = re.sub(r"[^\w+-]", "", language)
    return f"{fence}{word}\n{text.removesuffix(chr(10))}\n{fence}"


def _task(item: ChecklistItem) -> str:
    lines = [f"- [{'x' if item.done else ' '}] {_plain(item.text)}"]
    lines += [f"  - why: {_plain(item.why)}"] if item.why else []
    lines += [f"  - done when: {_plain(item.done_when)}"] if item.done_when else []
    return "\n".join(lines)


def _numbered(evidence: tuple[Evidence, ...], view: View) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(evidence, 1):
        said_by = "" if item.trust == "system" else f", {item.trust}"
        lines.append(f"{number}. {_plain(item.summary)} ({_plain(item.source)}{said_by})")
        indent = " " * (len(str(number)) + 2)
        details = [span(item.window, view)] if item.window else []
        details += [_code(item.query)] if item.query and item.query not in item.check else []
        details += [f"<{_url(item.link)}>"] if item.link else []
        lines += [f"{indent}- {detail}" for detail in details]
        blocks = [_fenced(prose(item.sample), "text")] if item.sample else []
        blocks += [_fenced(exact(item.check), "sh")] if item.check else []
        for block in blocks:
            lines += ["", *(indent + line if line else line for line in block.split("\n"))]
    return lines


def _plain(text: str) -> str:
    """Words that are not meant as Markdown, on one line, escaped so that they stay words."""
    return re.sub(r"([\\`*_\[\]<>#~&])", r"\\\1", one_line(text))


def _code(text: str) -> str:
    shown = one_line(text)
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown else ""


def _url(url: str) -> str:
    return one_line(url).replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")


def _without_html(markdown: str) -> str:
    """`<` outside code spans as an entity: a card has no HTML, and a log line must not become any."""
    pieces: list[str] = []
    end = 0
    for span_ in _CODE_SPAN.finditer(markdown):
        pieces += [markdown[end : span_.start()].replace("<", "&lt;"), span_.group()]
        end = span_.end()
    return "".join([*pieces, markdown[end:].replace("<", "&lt;")])
