"""The daily report in words: a head that is read on a phone before the first coffee, and the details below it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from domain.cards import Card, ClusterLabel, Facts, Part, Sources, Table, Text, Tone, card
from domain.evidence import Evidence, observed
from domain.findings import Finding
from domain.people import Person
from graphs.daily import Day
from graphs.words import times
from store.day import DayIncident
from tools.kubernetes.changes import Change

MOST_LINES = 4
"""Of one kind in the head; the rest is counted there and listed below it."""
_LOW = 60


class Cited:
    """Observations in the order in which the report first points at them: what [1], [2] stand for."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.evidence: list[Evidence] = []

    def __call__(self, *items: Evidence) -> str:
        """ " [3]" for these observations; "" for none."""
        marks = []
        for item in items:
            if item.id not in self._numbers:
                self.evidence.append(item)
                self._numbers[item.id] = len(self.evidence)
            marks.append(f"[{self._numbers[item.id]}]")
        return f" {''.join(dict.fromkeys(marks))}" if marks else ""


def report_cards(day: Day, cluster: ClusterLabel, zone: str) -> tuple[Card, ...]:
    """The head, and the details where there are any; when the night was quiet, one card of two lines."""
    if quiet(day):
        return (_quiet_card(day, cluster, zone),)
    cited = Cited()
    head = _head(day, cluster, zone, cited)
    details = _details(day, cluster, zone, cited)
    return head, details


def quiet(day: Day) -> bool:
    """Whether there is nothing to tell that anybody would get up for."""
    return not (day.gaps or day.incidents or day.causes or day.past or day.coming or day.waiting or day.alerts)


def _quiet_card(day: Day, cluster: ClusterLabel, zone: str) -> Card:
    said = [f"Nothing happened {_span(day, zone)}, nothing is open, nothing is about to break."]
    if day.changes:
        said[0] = said[0][:-1] + f"; {_count(len(day.changes), 'change')}."
    looked = f"I looked at {day.looked_at}." if day.looked_at else ""
    return card(
        f"All quiet: health {_of_100(day)}",
        Text(" ".join(filter(None, [*said, looked, _tip(day)]))),
        tone="good",
        cluster=cluster,
    )


def _head(day: Day, cluster: ClusterLabel, zone: str, cited: Cited) -> Card:
    parts: list[Part] = [Text(f"{_span(day, zone).capitalize()}.")]
    lists = (
        ("Open", [*(_open(one, day, zone, cited) for one in day.open), *_unreported(day, zone, cited)]),
        ("Over", [*(_over(one, day, zone, cited) for one in day.over), *(_past(f, cited) for f in day.past)]),
        ("About to break", [f"{finding.title}{cited(*finding.evidence[:1])}" for finding in day.coming]),
        (
            "Waiting for you",
            [f"{record.proposal.title}{cited(_proposal(record.proposal.id))}" for record in day.waiting],
        ),
    )
    parts += [_list(title, lines) for title, lines in lists if lines]
    for gap, why in day.gaps.items():
        parts.append(Text(f"**I could not read the {gap}**: {why}"))
    parts += day.charts[:1]
    return card(_headline(day), *parts, tone=_tone(day), cluster=cluster)


def _details(day: Day, cluster: ClusterLabel, zone: str, cited: Cited) -> Card:
    parts: list[Part] = []
    if day.score.deductions or day.score.value is not None:
        parts.append(Text(f"**Health**: {_arithmetic(day)}"))
    if day.changes:
        parts.append(_list("Changed", [_change(change, day, zone, cited) for change in day.changes], most=12))
    if day.alerts:
        rows = tuple((one.name, one.namespace, str(one.times), str(one.firing)) for one in day.alerts[:15])
        parts.append(Table(("ALERT", "NAMESPACE", "FIRED", "STILL"), rows, "Alerts that came in"))
    parts.append(Facts(tuple(_deeds(day))))
    if cited.evidence:
        parts.append(Sources(tuple(cited.evidence)))
    return card("The day in detail", *parts, cluster=cluster)


def _headline(day: Day) -> str:
    counts = [
        f"{len(day.open) + len(day.unreported)} open" if day.open or day.unreported else "nothing open",
        f"{len(day.over) + len(day.past)} over" if day.over or day.past else "",
        f"{len(day.coming)} about to break" if day.coming else "",
    ]
    return f"Health {_of_100(day)}: {', '.join(filter(None, counts))}"


def _tone(day: Day) -> Tone:
    if day.score.value is None or day.open or day.unreported:
        return "bad" if day.score.value is not None and day.score.value < _LOW else "warning"
    return "warning" if day.coming or day.gaps else "good"


def _of_100(day: Day) -> str:
    return "unknown" if day.score.value is None else f"{day.score.value} of 100"


def _arithmetic(day: Day) -> str:
    if day.score.value is None:
        return "unknown, since I could not look at the cluster."
    if not day.score.deductions:
        return "100 of 100; nothing was taken away."
    taken = " ".join(f"− {one.points} ({one.why})" for one in day.score.deductions)
    return f"{day.score.value} = 100 {taken}"


def _open(one: DayIncident, day: Day, zone: str, cited: Cited) -> str:
    whose = f"{_name(one.owner)} has it" if one.owner else "**nobody has it**"
    return f"{one.title}, since {_since(one.opened_at, day, zone)}, {whose}{cited(_record(one))}"


def _unreported(day: Day, zone: str, cited: Cited) -> Iterator[str]:
    for cause in day.unreported:
        since = f", since {_since(cause.finding.since, day, zone)}" if cause.finding.since else ""
        yield f"{cause.finding.title}{since}{cited(*cause.finding.evidence[:1])}"


def _over(one: DayIncident, day: Day, zone: str, cited: Cited) -> str:
    ended = one.ended_at or day.window.end
    until = f"{times.clock(one.opened_at, day.window.end, zone)} to {times.clock(ended, day.window.end, zone)}"
    why = f": {one.summary}" if one.summary else ""
    return f"{one.title}, {until} ({times.length(ended - one.opened_at)}){why}{cited(_record(one))}"


def _past(finding: Finding, cited: Cited) -> str:
    return f"{finding.title}{cited(*finding.evidence[:1])}"


def _change(change: Change, day: Day, zone: str, cited: Cited) -> str:
    first = change.detail.partition(", ")[0]
    detail = f" ({first})" if first else ""
    at = times.clock(change.at, day.window.end, zone)
    return f"{at} {change.object}: {change.what}{detail}{cited(change.evidence)}"


def _deeds(day: Day) -> Iterator[tuple[str, str]]:
    did = day.deeds
    said = [
        _count(did.questions, "question") + " answered" if did.questions else "",
        _count(did.incidents, "incident") + " opened" if did.incidents else "",
        _count(did.proposed, "proposal") + " made" if did.proposed else "",
        f"{_count(did.ran, 'script')} run, {did.helped} helped" if did.ran else "",
    ]
    yield "I did", ", ".join(filter(None, said)) or "nothing but look"
    if tip := _tip(day):
        yield "Audit", tip


def _tip(day: Day) -> str:
    return f"Audit tip: {day.audit.sequence} {day.audit.mac[:16]}." if day.audit else ""


def _list(title: str, lines: Sequence[str], most: int = MOST_LINES) -> Text:
    shown = [f"- {line}" for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"- and {len(lines) - most} more")
    return Text("\n".join([f"**{title}**", *shown]))


def _span(day: Day, zone: str) -> str:
    return f"from {times.span(day.window, day.window.end, zone)}"


def _since(at: datetime, day: Day, zone: str) -> str:
    return f"{times.clock(at, day.window.end, zone)} ({times.length(max(day.window.end - at, timedelta()))})"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _name(owner: str) -> str:
    try:
        return Person.parse(owner).id
    except ValueError:
        return owner


def _record(one: DayIncident) -> Evidence:
    return observed("incident", one.id, one.title, check=f"hilda incidents show {one.id}")


def _proposal(proposal: str) -> Evidence:
    return observed("proposal", proposal, f"Proposal {proposal}", check=f"hilda proposals show {proposal}")


def all_evidence(cards: Iterable[Card]) -> tuple[Evidence, ...]:
    """Everything the cards point at, for a follow-up in their thread."""
    return tuple(item for one in cards for part in one.parts if isinstance(part, Sources) for item in part.evidence)
