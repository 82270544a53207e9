"""Levels 2 to 4 as cards: a checklist, exact commands, and the proposal whose bytes are approved."""

from collections.abc import Sequence
from datetime import datetime

from domain.cards import (
    Card,
    Checklist,
    ChecklistItem,
    Choice,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    FormField,
    Part,
    Text,
    card,
)
from domain.findings import Cause
from domain.levels import Level
from domain.proposals import Proposal
from domain.risk import Risk
from domain.scripts import ApiRequest, Expectation, Plan, ShellCommand, Step
from domain.silences import in_words, is_about_alertmanager, where
from graphs.words import times
from graphs.words.numbers import measured
from policy.consent import consent
from store.incident_record import Incident

_RISKS = {
    Risk.read: "read: changes nothing",
    Risk.low: "low: reversible, touches no running pod",
    Risk.medium: "medium: touches a running workload, reversible",
    Risk.high: "high: irreversible or destructive",
    Risk.forbidden: "forbidden: I never run this; a person may copy it",
}


def checklist_card(plan: Plan, cluster: ClusterLabel, highest: Level, incident: Incident) -> Card:
    """Level 2: the tasks in order, each with its reason and how to tell that it worked; ticks are remembered."""
    ticked = {entry.details.get("task") for entry in incident.timeline if entry.kind == "ticked"}
    items = tuple(
        ChecklistItem(step.id, step.title, step.why, step.done_when, step.id in ticked) for step in plan.steps
    )
    open_ones = [item for item in items if not item.done]
    choices = tuple(Choice(f"Tick: {item.text}", "tick", f"{incident.id}/{item.id}") for item in open_ones)
    parts: list[Part] = [Checklist(items)]
    if plan.caution:
        parts.append(Text(plan.caution))
    parts.append(Facts((("From", _runbook(plan)), ("Incident", incident.id))))
    if highest >= Level.commands:
        choices = (Choice("Commands", "next_level", "3", style="primary"), *choices)
    if choices:
        parts.append(Choices(choices))
    return card(plan.title, *parts, tone="question", cluster=cluster)


def commands_card(plan: Plan, lines: Sequence[str], cluster: ClusterLabel, highest: Level, refused: str) -> Card:
    """Level 3: for each task the exact line to copy, with risk, object, effect, how to verify and how to undo."""
    parts: list[Part] = []
    for number, (step, line) in enumerate(zip(plan.steps, lines, strict=True), 1):
        parts.append(Text(f"**{number}. {step.title}**\n\n{step.why}"))
        if step.command is None:
            parts.append(Text("This one needs a person."))
            continue
        parts.append(Code(line, "sh", risk=step.risk))
        parts.append(Facts(_about(step)))
        if step.effect and step.effect.diff:
            parts.append(Code(step.effect.diff, "diff", label="What the server says it would change"))
    if plan.expectations:
        parts.append(Text("Afterwards:\n" + "\n".join(f"- {expected(e)}" for e in plan.expectations)))
    if refused:
        parts.append(Text(refused))
    elif highest >= Level.script:
        parts.append(Choices((Choice("Script", "next_level", "4", style="primary"),)))
    else:
        parts.append(Text(stops_here(highest)))
    return card(plan.title, *parts, tone="question", cluster=cluster)


def no_runbook_card(cause: Cause, cluster: ClusterLabel) -> Card:
    """Honest about the end of what we know, and useful still."""
    lines = "\n".join(f"- {item.summary}: `{item.check}`" for item in cause.finding.evidence[:4])
    return card(
        f"I have no runbook for {cause.finding.code}",
        Text(f"{cause.finding.title}. These lines show it by hand:\n{lines}"),
        Text("A runbook is one Markdown file: see docs/extend.md. Until then this one needs a person."),
        tone="question",
        cluster=cluster,
    )


def stops_here(highest: Level) -> str:
    """Why there is no next level, and who can change that."""
    return (
        f"Here I stop at level {highest.value}, {highest.title}. Where your team wants more, set "
        "`environments: <name>: level: 4` for this cluster in hilda.yaml."
    )


def proposal_card(proposal: Proposal, digest: str, cluster: ClusterLabel, now: datetime, zone: str) -> Card:
    """Level 4: all bytes that would run, and the buttons that decide; shown whole or not at all."""
    needed = consent(proposal.risk)
    people = "one person" if needed.approvers == 1 else f"{needed.approvers} persons"
    others = ", not the one who asked" if needed.not_the_requester else ""
    rows = [
        ("Risk", _RISKS[proposal.risk]),
        (
            "May change",
            "; ".join(_write(w) for w in proposal.writes) or "nothing",
        ),
        ("Where", _where(proposal)),
        ("Needs", f"{people}{others}"),
        ("Until", f"{times.clock(proposal.expires_at, now, zone)} ({times.length(proposal.expires_at - now)})"),
        ("Proposal", f"{proposal.id} · {digest[:12]}"),
    ]
    if proposal.expectations:
        rows.append(("Afterwards", "; ".join(expected(e) for e in proposal.expectations)))
    return card(
        f"Proposal: {proposal.title}",
        Facts(tuple(rows)),
        Code(proposal.script.run, "sh", label="run", risk=proposal.risk),
        Code(proposal.script.verify, "sh", label="verify", risk=Risk.read),
        Code(proposal.script.undo, "sh", label="undo (a proposal of its own, should it be needed)"),
        Choices(
            (
                Choice("Approve", "approve", proposal.id, digest[:12], "primary"),
                Choice("Reject", "reject", proposal.id, digest[:12], "danger"),
                Choice("Edit", "edit", proposal.id, digest[:12]),
            )
        ),
        tone="question",
        cluster=cluster,
    )


def edit_card(proposal: Proposal, commands: Sequence[ShellCommand], cluster: ClusterLabel) -> Card:
    """The command lines to change; everything around them is compiled and checked again."""
    lines = "\n".join(command.text for command in commands)
    return card(
        f"Edit: {proposal.title}",
        Text("Only command lines can be changed. What you send is a new proposal, and you are its requester."),
        Form(
            "edit", proposal.id, (FormField("commands", "Command lines", lines, multiline=True),), "Check and propose"
        ),
        cluster=cluster,
    )


def expected(expectation: Expectation) -> str:
    return f"{expectation.title} ({expectation.comparison} {measured(str(expectation.bound), expectation.unit)})"


def _about(step: Step) -> tuple[tuple[str, str], ...]:
    rows = [("Risk", _RISKS[step.risk]), ("Object", ", ".join(map(str, step.objects)) or "none observed")]
    if step.effect:
        rows.append(("Dry run", step.effect.status + (f": {step.effect.why}" if step.effect.why else "")))
    if step.verify:
        rows.append(("Verify", "\n".join(command.text for command in step.verify)))
    rows.append(("Undo", "\n".join(command.text for command in step.undo) or "nothing to take back"))
    return tuple(rows)


def _write(request: ApiRequest) -> str:
    if is_about_alertmanager(request):
        return in_words(request)
    return f"{request.verb} {request.resource}{'/' + request.subresource if request.subresource else ''} {request.name}"


def _where(proposal: Proposal) -> str:
    for request in filter(is_about_alertmanager, proposal.writes):
        return f"Alertmanager at {where(request)}; nothing in the cluster"
    return f"namespace {proposal.namespace or '(cluster)'}"


def _runbook(plan: Plan) -> str:
    return f"runbook {plan.runbook.partition('@')[0]}"
