"""The answer to "what is wrong?": cause, impact, since when, status, confidence, what changed, and the evidence."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
_MOST_LINES = 3
_MOST_EFFECTS = 4
_CLOSE = timedelta(minutes=15)
"""A change this near before trouble began, or ended, is worth naming beside it."""
_MEASURED = {"latency-high": "latency", "errors-high": "errors", "pool-exhausted": "use of the connection pool"}


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
    asked: str = ""
    """The service that was asked about."""
    turned: str = ""
    """What became of the cause that was told before, where it is another one now."""
    looked_at: str = ""
    window: str = ""
    model: ModelWords | None = None
    model_note: str = ""


def answer_card(answer: Answer, cluster: ClusterLabel, now: datetime, zone: str, highest: Level) -> Card:
    if not answer.causes:
        return _nothing_wrong(answer, cluster, now, zone)
    first = answer.causes[0]
    tone: Tone = "bad" if first.finding.severity is Severity.critical else "warning"
    parts: list[Part] = [
        *_turned(answer),
        *_model_part(answer),
        Facts(_facts(answer, first, now, zone)),
        *_others(answer.causes[1:]),
    ]
    parts += answer.charts[:1]
    if answer.notes:
        parts.append(Text("\n".join(f"- {note}" for note in answer.notes)))
    parts.append(Sources(sources(answer)))
    parts.append(Choices(tuple(_choices(first, highest))))
    return card(first.finding.title, *parts, tone=tone, cluster=cluster)


def nothing_to_mend_card(answer: Answer, cluster: ClusterLabel, now: datetime, zone: str) -> Card:
    """For someone who asks for the next level although there is nothing left to climb for."""
    whole = _nothing_wrong(answer, cluster, now, zone)
    kept = tuple(part for part in whole.parts if isinstance(part, Facts | Text))
    return Card("Nothing to mend: " + whole.title[0].lower() + whole.title[1:], whole.tone, cluster, kept)


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
    return tuple(map(_in_short, tuple(ordered.values())[:_MOST_SOURCES]))


def _in_short(item: Evidence) -> Evidence:
    """As much of an observation as an answer has room for; "why do you think so?" shows all of it."""
    lines = item.sample.splitlines()
    if len(lines) <= _MOST_LINES:
        return dataclasses.replace(item, link="")
    # Of a series of measurements the latest tell most, of a log the last lines do, too.
    return dataclasses.replace(item, sample="\n".join(lines[-_MOST_LINES:]), link="")


def impact(cause: Cause, state: ClusterState) -> str:
    """What users notice, in numbers where there are some."""
    said: list[str] = []
    for finding in (cause.finding, *cause.consequences):
        if finding.code in ("latency-high", "errors-high") and "from" in finding.facts:
            moved = change(finding.facts["from"], finding.facts["to"], finding.facts.get("unit", ""))
            said.append(f"{_MEASURED[finding.code]} of {finding.object.name} {moved}")
    nobody = [f for f in (cause.finding, *cause.consequences) if f.code == "service-without-endpoints"]
    said += [f"Service {finding.object.name} has nobody behind it" for finding in nobody[:2]]
    workload = _workload(cause, state)
    if workload:
        name, ready, wanted = workload
        if ready < wanted:
            said.append(f"{ready} of {wanted} pods of {name} ready")
        elif not said:
            pods = "the one pod" if wanted == 1 else f"all {wanted} pods"
            said.append(f"{pods} of {name} {'is' if wanted == 1 else 'are'} ready; users are still served")
    return "; ".join(tuple(dict.fromkeys(said))[:_MOST_EFFECTS]) or "none that I can measure"


def shown_elsewhere(cause: Cause, asked: str) -> str:
    """That the service asked about only shows what another one causes, and how the two are connected; "" otherwise."""
    if not asked or asked in named(cause.finding) or not any(asked in named(f) for f in cause.consequences):
        return ""
    culprit = cause.finding.facts.get("workload", cause.finding.object.name)
    how = next((sentence for sentence in cause.supporting if sentence.startswith(f"{asked} calls ")), "")
    return f"{asked} shows it, {culprit} causes it" + (f": {how}" if how else "")


def named(finding: Finding) -> tuple[str, ...]:
    """Every name by which somebody may ask about what a finding is about."""
    return finding.object.name, finding.facts.get("workload", ""), finding.facts.get("service", "")


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
    if elsewhere := shown_elsewhere(cause, answer.asked):
        rows.append(("You asked", elsewhere))
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


def _turned(answer: Answer) -> Iterable[Part]:
    if answer.turned:
        yield Text(answer.turned)


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
            *_turned(answer),
            *_model_part(answer),
            Text("\n".join(f"- {note}" for note in (*answer.state.notes, *answer.notes))),
            tone="warning",
            cluster=cluster,
        )
    parts: list[Part] = [*_turned(answer), *_model_part(answer)]
    if answer.past:
        parts.append(Facts(_past_facts(answer, now, zone)))
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


def _past_facts(answer: Answer, now: datetime, zone: str) -> tuple[tuple[str, str], ...]:
    """Cause, impact, fix and status of trouble that is over, as far as they can be told."""
    first = answer.past[0]
    ended = datetime.fromisoformat(first.facts["recovered_at"])
    about = first.facts.get("workload", first.object.name)
    mine = [(at, what) for at, what in answer.changes if about in what] or list(answer.changes)
    began = first.since or ended
    before = [found for found in mine if began - _CLOSE < found[0] <= began + _CLOSE / 5]
    mending = [found for found in mine if began < found[0] and ended - _CLOSE < found[0] <= ended + _CLOSE / 5]
    rows = [("Cause", f"{what}, {times.since(at, now, zone)}") for at, what in before[:1]]
    rows.append(("Impact", "; ".join(_over(finding, now, zone) for finding in answer.past[:3])))
    rows += [
        ("Fix", f"{what}, {times.since(at, now, zone)}") for at, what in mending[:1] if (at, what) not in before[:1]
    ]
    rows.append(("Status", f"resolved at {times.since(ended, now, zone)}; nothing to do now"))
    return tuple(rows)


def _over(finding: Finding, now: datetime, zone: str) -> str:
    facts = finding.facts
    if "from" not in facts or "to" not in facts:
        return finding.title
    what = _MEASURED.get(finding.code, finding.code)
    began = f" from {times.clock(finding.since, now, zone)}" if finding.since else ""
    ended = times.clock(datetime.fromisoformat(facts["recovered_at"]), now, zone)
    moved = change(facts["from"], facts["to"], facts.get("unit", ""))
    return f"{what} of {finding.object.name} {moved}{began} until {ended}"
