"""The answer to "what is wrong?": cause, impact, since when, status, confidence, what changed, and the evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.cards import Card, Chart, Choice, Choices, ClusterLabel, Facts, Part, Sources, Text, Tone, card
from domain.cluster_state import ClusterState
from domain.evidence import Evidence
from domain.findings import Cause, Finding, Severity
from domain.levels import Level
from domain.plain_json import dig
from graphs.model_words import ModelWords
from graphs.words import times
from graphs.words.numbers import change
from store.past_fixes import PastFix

_MOST_SOURCES = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything an answer is written from; all of it observed."""

    causes: tuple[Cause, ...]
    evidence: tuple[Evidence, ...]
    state: ClusterState
    past: tuple[Finding, ...] = ()
    """Trouble that is over: each has `recovered_at` among its facts."""
    changes: tuple[tuple[datetime, str], ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    fix: str = ""
    """Title of the plan that a runbook makes of the first cause."""
    helped: tuple[PastFix, ...] = ()
    looked_at: str = ""
    window: str = ""
    model: ModelWords | None = None
    model_note: str = ""


def answer_card(answer: Answer, cluster: ClusterLabel, now: datetime, zone: str, highest: Level) -> Card:
    if not answer.causes:
        return _nothing_wrong(answer, cluster, now, zone)
    first = answer.causes[0]
    tone: Tone = "bad" if first.finding.severity is Severity.critical else "warning"
    parts: list[Part] = [*_model_part(answer), Facts(_facts(answer, first, now, zone)), *_others(answer.causes[1:])]
    parts += answer.charts[:1]
    if answer.notes:
        parts.append(Text("\n".join(f"- {note}" for note in answer.notes)))
    parts.append(Sources(sources(answer)))
    parts.append(Choices(tuple(_choices(first, highest))))
    return card(first.finding.title, *parts, tone=tone, cluster=cluster)


def sources(answer: Answer) -> tuple[Evidence, ...]:
    """The evidence worth showing: of the first cause, then of what follows from it, then of past trouble."""
    ordered: dict[str, Evidence] = {}
    for cause in answer.causes:
        for finding in (cause.finding, *cause.consequences):
            ordered.update((item.id, item) for item in finding.evidence)
    for finding in answer.past:
        ordered.update((item.id, item) for item in finding.evidence)
    if not ordered:
        ordered.update((item.id, item) for item in answer.evidence)
    return tuple(ordered.values())[:_MOST_SOURCES]


def impact(cause: Cause, state: ClusterState) -> str:
    """What users notice, in numbers where there are some."""
    said: list[str] = []
    for finding in (cause.finding, *cause.consequences):
        if finding.code in ("latency-high", "errors-high") and "from" in finding.facts:
            facts = finding.facts
            what = "latency" if finding.code == "latency-high" else "errors"
            said.append(f"{what} of {finding.object.name} {change(facts['from'], facts['to'], facts.get('unit', ''))}")
    nobody = [f for f in (cause.finding, *cause.consequences) if f.code == "service-without-endpoints"]
    said += [f"Service {finding.object.name} has nobody behind it" for finding in nobody[:2]]
    workload = _workload(cause, state)
    if workload:
        name, ready, wanted = workload
        if ready < wanted:
            said.append(f"{ready} of {wanted} pods of {name} ready")
        elif not said:
            said.append(f"all {wanted} pods of {name} are ready; users are still served")
    return "; ".join(dict.fromkeys(said)) or "none that I can measure"


def _workload(cause: Cause, state: ClusterState) -> tuple[str, int, int] | None:
    facts, ref = cause.finding.facts, cause.finding.object
    kind = facts.get("workload_kind", ref.kind)
    name, namespace = facts.get("workload", ref.name), facts.get("namespace", ref.namespace)
    item = state.get(kind, namespace, name)
    wanted = dig(item, "spec", "replicas", default=1) if item else None
    if wanted is None:
        return None
    return name, dig(item, "status", "readyReplicas", default=0), wanted


def _facts(answer: Answer, cause: Cause, now: datetime, zone: str) -> tuple[tuple[str, str], ...]:
    finding = cause.finding
    rows = [("Cause", finding.title)]
    rows.append(("Impact", impact(cause, answer.state)))
    if finding.since:
        rows.append(("Since", times.since(finding.since, now, zone)))
    rows.append(("Status", "still going on"))
    if changed := _changed(answer, cause, now, zone):
        rows.append(("What changed", changed))
    against = f"; against it: {'; '.join(cause.against[:2])}" if cause.against else ""
    rows.append(("Confidence", f"{cause.confidence:.0%}{against}"))
    if answer.fix:
        rows.append(("Fix", answer.fix))
    if answer.helped:
        rows.append(("Helped before", "; ".join(_helped(fix, now, zone) for fix in answer.helped[:2])))
    return tuple(rows)


def _changed(answer: Answer, cause: Cause, now: datetime, zone: str) -> str:
    """The change nearest before the trouble began, of this workload if there is one."""
    since = cause.finding.since
    earlier = [(at, what) for at, what in answer.changes if since is None or at <= since] or list(answer.changes)
    name = cause.finding.facts.get("workload", cause.finding.object.name)
    config = cause.finding.facts.get("config_name", "")
    related = [found for found in earlier if name in found[1] or (config and config in found[1])]
    for at, what in (related or earlier)[:1]:
        return f"{what}, {times.since(at, now, zone)}"
    return ""


def _helped(fix: PastFix, now: datetime, zone: str) -> str:
    where = "here" if fix.same_object else f"for {fix.name}"
    last = times.since(fix.last_helped_at, now, zone)
    return f"{fix.title}: helped {where} {fix.helped} of {fix.tried} times, last {last}"


def _others(causes: Sequence[Cause]) -> Iterable[Part]:
    if causes:
        lines = [f"- {cause.finding.title} ({cause.confidence:.0%})" for cause in causes]
        yield Text("\n".join(["Also wrong, and not explained by the first:", *lines]))


def _model_part(answer: Answer) -> Iterable[Part]:
    if answer.model is not None:
        numbers = {item.id: number for number, item in enumerate(sources(answer), 1)}
        said = [
            sentence.text + "".join(f" [{numbers[cited]}]" for cited in sentence.evidence if cited in numbers)
            for sentence in answer.model.sentences
        ]
        asked = f"\n\nNext I would ask: *{answer.model.next_question}*" if answer.model.next_question else ""
        yield Text(" ".join(said) + asked)
    elif answer.model_note:
        yield Text(answer.model_note)


def _choices(cause: Cause, highest: Level) -> Iterable[Choice]:
    if highest >= Level.checklist:
        yield Choice("Checklist", "next_level", "2", style="primary")
    name = cause.finding.facts.get("workload", cause.finding.object.name)
    yield Choice("Why do you think so?", "ask", "why do you think so?")
    yield Choice("What changed?", "ask", "what changed?")
    yield Choice(f"Logs of {name}", "ask", f"logs of {name}")


def _nothing_wrong(answer: Answer, cluster: ClusterLabel, now: datetime, zone: str) -> Card:
    """Health is an answer: what was looked at, and what is over."""
    if any(answer.state.coverage.get(kind) != "read" for kind in ("Pod", "Deployment")):
        return card(
            "I cannot tell: I could not see enough",
            *_model_part(answer),
            Text("\n".join(f"- {note}" for note in (*answer.state.notes, *answer.notes))),
            tone="warning",
            cluster=cluster,
        )
    parts: list[Part] = [*_model_part(answer)]
    if answer.past:
        rows = [("Cause", _was(answer, now, zone))]
        rows += [(_what(finding), _over(finding, now, zone)) for finding in answer.past[:4]]
        rows += [("Status", "over; nothing to do now")]
        parts.append(Facts(tuple(rows)))
        title = f"Nothing is wrong now; {answer.past[0].title[0].lower()}{answer.past[0].title[1:]}"
    else:
        title = f"Nothing wrong that I can see{' ' + answer.window if answer.window else ''}"
    parts.append(Text(f"I looked at {answer.looked_at}."))
    if answer.changes and not answer.past:
        recent = [f"- {what}, {times.since(at, now, zone)}" for at, what in answer.changes[:3]]
        parts.append(Text("\n".join(["The latest changes:", *recent])))
    if answer.notes:
        parts.append(Text("\n".join(f"- {note}" for note in answer.notes)))
    parts += answer.charts[:1]
    if found := sources(answer):
        parts.append(Sources(found))
    parts.append(Choices((Choice("What can you see here?", "ask", "what can you see here?"),)))
    return card(title, *parts, tone="good", cluster=cluster)


def _was(answer: Answer, now: datetime, zone: str) -> str:
    finding = answer.past[0]
    began = finding.since
    before = [(at, what) for at, what in answer.changes if began is None or at <= began]
    return f"{before[0][1]}, {times.since(before[0][0], now, zone)}" if before else finding.title


def _what(finding: Finding) -> str:
    return {"latency-high": "Impact", "errors-high": "Impact", "pool-exhausted": "Pool"}.get(finding.code, finding.code)


def _over(finding: Finding, now: datetime, zone: str) -> str:
    facts = finding.facts
    said = change(facts["from"], facts["to"], facts.get("unit", "")) if "from" in facts and "to" in facts else ""
    ended = datetime.fromisoformat(facts["recovered_at"])
    began = f"from {times.clock(finding.since, now, zone)} " if finding.since else ""
    return f"{finding.object.name}: {said} {began}until {times.since(ended, now, zone)}".replace("  ", " ")
