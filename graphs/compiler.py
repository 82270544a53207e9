"""Assembles the one script that is reviewed: run, verify and undo, from checked commands and nothing else.

Every line around the commands is written here. The commands come from steps whose text policy has understood;
they are put in as they were checked, never re-quoted.
"""

import shlex
from collections.abc import Iterable, Sequence

from domain.plain_json import Json, dig
from domain.proposals import DECISIVE_FIELDS, Precondition, field_text
from domain.scripts import Plan, Script, ShellCommand, Step
from domain.silences import API_VERSION

VERIFY_SECONDS = 90

_STRICT = "set -euo pipefail"
_SAY = """say() { printf '==> %s\\n' "$1"; }"""
_STOP = """stop() { printf 'stopped: %s\\n' "$1" >&2; exit 3; }"""


def compile_script(plan: Plan, preconditions: Sequence[Precondition], *, title: str, where: str) -> Script:
    """Run, verify and undo as three separate texts; each is strict, echoes its steps and stands alone."""
    steps = [step for step in plan.steps if step.command is not None]
    return Script(
        run=_text(
            f"{title} · {where}",
            [_SAY, _STOP],
            [
                *map(_unchanged, filter(_by_kubectl, preconditions)),
                *(_run(step, n, len(steps)) for n, step in enumerate(steps, 1)),
            ],
            "Done. Verification follows.",
        ),
        verify=_text(f"Verify: {title} · {where}", [_SAY], _verify(steps), "Verified."),
        undo=_text(f"Undo: {title} · {where}", [_SAY], _undo(steps), "Undone."),
    )


def commands_of(plan: Plan) -> tuple[ShellCommand, ...]:
    """The commands that the run script makes, in its order."""
    return tuple(step.command for step in plan.steps if step.command is not None)


def verify_commands(plan: Plan) -> tuple[ShellCommand, ...]:
    """The commands of the verify script, without repeats, in its order."""
    return _once(command for step in plan.steps if step.command is not None for command in step.verify)


def undo_commands(plan: Plan) -> tuple[ShellCommand, ...]:
    """The commands of the undo script: the last step is undone first."""
    return _once(command for step in reversed(plan.steps) if step.command is not None for command in step.undo)


def precondition(item: Json) -> Precondition:
    """An object as it is now: its generation where it has one, since status changes must not make a fix stale."""
    generation = dig(item, "metadata", "generation")
    decisive = DECISIVE_FIELDS.get(item["kind"], "")
    if generation:
        version = f"generation:{generation}"
    elif decisive:
        version = f"{decisive}:{field_text(item, decisive)}"
    else:
        version = f"resourceVersion:{item['metadata']['resourceVersion']}"
    return Precondition(
        api_version=item["apiVersion"],
        kind=item["kind"],
        namespace=dig(item, "metadata", "namespace", default=""),
        name=item["metadata"]["name"],
        uid=item["metadata"]["uid"],
        version=version,
    )


def _text(title: str, functions: list[str], blocks: list[str], last: str) -> str:
    head = ["#!/bin/bash", f"# {title}", _STRICT, *functions]
    return "\n".join([*head, *(f"\n{block}" for block in blocks), f"\nsay {shlex.quote(last)}", ""])


def _unchanged(expected: Precondition) -> str:
    """Fails fast where the object is no longer the one that was looked at."""
    kind, name = expected.kind.lower(), expected.name
    namespace = f" -n {shlex.quote(expected.namespace)}" if expected.namespace else ""
    field, _, value = expected.version.partition(":")
    path = field if field.startswith("spec.") else f"metadata.{field}"
    read = f"kubectl get {kind} {shlex.quote(name)}{namespace} -o 'jsonpath={{.metadata.uid}} {{.{path}}}'"
    return "\n".join(
        [
            f"say {shlex.quote(f'Is {kind} {name} still as it was when this was proposed?')}",
            f"now=$({read})",
            f'[[ "$now" == {shlex.quote(f"{expected.uid} {value}")} ]] || stop "{kind} {name} has changed: $now"',
        ]
    )


def _by_kubectl(expected: Precondition) -> bool:
    """Whether kubectl can tell; how a silence was, only the executor compares."""
    return expected.api_version != API_VERSION


def _run(step: Step, number: int, total: int) -> str:
    assert step.command is not None
    return f"say {shlex.quote(f'Step {number} of {total}: {step.title}')}\n{step.command.text}"


def _verify(steps: list[Step]) -> list[str]:
    commands = _once(command for step in steps for command in step.verify)
    return [_check(command) for command in commands] or ["say 'Nothing to verify.'"]


def _check(command: ShellCommand) -> str:
    """Fails where the command fails; amtool succeeds with nothing found, so it has to print something."""
    if command.argv[0] != "amtool":
        return f"say {shlex.quote(command.text)}\n{command.text}"
    return "\n".join(
        [
            "say 'Does Alertmanager list it?'",
            f"found=$({command.text})",
            "[[ -n \"$found\" ]] || { echo 'Alertmanager lists none.' >&2; exit 3; }",
        ]
    )


def _undo(steps: list[Step]) -> list[str]:
    commands = _once(command for step in reversed(steps) for command in step.undo)
    return [_take_back(command) for command in commands] or ["say 'Nothing to undo.'"]


def _take_back(command: ShellCommand) -> str:
    said = "End the silence." if command.argv[0] == "amtool" else command.text
    return f"say {shlex.quote(said)}\n{command.text}"


def _once(commands: Iterable[ShellCommand]) -> tuple[ShellCommand, ...]:
    return tuple(dict.fromkeys(commands))
