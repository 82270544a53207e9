"""A runbook and a cause make a plan: steps with exact commands, each with its check and its way back.

Values come from the cause's own facts and object, both observed; nothing is guessed. A step that cannot be filled
stays in the plan as a task for a person, with the sentence why.
"""

from collections.abc import Sequence

from domain.findings import Cause
from domain.risk import Risk
from domain.scripts import Expectation, Plan, ShellCommand, Step
from policy.kubectl import for_people
from runbooks.command_template import fill_command
from runbooks.document import Block, MetricCheck, Runbook, Task
from runbooks.observed import Observed
from runbooks.slots import SLOT, Unfillable, number, say, say_what_is_known, slots_in


def choose(cause: Cause, runbooks: Sequence[Runbook]) -> Runbook | None:
    """The runbook for this cause: by its code, then by the kind of its object; None where none is for it."""
    fitting = [book for book in runbooks if cause.finding.code in book.causes]
    kinds = {cause.finding.object.kind, cause.finding.facts.get("workload_kind", "")}
    # More specific first: fewer causes, and the kind named outright.
    fitting.sort(key=lambda book: (not kinds & set(book.kinds) if book.kinds else False, len(book.causes)))
    return fitting[0] if fitting else None


def fill(runbook: Runbook, cause: Cause, *, context: str) -> Plan:
    """The plan for this cause; Unfillable only where not one step would be left.

    `context` is the kubeconfig context that the lines for a person to type carry.
    """
    observed = Observed.of(cause)
    steps: list[Step] = []
    chosen: set[str] = set()
    for item in runbook.steps:
        if isinstance(item, Task):
            steps.append(_task(item, observed, len(steps) + 1))
        elif not item.instead_of:
            step = _step(_alternatives(item, runbook), runbook, observed, chosen, len(steps) + 1, context)
            if step:
                steps.append(step)
    if not steps:
        raise Unfillable("", f"the runbook {runbook.id} has no step for this")
    changes = any(step.command and step.risk > Risk.read for step in steps)
    return Plan(
        runbook=f"{runbook.id}@{runbook.digest[:12]}",
        title=say(runbook.title, observed.values),
        cause_key=cause.key,
        steps=tuple(steps),
        expectations=_expectations(runbook.metrics, observed) if changes else (),
        caution=_caution(steps),
    )


def _alternatives(first: Block, runbook: Runbook) -> list[Block]:
    return [first, *(s for s in runbook.steps if isinstance(s, Block) and s.instead_of == first.name)]


def _step(
    alternatives: list[Block], runbook: Runbook, observed: Observed, chosen: set[str], position: int, context: str
) -> Step | None:
    """The first alternative that can be filled; else the task it leaves for a person; None where it does not follow."""
    reasons: list[str] = []
    candidates = [block for block in alternatives if not block.after or chosen & set(block.after)]
    for block in candidates:
        try:
            step = _filled(block, runbook, observed, position)
        except Unfillable as unfillable:
            reasons.append(unfillable.needed)
            continue
        chosen.add(block.name)
        return step
    return _left_to_a_person(candidates[0], observed, position, reasons, context) if candidates else None


def _filled(block: Block, runbook: Runbook, observed: Observed, position: int) -> Step:
    for name in block.when:
        observed.require(name)
    (command,) = (fill_command(template, observed.value) for template in block.commands[:1])
    verify = _serving(block, runbook.verify, observed)
    undo = () if block.irreversible else _serving(block, runbook.undo, observed)
    return Step(
        id=f"s{position}-{block.name}",
        title=say(block.heading or _spoken(block.name), observed.values),
        why=say_what_is_known(block.why, observed.values),
        done_when=say(block.done_when, observed.values),
        command=command,
        verify=verify if block.tag == "do" else (),
        undo=undo if block.tag == "do" else (),
        risk=block.risk,
        objects=observed.objects(_slots_of(block, runbook)),
    )


def _slots_of(block: Block, runbook: Runbook) -> tuple[str, ...]:
    """The slots of a step's command, then those of its checks: what it is about, and what it is told by."""
    templates = [block.commands[0], *(t for other in _mine(block, runbook.verify) for t in other.commands)]
    return tuple(dict.fromkeys(name for template in templates for name in slots_in(template)))


def _mine(block: Block, blocks: Sequence[Block]) -> list[Block]:
    return [other for other in blocks if not other.serves or block.name in other.serves]


def _serving(block: Block, blocks: Sequence[Block], observed: Observed) -> tuple[ShellCommand, ...]:
    """The checks, or the ways back, of one step. One of them that cannot be filled makes the step unfillable."""
    commands = [fill_command(template, observed.value) for other in _mine(block, blocks) for template in other.commands]
    return tuple(dict.fromkeys(commands))


def _left_to_a_person(block: Block, observed: Observed, position: int, reasons: list[str], context: str) -> Step:
    unique = list(dict.fromkeys(reasons))
    why = "" if block.otherwise else say_what_is_known(block.why, observed.values)
    needed = " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)
    return Step(
        id=f"s{position}-{block.name}",
        title=block.otherwise or say(block.heading or _spoken(block.name), observed.values),
        why=f"{why} There is no ready command for this: {needed}.{_where_to_look(observed, context)}".strip(),
        done_when=say(block.done_when, observed.values),
        objects=observed.objects(slots_in(block.commands[0])),
    )


def _where_to_look(observed: Observed, context: str) -> str:
    """The line that shows a person what the workload looked like before, where there is a workload."""
    try:
        line = fill_command(
            "kubectl -n {{namespace}} rollout history {{workload_kind}}/{{workload}}", lambda name: observed.value(name)
        )
    except Unfillable:
        return ""
    return f" What there was before: `{for_people(line.text, context)}`"


def _task(task: Task, observed: Observed, position: int) -> Step:
    return Step(
        id=f"s{position}-" + "-".join("".join(c if c.isalnum() else " " for c in task.heading.lower()).split()),
        title=say(task.heading, observed.values),
        why=say_what_is_known(task.why, observed.values),
        done_when=say(task.done_when, observed.values),
    )


def _expectations(checks: Sequence[MetricCheck], observed: Observed) -> tuple[Expectation, ...]:
    met: set[str] = set()
    found: list[Expectation] = []
    for check in checks:
        if check.instead_of in met:
            continue
        try:
            query = SLOT.sub(lambda slot: observed.value(slot.group(1)), check.query)
            bound = float(check.bound if number(check.bound) else observed.value(check.bound))
        except Unfillable:
            continue
        met.add(check.name)
        found.append(
            Expectation(
                say(check.title, observed.values),
                query,
                check.compare,
                float(f"{bound * check.factor:.6g}"),
                check.unit,
            )
        )
    return tuple(found)


def _caution(steps: Sequence[Step]) -> str:
    by_hand = [step for step in steps if step.command is None]
    if by_hand and len(by_hand) < len(steps):
        need = "needs" if len(by_hand) == 1 else "need"
        return f"{len(by_hand)} of {len(steps)} tasks {need} a person; the commands alone do not finish this."
    return ""


def _spoken(name: str) -> str:
    return name.replace("-", " ").capitalize()
