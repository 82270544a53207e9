"""The way back from something that ran: its undo script as a proposal of its own, judged and rehearsed as any other."""

from domain.errors import ToolFailed
from domain.objects import ObjectRef
from domain.proposals import Proposal
from domain.scripts import Plan, ShellCommand, Step
from graphs.climbing import Climb, with_effects
from graphs.desk import Desk
from policy.shell import parse
from policy.verdict import judge
from tools.kubernetes.kinds import KINDS


async def propose_undo(desk: Desk, done: Proposal) -> Climb:
    """What takes back what `done` changed, ready to be proposed; ToolFailed when there is nothing to take back."""
    commands = [command for command in parse(_commands(done.script.undo)) if command.argv[0] == "kubectl"]
    if not commands:
        raise ToolFailed(f"Proposal {done.id} changed nothing that can be taken back.")
    objects = _written(done)
    steps = tuple(_step(number, command, objects, done) for number, command in enumerate(commands, 1))
    plan = Plan(f"undo:{done.id}", f"Undo: {done.title}", done.cause_key, steps)
    climb = await with_effects(desk, plan, objects)
    if climb.refused:
        raise ToolFailed(climb.refused)
    return climb


def _commands(undo: str) -> str:
    """The undo script's commands, without the lines that the compiler put around them."""
    return "\n".join(line for line in undo.splitlines() if line.startswith("kubectl "))


def _written(done: Proposal) -> tuple[ObjectRef, ...]:
    kinds = {kind.plural: kind.name for kind in KINDS.values()}
    return tuple(
        ObjectRef(done.cluster, write.namespace, kinds[write.resource], write.name)
        for write in done.writes
        if write.resource in kinds
    )


def _step(number: int, command: ShellCommand, objects: tuple[ObjectRef, ...], done: Proposal) -> Step:
    there = tuple(_is_there(ref) for ref in objects)
    return Step(
        id=f"s{number}-undo",
        title=f"Take back: {command.text}",
        why=f"Proposal {done.id} changed it; this is the way back that was written before it was approved.",
        done_when="Everything is as it was before.",
        command=command,
        verify=there,
        risk=judge(command.text, observed=objects).risk,
        objects=objects,
    )


def _is_there(ref: ObjectRef) -> ShellCommand:
    namespace = ("-n", ref.namespace) if ref.namespace else ()
    argv = ("kubectl", *namespace, "get", KINDS[ref.kind].resource, ref.name)
    return ShellCommand(argv, " ".join(argv))
