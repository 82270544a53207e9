"""Reading runbooks: what a right one means, and where a wrong one is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.risk import Risk
from runbooks.document import Block, Task
from runbooks.faults import RunbookFault
from runbooks.parse import parse

GOOD = """---
id: disk-full
title: The disk of {{node}} is full
causes: [disk-full]
owner: storage team
reviewed: 2026-02-03
---

# Disk full

## What it means

Writes fail.

## Impact

Data is lost.

## Diagnosis

Look at the node.

```sh {"name":"look","tag":"look"}
kubectl describe node {{node}}
```

## Mitigation

### Keep new pods away

Nothing new should land here.

Done when the node is cordoned.

```sh {"name":"cordon","tag":"do","risk":"medium","excludeFromRunAll":"true"}
kubectl cordon \\
  {{node}}
```

### Make room

Ask the owner what may go.

Done when half of it is free.

## Verify

```sh {"name":"cordoned","tag":"verify"}
kubectl get node {{node}}
```

```promql {"name":"room","title":"There is room","compare":"<","bound":"0.5"}
disk_used{node="{{node}}"}
```

## Undo

```sh {"name":"uncordon","tag":"undo","for":"cordon","risk":"medium","excludeFromRunAll":"true"}
kubectl uncordon {{node}}
```
"""


def faults_of(text: str) -> list[tuple[int, str]]:
    with pytest.raises(RunbookFault) as caught:
        parse(text, "disk.md")
    return [(fault.line, fault.message) for fault in caught.value.faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_runbook_has_steps_for_hilda_and_tasks_for_people_in_order() -> None:
    """A block under Mitigation is a step, a heading without one is a person's task."""
    book = parse(GOOD, "disk.md")

    cordon, make_room = book.steps

    assert isinstance(cordon, Block)
    assert cordon.commands == ("kubectl cordon {{node}}",)
    assert (cordon.risk, cordon.heading, cordon.why, cordon.done_when) == (
        Risk.medium,
        "Keep new pods away",
        "Nothing new should land here.",
        "the node is cordoned.",
    )
    assert isinstance(make_room, Task)
    assert (make_room.heading, make_room.done_when) == ("Make room", "half of it is free.")
    assert [m.name for m in book.metrics] == ["room"]


@pytest.mark.parametrize(
    ("right", "wrong", "at", "said"),
    [
        ("owner: storage team", "owner: [", "owner: [", "front matter is not YAML"),
        ("owner: storage team", "boss: me", "boss: me", "unknown key 'boss'"),
        ("reviewed: 2026-02-03", "reviewed: 2026-13-45", "reviewed:", "reviewed has to be a day"),
        ("causes: [disk-full]", "causes: disk-full", "causes:", "causes has to be a list"),
        ("kubectl get node {{node}}", "kubectl get node {{nodes}}", "kubectl get node", "did you mean {{node}}?"),
        ("title: The", "titel: The", "titel:", "unknown key 'titel'"),
        (
            '"risk":"medium","excludeFromRunAll":"true"}\nkubectl cordon',
            '"risk":"huge"}\nkubectl cordon',
            '"huge"',
            "risk",
        ),
        ('"name":"look","tag":"look"', '"name":"cordon","tag":"look"', '"tag":"do"', "'cordon' is given twice"),
        (
            '"name":"look","tag":"look"',
            '"name":"look","tag":"look","colour":"red"',
            '"colour"',
            "unknown attribute 'colour'",
        ),
        ('"name":"look","tag":"look"', '"name":"look","tag":"look","timeout":5', '"timeout"', "has to be a string"),
        ('"name":"look","tag":"look"', '"name":"{{pod}}","tag":"look"', '"{{pod}}"', "holds a brace"),
        ('"name":"look","tag":"look"}', '"name":"look"', '```sh {"name":"look"', "has to be a JSON object"),
        ('"for":"cordon"', '"for":"coredon"', '"coredon"', "no step of this runbook"),
        ("kubectl uncordon {{node}}", "kubectl uncordon {{node}} | tee x", "| tee", "only one plain command"),
        ("kubectl uncordon {{node}}", "kubectl uncordon '{{node}}", "uncordon '", "quoting does not close"),
        ("kubectl uncordon {{node}}", "{{node}} uncordon", "{{node}} uncordon", "cannot be a slot"),
        ('"compare":"<"', '"compare":"about"', '"about"', "compare has to be one of"),
        ('"tag":"verify"', '"tag":"check"', '"check"', "needs a tag"),
        ("## Undo", "## Verify", '## Verify\n\n```sh {"name":"unc', "there twice"),
    ],
)
def test_a_fault_names_its_line(right: str, wrong: str, at: str, said: str) -> None:
    """Whoever wrote it finds the place without reading our code."""
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)

    faults = faults_of(text)

    assert any(line == line_of(text, at) and said in message for line, message in faults), faults


def test_a_page_without_front_matter_says_so() -> None:
    """Not a traceback, not an empty runbook."""
    faults = faults_of("# Something\n")

    assert faults == [(1, "front matter is missing: the file begins with a line '---', YAML, and another '---'")]


def test_all_faults_are_reported_at_once() -> None:
    """An author mends a file in one go."""
    text = (
        GOOD.replace("id: disk-full\n", "").replace("{{node}} is full", "{{knot}} is full").replace("cordoned", "c d")
    )

    faults = faults_of(text)

    assert len(faults) == 2
    assert faults[0] == (1, "front matter lacks 'id'")


def is_runbook_or_faults(text: str) -> bool:
    try:
        return bool(parse(text, "x.md").id)
    except RunbookFault as fault:
        return bool(fault.faults) and all(f.line >= 1 and f.message for f in fault.faults)


@given(st.text(), st.text(), st.sampled_from(["", "---\n", '```sh {"name":"a","tag":"do"}\n', "## Mitigation\n", "{{"]))
def test_no_text_makes_a_traceback(first: str, second: str, between: str) -> None:
    """Whatever is in the file, it is a runbook or a list of faults."""
    for text in (first + between + second, f"---\n{first}\n---\n{between}{second}", GOOD + between + first):
        assert is_runbook_or_faults(text)


@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.text(max_size=4))
def test_a_damaged_runbook_is_a_fault_or_still_a_runbook(at: int, cut: int, instead: str) -> None:
    """One slip of the hand anywhere never brings a traceback."""
    text = GOOD[:at] + instead + GOOD[at + cut :]
    assert is_runbook_or_faults(text)
