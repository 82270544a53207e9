"""From Markdown to a `Runbook`, with every fault found on the way and the line it stands on."""

import difflib
from dataclasses import dataclass, field
from datetime import date

from markdown_it import MarkdownIt
from markdown_it.token import Token

from domain.risk import Risk
from runbooks.attributes import (
    COMMAND_LANGUAGES,
    COMPARISONS,
    METRIC,
    OURS,
    RISKS,
    RUNME_OWN,
    TAGS,
    BadAttributes,
    listed,
    read_info,
)
from runbooks.command_template import BadTemplate, lines_of, words
from runbooks.conditions import CONDITIONS
from runbooks.document import SECTIONS, Block, MetricCheck, Runbook, Task
from runbooks.faults import Fault, RunbookFault
from runbooks.front_matter import Say, read_front_matter
from runbooks.slots import SLOTS, number, slots_in

_HOME = {"look": ("Diagnosis", "Mitigation"), "do": ("Mitigation",), "verify": ("Verify",), "undo": ("Undo",)}


def parse(text: str, name: str) -> Runbook:
    """The runbook in `text`; RunbookFault with every fault where there are any. `name` is what the faults call it."""
    faults: list[Fault] = []

    def say(line: int, message: str) -> None:
        faults.append(Fault(name, line, message))

    matter, body, first_line = read_front_matter(text, say)
    reader = _Reader(say, first_line)
    reader.read(body)
    reader.check_names()
    if faults:
        raise RunbookFault(faults)
    return Runbook(
        id=matter["id"],
        title=matter["title"],
        causes=tuple(matter["causes"]),
        kinds=tuple(matter.get("kinds", ())),
        signals=tuple(matter.get("signals", ())),
        owner=matter["owner"],
        reviewed=date.fromisoformat(matter["reviewed"]) if "reviewed" in matter else None,
        file=name,
        text=text,
        body=body,
        sections=dict(reader.sections),
        steps=tuple(reader.steps),
        diagnosis=tuple(b for b in reader.blocks if b.section == "Diagnosis"),
        verify=tuple(b for b in reader.blocks if b.tag == "verify"),
        undo=tuple(b for b in reader.blocks if b.tag == "undo"),
        metrics=tuple(reader.metrics),
    )


@dataclass
class _Reader:
    """Walks the document once, top to bottom, and remembers where it is."""

    say: Say
    first_line: int
    sections: dict[str, int] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    steps: list[Block | Task] = field(default_factory=list)
    metrics: list[MetricCheck] = field(default_factory=list)
    section: str = ""
    heading: str = ""
    heading_line: int = 0
    prose: list[str] = field(default_factory=list)
    done_when: str = ""
    under_heading: int = 0
    """Blocks seen under the present heading."""

    def read(self, body: str) -> None:
        # Front matter is cut off before, so a `---` is a rule here and never swallows text.
        tokens = MarkdownIt("commonmark").parse(body)
        for index, token in enumerate(tokens):
            line = self.first_line + (token.map[0] if token.map else 0)
            if token.type == "heading_open":
                self._heading(int(token.tag[1]), tokens[index + 1].content.strip(), line)
            elif token.type == "fence":
                self._fence(token, line)
            elif token.type == "inline" and tokens[index - 1].type != "heading_open":
                self._prose(token, tokens, index)
        self._close_heading()

    def _heading(self, depth: int, title: str, line: int) -> None:
        self._close_heading()
        if depth <= 2:
            known = {section.lower(): section for section in SECTIONS}
            self.section = known.get(title.lower(), title) if depth == 2 else ""
            if self.section:
                if self.section in self.sections:
                    self.say(line, f"the section {self.section!r} is there twice")
                self.sections[self.section] = line
            self.heading = ""
        else:
            self._know(slots_in(title), line)
            self.heading = title
        self.heading_line = line

    def _close_heading(self) -> None:
        """A heading under Mitigation with no block below it is a person's task."""
        if self.section == "Mitigation" and self.heading and not self.under_heading:
            self.steps.append(Task(self.heading, " ".join(self.prose), self.heading_line, self.done_when))
        self.prose, self.done_when, self.under_heading = [], "", 0

    def _prose(self, token: Token, tokens: list[Token], index: int) -> None:
        text = " ".join(token.content.split())
        self._know(slots_in(text), self.first_line + (token.map[0] if token.map else 0))
        if text.lower().startswith("done when"):
            self.done_when = text[len("done when") :].lstrip(" :").strip()
            return
        in_list = index >= 2 and tokens[index - 2].type == "list_item_open"
        self.prose.append(f"- {text}" if in_list else text)

    def _fence(self, token: Token, line: int) -> None:
        try:
            language, attributes = read_info(token.info)
        except BadAttributes as bad:
            self.say(line, str(bad))
            return
        if language in COMMAND_LANGUAGES:
            self._command(token, attributes, line)
        elif language == "promql":
            self._metric(token, attributes, line)

    def _command(self, token: Token, attributes: dict[str, str], line: int) -> None:
        unknown = set(attributes) - RUNME_OWN - OURS
        for key in sorted(unknown):
            self.say(line, f"unknown attribute {key!r}; known are {', '.join(sorted(OURS | {'name', 'tag'}))}")
        name, tag = attributes.get("name", ""), attributes.get("tag", "")
        if not name or " " in name:
            self.say(line, "a command block needs a name without spaces")
        if tag not in TAGS:
            self.say(line, f"a command block needs a tag, one of {', '.join(TAGS)}")
            return
        if self.section not in _HOME[tag]:
            self.say(
                line, f"a {tag!r} block belongs under {' or '.join(_HOME[tag])}, not {self.section or 'the title'!r}"
            )
        risk = attributes.get("risk", "read" if tag in ("look", "verify") else "")
        if risk not in RISKS:
            self.say(line, f"risk has to be one of {', '.join(RISKS)}")
        commands = lines_of(token.content)
        if not commands:
            self.say(line, "the block holds no command")
        for offset, command in commands:
            at = line + 1 + offset
            self._know(slots_in(command), at)
            try:
                words(command)
            except BadTemplate as bad:
                self.say(at, str(bad))
        self._know(tuple(name for name in listed(attributes.get("when", "")) if name not in CONDITIONS), line)
        block = Block(
            name=name,
            tag=tag,  # type: ignore[arg-type]  # one of TAGS, checked above
            section=self.section,
            heading=self.heading,
            why=" ".join(self.prose),
            commands=tuple(command for _, command in commands),
            command_lines=tuple(line + 1 + offset for offset, _ in commands),
            line=line,
            risk=RISKS.get(risk, Risk.high),
            done_when=attributes.get("done_when", "") or self.done_when,
            when=listed(attributes.get("when", "")),
            instead_of=attributes.get("instead_of", ""),
            after=listed(attributes.get("after", "")),
            serves=listed(attributes.get("for", "")),
            otherwise=attributes.get("otherwise", ""),
            runs_alone=attributes.get("excludeFromRunAll", "").lower() == "true",
            irreversible=attributes.get("irreversible", ""),
        )
        self.prose, self.under_heading = [], self.under_heading + 1
        self.blocks.append(block)
        if self.section == "Mitigation":
            self.steps.append(block)

    def _metric(self, token: Token, attributes: dict[str, str], line: int) -> None:
        for key in sorted(set(attributes) - METRIC):
            self.say(line, f"unknown attribute {key!r}; known are {', '.join(sorted(METRIC))}")
        query = " ".join(token.content.split())
        self._know(slots_in(query), line + 1)
        bound = attributes.get("bound", "")
        if not number(bound):
            self._know((bound,), line)
        if attributes.get("compare", "") not in COMPARISONS:
            self.say(line, f"compare has to be one of {' '.join(COMPARISONS)}")
        if not number(attributes.get("factor", "1")):
            self.say(line, "factor has to be a number")
            attributes = {**attributes, "factor": "1"}
        if not attributes.get("name"):
            self.say(line, "a metric check needs a name")
        if not query:
            self.say(line, "the block holds no query")
        self.metrics.append(
            MetricCheck(
                name=attributes.get("name", ""),
                title=attributes.get("title", "") or self.heading or " ".join(self.prose),
                query=query,
                compare=attributes.get("compare", ""),
                bound=bound,
                factor=float(attributes.get("factor", "1")),
                unit=attributes.get("unit", ""),
                line=line,
                instead_of=attributes.get("instead_of", ""),
            )
        )
        self.prose, self.under_heading = [], self.under_heading + 1

    def _know(self, names: tuple[str, ...], line: int) -> None:
        for name in names:
            if name not in SLOTS:
                self.say(line, f"unknown slot {{{{{name}}}}}{_did_you_mean(name)}")

    def check_names(self) -> None:
        """Names are given once, and what refers to a name refers to one that is there."""
        seen: set[str] = set()
        named = [(b.name, b.line) for b in self.blocks] + [(m.name, m.line) for m in self.metrics]
        for name, line in named:
            if name and name in seen:
                self.say(line, f"the name {name!r} is given twice")
            seen.add(name)
        steps = [step.name for step in self.steps if isinstance(step, Block)]
        for block in self.blocks:
            for key, name in [("instead_of", block.instead_of), *(("after", name) for name in block.after)]:
                if name and (block.name not in steps or name not in steps[: steps.index(block.name)]):
                    self.say(block.line, f"{key} names {name!r}, which is no step before this one")
            for name in block.serves:
                if name not in steps:
                    self.say(block.line, f"for names {name!r}, which is no step of this runbook")
        for position, metric in enumerate(self.metrics):
            if metric.instead_of and metric.instead_of not in [m.name for m in self.metrics[:position]]:
                self.say(
                    metric.line, f"instead_of names {metric.instead_of!r}, which is no metric check before this one"
                )


def _did_you_mean(name: str) -> str:
    close = difflib.get_close_matches(name, SLOTS, n=1)
    return f"; did you mean {{{{{close[0]}}}}}?" if close else ""
