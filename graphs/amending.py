"""What people make of a proposal that is there: its way back, or their own command lines. Judged and rehearsed anew."""

import dataclasses
from collections.abc import Iterable

from domain.errors import ToolFailed
from domain.objects import ObjectRef
from domain.people import Person
from domain.proposals import READ_VERBS, Proposal
from domain.risk import Risk
from domain.scripts import ApiRequest, Plan, ShellCommand, Step
from graphs import silencing
from graphs.climbing import Climb, with_effects
from graphs.desk import Desk
from graphs.silencing import is_about_silences
from policy.shell import NotUnderstood, parse
from tools.kubernetes.kinds import KINDS

_OF_NODES = frozenset({"cordon", "uncordon"})
"""Verbs on what belongs to no namespace."""


async def way_back(desk: Desk, done: Proposal) -> Climb:
    """What takes back what `done` changed, ready to be proposed; ToolFailed when there is nothing to take back."""
    if is_about_silences(done):
        return await _silencing(desk, await silencing.way_back(desk, done))
    commands = commands_in(done.script.undo)
    if not commands:
        raise ToolFailed(f"Proposal {done.id} changed nothing that can be taken back.")
    why = f"Proposal {done.id} changed it; this way back was written before it was approved."
    steps = [_step(number, command, f"Take back: {command.text}", why) for number, command in enumerate(commands, 1)]
    return await _checked(desk, Plan(f"undo:{done.id}", f"Undo: {done.title}", done.cause_key, tuple(steps)), done)


async def edited(desk: Desk, original: Proposal, lines: str, editor: Person) -> Climb:
    """The proposal with other command lines, ready to be proposed; ToolFailed says which line cannot be taken.

    Verification, way back and expectations stay as they were: an edit changes what runs, not how its success is told.
    """
    try:
        commands = parse(lines)
    except NotUnderstood as reason:
        raise ToolFailed(f"These lines cannot be taken: {reason} Each line is one plain command.") from reason
    if not commands:
        raise ToolFailed("There is no command left. Reject the proposal if nothing should run.")
    if is_about_silences(original):
        return await _silencing(desk, silencing.edited(desk, original, commands, editor))
    for command in commands:
        named = any(word.startswith(("-n", "--namespace")) for word in command.argv)
        if command.argv[0] == "kubectl" and not named and not _OF_NODES & set(command.argv):
            raise ToolFailed(f"`{command.text}` does not name its namespace: say -n in every command.")
    verify, undo = commands_in(original.script.verify), commands_in(original.script.undo)
    why = f"Edited from proposal {original.id} by {editor.id}."
    steps = [_step(number, command, command.text, why) for number, command in enumerate(commands, 1)]
    steps[-1] = dataclasses.replace(steps[-1], verify=verify, undo=undo)
    plan = Plan(f"edit:{editor}", original.title, original.cause_key, tuple(steps), expectations=original.expectations)
    return await _checked(desk, plan, original)


def commands_in(script: str) -> tuple[ShellCommand, ...]:
    """The commands of a compiled script, without the lines that the compiler put around them; it may hold none."""
    lines = [line for line in script.splitlines() if line.startswith(("kubectl ", "amtool "))]
    return parse("\n".join(lines)) if lines else ()


async def _checked(desk: Desk, plan: Plan, original: Proposal) -> Climb:
    """Judged against what the original observed: nobody slips in an object that was never looked at."""
    observed = _objects((w for w in original.writes), original.cluster)
    observed += tuple(ObjectRef(original.cluster, p.namespace, p.kind, p.name) for p in original.preconditions)
    climb = await with_effects(desk, plan, tuple(dict.fromkeys(observed)))
    if climb.refused:
        raise ToolFailed(climb.refused)
    steps = [_about(step, original.cluster) for step in climb.plan.steps]
    return Climb(dataclasses.replace(climb.plan, steps=tuple(steps)))


async def _silencing(desk: Desk, plan: Plan) -> Climb:
    climb = await with_effects(desk, plan, silencing.targets(plan))
    if climb.refused:
        raise ToolFailed(climb.refused)
    return climb


def _about(step: Step, cluster: str) -> Step:
    """The step with the objects that its command writes, each looked at again afterwards where nothing else checks."""
    objects = _objects((r for r in step.requests if r.verb not in READ_VERBS), cluster)
    verify = step.verify or tuple(_is_there(ref) for ref in objects)
    return dataclasses.replace(step, objects=objects, verify=verify)


def _objects(writes: Iterable[ApiRequest], cluster: str) -> tuple[ObjectRef, ...]:
    kinds = {(kind.group, kind.plural): kind.name for kind in KINDS.values()}
    found = (
        ObjectRef(cluster, write.namespace, kinds[write.group, write.resource], write.name)
        for write in writes
        if (write.group, write.resource) in kinds
    )
    return tuple(dict.fromkeys(found))


def _step(number: int, command: ShellCommand, title: str, why: str) -> Step:
    return Step(f"s{number}", title, why, "The verification holds.", command, risk=Risk.read)


def _is_there(ref: ObjectRef) -> ShellCommand:
    namespace = ("-n", ref.namespace) if ref.namespace else ()
    argv = ("kubectl", *namespace, "get", KINDS[ref.kind].resource, ref.name)
    return ShellCommand(argv, " ".join(argv))
