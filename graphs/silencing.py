"""Silencing alerts: from a wish to commands for exactly the alerts that fire now, and their way back.

A silence is a proposal like every other one: compiled, shown, approved, and made by the executor.
"""

import dataclasses
import secrets
from collections.abc import Iterable, Sequence

import orjson

from domain.errors import NotAllowed, ToolFailed
from domain.objects import ObjectRef
from domain.people import Person
from domain.proposals import Precondition, Proposal
from domain.risk import Risk
from domain.scripts import ApiRequest, Plan, ShellCommand, Step
from domain.silences import ALERT_KIND, API_VERSION, KIND, Silence, makes_a_silence, moment, moment_in, signed
from graphs.desk import Desk
from graphs.silence_wish import Wish
from graphs.words import times
from policy import amtool
from policy.shell import quote
from policy.silencing import matchers_for, no_wider
from tools.alertmanager.connection import Alertmanager
from tools.alertmanager.silences import FiringAlert, alerts_with, grouped, silence, silences_by

MOST = 5
"""Silences of one proposal: more would not be read."""
RUNBOOK = "silence:alertmanager"


def offered(desk: Desk) -> bool:
    """Whether alerts can be silenced from here at all."""
    return desk.alertmanager is not None


def alertmanager_of(desk: Desk) -> Alertmanager:
    if desk.alertmanager is None:
        raise ToolFailed(
            "I know no Alertmanager here, so I can silence nothing: set ALERTMANAGER_URL for `hilda serve` and for "
            "`hilda executor`."
        )
    return desk.alertmanager


async def plan_for(desk: Desk, wish: Wish, alerts: Sequence[FiringAlert], author: Person, incident: str) -> Plan:
    """One silence for each alert of another name or namespace; NotAllowed where that is more than anyone reads."""
    url, groups = alertmanager_of(desk).url, grouped(alerts)
    if len(groups) > MOST:
        raise NotAllowed(
            f"These are {len(groups)} different alerts; I silence {MOST} at once at the most. Name one of them."
        )
    if wish.too_long:
        hours = int(amtool.LONGEST.total_seconds() // 3600)
        raise NotAllowed(f"I silence nothing for longer than {hours} hours: after that nobody remembers why.")
    starts = desk.clock().replace(microsecond=0)
    steps = []
    for number, group in enumerate(groups, 1):
        length = times.length(wish.length)
        made = Silence(
            matchers_for([alert.labels for alert in group]),
            starts,
            starts + wish.length,
            signed(secrets.token_hex(3), author),
            f"Silenced for {length} through Hilda" + (f"; incident {incident}" if incident else ""),
        )
        steps.append(_step(desk, number, url, made, f"Silence {_name(group)} for {length}"))
    return Plan(RUNBOOK, steps[0].title, "", tuple(steps))


def targets(plan: Plan) -> tuple[ObjectRef, ...]:
    """What the plan's commands are about: alerts that were seen firing."""
    return tuple(dict.fromkeys(ref for step in plan.steps for ref in step.objects))


async def way_back(desk: Desk, done: Proposal) -> Plan:
    """What ends the silences that `done` made and that still hold; ToolFailed where there are none."""
    alertmanager = alertmanager_of(desk)
    steps: list[Step] = []
    for made in silences_of(done):
        for known in await silences_by(alertmanager, made.author):
            if known.state != "expired":
                ref = ObjectRef(desk.cluster, "", KIND, known.id)
                argv = ("amtool", "silence", "expire", f"--alertmanager.url={alertmanager.url}", known.id)
                names = dict(made.matchers)["alertname"]
                steps.append(
                    Step(
                        f"s{len(steps) + 1}",
                        f"End the silence of {names}",
                        f"Proposal {done.id} made it.",
                        "Alertmanager lists it as expired.",
                        _command(argv),
                        verify=(_found(alertmanager.url, made.author, "--expired"),),
                        risk=Risk.low,
                        objects=(ref,),
                    )
                )
    if not steps:
        raise ToolFailed(f"The silences of proposal {done.id} have ended already: there is nothing to take back.")
    return Plan(f"undo:{done.id}", f"Undo: {done.title}", "", tuple(steps))


def edited(desk: Desk, original: Proposal, commands: Sequence[ShellCommand], editor: Person) -> Plan:
    """The silences with other times or words, made in the editor's name; ToolFailed where one reaches further."""
    url = alertmanager_of(desk).url
    steps: list[Step] = []
    for number, command in enumerate(commands, 1):
        try:
            call = amtool.understand(command)
        except NotAllowed as reason:
            raise ToolFailed(f"`{command.text}` cannot be taken: {reason}") from reason
        made = next(iter(_made(call.requests)), None)
        if made is None or not call.runnable:
            raise ToolFailed(f"`{command.text}` cannot be taken: {' '.join(call.reasons)}")
        if not no_wider(made, silences_of(original)):
            raise ToolFailed(f"`{command.text}` would silence more than the alerts that were seen.")
        mine = dataclasses.replace(made, author=signed(secrets.token_hex(3), editor))
        title = f"Silence {dict(mine.matchers)['alertname']} until {moment(mine.ends)}"
        steps.append(_step(desk, number, url, mine, title))
    return Plan(f"edit:{editor}", original.title, "", tuple(steps))


def is_about_silences(proposal: Proposal) -> bool:
    return any(map(makes_a_silence, proposal.writes))


def silences_of(proposal: Proposal) -> tuple[Silence, ...]:
    """The silences that a proposal makes."""
    return _made(proposal.writes)


async def precondition(desk: Desk, ref: ObjectRef) -> Precondition:
    """A silence as it is now."""
    found = await silence(alertmanager_of(desk), ref.name)
    if found is None:
        raise ToolFailed(f"There is no silence {ref.name} any more.")
    return Precondition(API_VERSION, KIND, "", found.id, found.id, f"updatedAt:{found.updated}")


async def firing(desk: Desk) -> tuple[FiringAlert, ...]:
    return await alerts_with(alertmanager_of(desk), ())


def _step(desk: Desk, number: int, url: str, made: Silence, title: str) -> Step:
    labels = dict(made.matchers)
    # What ends it is found by its author, since Alertmanager gives the id only when the silence is there.
    query = _found(url, made.author).text
    undo = ("amtool", "silence", "expire")
    return Step(
        f"s{number}",
        title,
        "The alert is known and somebody is at work on it; it is told again by itself when the silence ends.",
        "Alertmanager lists the silence.",
        amtool.written(url, made),
        verify=(_found(url, made.author),),
        undo=(ShellCommand(undo, f'amtool silence expire --alertmanager.url={url} "$({query})"'),),
        risk=Risk.low,
        objects=(ObjectRef(desk.cluster, labels.get("namespace", ""), ALERT_KIND, labels.get("alertname", "")),),
    )


def _found(url: str, author: str, *more: str) -> ShellCommand:
    return _command(
        ("amtool", "silence", "query", f"--alertmanager.url={url}", "--quiet", *more, f"--created-by={author}")
    )


def _command(argv: tuple[str, ...]) -> ShellCommand:
    return ShellCommand(argv, quote(argv))


def _made(requests: Iterable[ApiRequest]) -> tuple[Silence, ...]:
    bodies = [orjson.loads(request.content)["body"] for request in requests if makes_a_silence(request)]
    return tuple(
        Silence(
            tuple((each["name"], each["value"]) for each in body["matchers"]),
            moment_in(body["startsAt"]),
            moment_in(body["endsAt"]),
            body["createdBy"],
            body["comment"],
        )
        for body in bodies
    )


def _name(group: Sequence[FiringAlert]) -> str:
    labels = group[0].labels
    place = f" in {labels['namespace']}" if labels.get("namespace") else ""
    return f"{labels.get('alertname', 'an alert without a name')}{place}"
