"""Levels 2 to 4: from a cause to a plan, to commands checked against the live system, to a stored proposal."""

import dataclasses
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain import job_kinds
from domain.errors import ToolFailed
from domain.findings import Cause
from domain.messages import Message
from domain.objects import ObjectRef
from domain.plain_json import Json
from domain.proposals import READ_VERBS, CommandRequests, Identity, Precondition, Proposal
from domain.rehearsals import combine
from domain.risk import Risk
from domain.sandbox import ENVIRONMENT, INTERPRETER, SANDBOX_PROFILE, WORKING_DIRECTORY
from domain.scripts import Effect, Plan, Script, ShellCommand, Step
from domain.silences import ALERT_KIND
from domain.silences import KIND as SILENCE
from graphs import silencing
from graphs.compiler import commands_of, compile_script, precondition, verify_commands
from graphs.desk import Desk
from policy.verdict import judge
from policy.version import policy_version
from runbooks.fill import choose, fill
from runbooks.slots import Unfillable
from tools.alertmanager import silences
from tools.kubernetes.kinds import KINDS
from tools.kubernetes.rehearsal import rehearse

OUTPUT_CAP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Climb:
    """A plan as far as it was taken; `refused` says in a sentence why it may go no higher."""

    plan: Plan
    refused: str = ""


def what_it_does(plan: Plan) -> str:
    """The plan in one line: what its commands do, or the first task where all of it needs a person."""
    done = [step.title for step in plan.steps if step.command is not None]
    return "; ".join(done) if done else plan.steps[0].title


def plan_for(desk: Desk, cause: Cause) -> Plan | None:
    """What our runbooks would do about this cause; None where none fits or not one step can be filled."""
    runbook = choose(cause, desk.runbooks)
    if runbook is None:
        return None
    try:
        return fill(runbook, cause, context=desk.kube.context)
    except Unfillable:
        return None


async def with_effects(desk: Desk, plan: Plan, observed: Sequence[ObjectRef]) -> Climb:
    """Level 3: each command judged by policy and rehearsed on the live API server; nothing is changed.

    Rehearsed with Hilda's own credentials, which need no right to impersonate anybody; the executor rehearses again as
    the asker before it claims, and runs only what then shows the same change.
    """
    steps: list[Step] = []
    refused = ""
    for step in plan.steps:
        if step.command is None:
            steps.append(step)
            continue
        verdict = judge(step.command.text, namespace=desk.kube.namespace, observed=observed)
        effect = None
        if verdict.runnable:
            effect = await _effect(desk, step.command)
        risk = max(step.risk, verdict.risk)
        if effect is not None and effect.status == "not possible" and risk > Risk.read:
            risk = risk.raised()
        if not verdict.runnable:
            refused = refused or f"I would not run this: {'; '.join(verdict.reasons)}. You may copy it."
        elif effect is not None and effect.status == "failed":
            refused = refused or f"The server refuses this as it stands: {effect.why}"
        steps.append(dataclasses.replace(step, risk=risk, requests=verdict.requests, effect=effect))
    return Climb(dataclasses.replace(plan, steps=tuple(steps)), refused)


async def _effect(desk: Desk, command: ShellCommand) -> Effect:
    if command.argv[0] == "amtool":
        return await silences.rehearse(desk.alertmanager, command)
    return await rehearse(desk.kube, command, kubectl=desk.kubectl)


async def propose(desk: Desk, climb: Climb, message: Message, incident: str, *, undo_of: str = "") -> Proposal:
    """Level 4: the proposal as it would be stored; ToolFailed where it could not be made whole."""
    plan = climb.plan
    steps = [step for step in plan.steps if step.command is not None]
    if not steps:
        raise ToolFailed("None of the tasks has a command that I could fill from what I observed: this needs a person.")
    # An alert's namespace is a label that anybody may write: nothing is read there for its sake.
    objects = (ref for step in steps for ref in step.objects if ref.namespace and ref.kind != ALERT_KIND)
    namespaces = tuple(sorted({ref.namespace for ref in objects}))
    expected = await _preconditions(desk, steps)
    where = " ".join([desk.label.name, *(f"· namespace {name}" for name in namespaces)])
    script = compile_script(plan, expected, title=what_it_does(plan), where=where)
    return await _proposal(
        desk,
        plan,
        script,
        expected,
        namespaces,
        message,
        incident,
        effects=[step.effect for step in steps],
        risk=max(step.risk for step in steps),
        undo_of=undo_of,
    )


async def put_forward(desk: Desk, climb: Climb, message: Message, incident: str, *, undo_of: str = "") -> str:
    """Put the proposal on record, and start its own workflow (graphs/remediate.py) durably behind this turn.

    Gives the id of what is on record: the same wish twice is one proposal.
    """
    proposal = await propose(desk, climb, message, incident, undo_of=undo_of)
    kept = await desk.store.proposals.propose(proposal)
    payload = {"proposal": kept.id, "zone": message.zone, "conversation": message.conversation}
    # The message is part of the key: who asks again for a proposal that is still open sees it again.
    key, kind = f"resume:{kept.id}:show:{message.id}", job_kinds.resume(desk.cluster)
    await desk.store.jobs.put(key, kind, payload, message.conversation)
    # Nobody waits for this one, so it belongs to no conversation's queue: it says that time is up, if it is.
    wait = (proposal.expires_at - proposal.created_at).total_seconds() + 1
    await desk.store.jobs.put(f"resume:{kept.id}:expiry", kind, payload, delay_seconds=wait)
    return kept.id


async def _preconditions(desk: Desk, steps: Sequence[Step]) -> tuple[Precondition, ...]:
    """Every object that is written, as it is now."""
    found: dict[ObjectRef, Precondition] = {}
    for step in steps:
        for ref in step.objects:
            if ref.kind == SILENCE:
                found[ref] = await silencing.precondition(desk, ref)
            elif ref not in found and _is_written(step, ref):
                path = KINDS[ref.kind].path(ref.namespace or None, ref.name)
                item: Json = await desk.kube.get(path, seconds=desk.look_seconds)
                found[ref] = precondition(item)
    return tuple(found.values())


def _is_written(step: Step, ref: ObjectRef) -> bool:
    kind = KINDS.get(ref.kind)
    return kind is not None and any(
        (kind.group, kind.plural, ref.namespace, ref.name) == (r.group, r.resource, r.namespace, r.name)
        for r in step.requests
        if r.verb not in READ_VERBS
    )


async def _proposal(
    desk: Desk,
    plan: Plan,
    script: Script,
    expected: tuple[Precondition, ...],
    namespaces: tuple[str, ...],
    message: Message,
    incident: str,
    *,
    effects: Sequence[Effect | None],
    risk: Risk,
    undo_of: str,
) -> Proposal:
    now = desk.clock()
    user = await desk.store.identities.kube_user(message.author)
    return Proposal(
        id="p" + secrets.token_hex(5),
        title=what_it_does(plan),
        script=script,
        interpreter=INTERPRETER,
        environment=ENVIRONMENT,
        working_directory=WORKING_DIRECTORY,
        cluster=desk.cluster,
        context=desk.kube.context,
        namespace=namespaces[0] if namespaces else "",
        identity=Identity(user=user),
        sandbox=SANDBOX_PROFILE,
        timeout_seconds=desk.run_seconds,
        output_cap_bytes=OUTPUT_CAP,
        requests=_requests(desk, plan),
        observed_namespaces=namespaces,
        preconditions=expected,
        dry_run_digest=combine(effect.digest for effect in effects if effect is not None),
        expectations=plan.expectations,
        policy_version=policy_version(""),
        risk=risk,
        requester=message.author,
        author=plan.runbook if plan.runbook.startswith(("undo:", "edit:", "silence:")) else f"runbook:{plan.runbook}",
        incident=incident,
        conversation=message.conversation,
        cause_key=plan.cause_key,
        created_at=now,
        expires_at=now + timedelta(minutes=desk.proposal_minutes),
        undo_of=undo_of,
    )


def _requests(desk: Desk, plan: Plan) -> tuple[CommandRequests, ...]:
    """What each command of the run and verify scripts may ask of the API."""
    commands = dict.fromkeys((*commands_of(plan), *verify_commands(plan)))
    return tuple(
        CommandRequests(command.text, judge(command.text, namespace=desk.kube.namespace).requests)
        for command in commands
    )
