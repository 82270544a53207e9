"""The daily report in words: a head that is read on a phone before the first coffee, and the details below it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from domain.cards import Card, ClusterLabel, Part, Sources, Text, Tone, card
from domain.evidence import Evidence, observed
from domain.findings import Finding
from graphs.day import Day
from graphs.windows import zone_of
from graphs.words import daily_details, times
from graphs.words.cited import Cited, record
from graphs.words.incident import who
from graphs.words.report import plain
from store.day import DayIncident
from tools.forecast.budgets import Budget

MOST_LINES = 4
"""Of one kind in the head; what is more is counted there."""
_LONGEST = 130
"""Characters of a line's words: three lines on a phone."""
_LOW = 60
_LITTLE_LEFT = 0.25


def report_cards(day: Day, cluster: ClusterLabel, zone: str) -> tuple[Card, ...]:
    """The head, and the details with all evidence; when there is nothing to tell, one card of two lines."""
    if quiet(day):
        return (_quiet_card(day, cluster, zone),)
    cited = Cited()
    return _head(day, cluster, zone, cited), daily_details.details_card(day, cluster, zone, cited)


def quiet(day: Day) -> bool:
    """Whether there is nothing to tell that anybody would stop for."""
    told = (day.gaps, day.incidents, day.causes, day.past, day.coming, day.waiting, day.alerts, _scarce(day))
    return not any(told)


def all_evidence(cards: Iterable[Card]) -> tuple[Evidence, ...]:
    """Everything the cards point at, for a follow-up in their thread."""
    return tuple(item for one in cards for part in one.parts if isinstance(part, Sources) for item in part.evidence)


def _quiet_card(day: Day, cluster: ClusterLabel, zone: str) -> Card:
    changed = f" {times.count(len(day.changes), 'change')}." if day.changes else ""
    looked = f" I looked at {day.looked_at}." if day.looked_at else ""
    tip = f" {daily_details.tip(day)}" if day.audit else ""
    notes = f" {' '.join(day.notes[:2])}" if day.notes else ""
    said = f"{_span(day, zone)}: nothing happened, nothing is open, nothing is about to break.{changed}"
    return card(f"All quiet: health {_of_100(day)}", Text(f"{said}{looked}{tip}{notes}"), tone="good", cluster=cluster)


def _head(day: Day, cluster: ClusterLabel, zone: str, cited: Cited) -> Card:
    lists = (
        ("Open", list(_open(day, zone, cited))),
        ("Waiting for you", list(_waiting(day, zone, cited))),
        ("About to break", list(_coming(day, cited))),
        ("Error budgets", [_budget(one, cited) for one in _scarce(day)]),
        ("Over", list(_over(day, zone, cited))),
    )
    parts: list[Part] = [Text(f"{_span(day, zone)}{_counts(day)}")]
    parts += [Text(listed(title, lines)) for title, lines in lists if lines]
    return card(_headline(day), *parts, tone=_tone(day), cluster=cluster)


def listed(title: str, lines: Sequence[str], most: int = MOST_LINES) -> str:
    """A title with its lines below it; those that are too many are counted."""
    more = [f"- and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join([f"**{title}**", *(f"- {line}" for line in lines[:most]), *more])


def _headline(day: Day) -> str:
    going_on = len(day.open) + len(day.unreported)
    counts = [
        f"{going_on} open" if going_on else "" if "cluster" in day.gaps else "nothing open",
        f"{len(day.coming)} about to break" if day.coming else "",
        f"{len(day.over) + len(day.past)} over" if day.over or day.past else "",
        f"{len(day.waiting)} waiting for you" if day.waiting else "",
    ]
    return f"Health {_of_100(day)}{_before(day)}: {', '.join(filter(None, counts)) or 'I could not look'}"


def _tone(day: Day) -> Tone:
    score = day.score.value
    if score is not None and score < _LOW:
        return "bad"
    return "good" if score is not None and score >= 90 and not (day.open or day.unreported or day.gaps) else "warning"


def _open(day: Day, zone: str, cited: Cited) -> Iterator[str]:
    if why := day.gaps.get("cluster"):
        yield f"**What is wrong now I cannot say**: {plain(why)}"
    evidence = {cause.key: cause.finding.evidence[:1] for cause in day.causes}
    for one in day.open:
        seen = evidence.get(one.cause_key, ())
        yield f"{short(one.title)}, since {_since(one.opened_at, day, zone)}, {_whose(one)}{cited(record(one), *seen)}"
    for cause in day.unreported:
        since = f", since {_since(cause.finding.since, day, zone)}" if cause.finding.since else ""
        yield f"{short(cause.finding.title)}{since}{cited(*cause.finding.evidence[:1])}"


def _coming(day: Day, cited: Cited) -> Iterator[str]:
    if why := day.gaps.get("metrics"):
        yield f"**I could not look at volumes, trends, restarts and error budgets**: {plain(why)}"
    for one in day.coming:
        yield f"{short(one.finding.title)}{cited(*one.finding.evidence[:1])}"


def _over(day: Day, zone: str, cited: Cited) -> Iterator[str]:
    for one in day.over:
        ended = one.ended_at or day.window.end
        why = f": {short(one.summary)}" if one.summary else ""
        yield f"{short(one.title)}, {_from_to(one.opened_at, ended, day, zone)}{why}{cited(record(one))}"
    for finding in day.past:
        title = finding.title.removesuffix(", and is back to normal")
        yield f"{short(title)}{_lasted(finding, day, zone)}{cited(*finding.evidence[:1])}"


def _lasted(finding: Finding, day: Day, zone: str) -> str:
    if finding.since is None:
        return ""
    return f", {_from_to(finding.since, datetime.fromisoformat(finding.facts['recovered_at']), day, zone)}"


def _from_to(start: datetime, end: datetime, day: Day, zone: str) -> str:
    """ "Wed 23:50 to 00:14 (24 min)" """
    until = end.astimezone(zone_of(zone)).strftime("%H:%M")
    return f"{_clock(start, day, zone)} to {until} ({times.length(end - start)})"


def _waiting(day: Day, zone: str, cited: Cited) -> Iterator[str]:
    for found in day.waiting:
        one = found.proposal
        seen = observed(
            "proposal",
            one.id,
            f"Proposal {one.id}, {one.risk.name} risk, asked for by {one.requester.id}.",
            check=f"hilda proposals show {one.id}",
        )
        yield f"{short(one.title)}, until {_clock(one.expires_at, day, zone)}{cited(seen)}"


def _scarce(day: Day) -> tuple[Budget, ...]:
    """Budgets that are worth a line on a phone."""
    return tuple(one for one in day.budgets if one.left < _LITTLE_LEFT)


def _budget(one: Budget, cited: Cited) -> str:
    left = "spent" if one.left <= 0 else f"{100 * one.left:.0f} % left"
    spent = one.spent_today or 0
    today = f", {100 * spent:.0f} points of it went today" if spent >= 0.01 else ""
    return f"{short(one.name)}: {left}{today}{cited(one.evidence)}"


def _counts(day: Day) -> str:
    said = [
        times.count(len(day.changes), "change") if day.changes else "",
        times.count(sum(one.times for one in day.alerts), "alert") if day.alerts else "",
    ]
    return "".join(f" · {one}" for one in said if one)


def _before(day: Day) -> str:
    before, now = day.score_before, day.score.value
    return "" if before is None or now is None or before == now else f" ({before} before)"


def _of_100(day: Day) -> str:
    return "unknown" if day.score.value is None else f"{day.score.value} of 100"


def _span(day: Day, zone: str) -> str:
    """ "Thu 08:00 to Fri 08:00", with the dates where it is longer than some days."""
    shape = "%a %H:%M" if day.length < timedelta(days=5) else "%d %b %H:%M"
    return " to ".join(at.astimezone(zone_of(zone)).strftime(shape) for at in (day.window.start, day.window.end))


def _clock(at: datetime, day: Day, zone: str) -> str:
    """ "04:18" today, "Wed 23:00" within a week, with its date otherwise."""
    local, today = at.astimezone(zone_of(zone)), day.window.end.astimezone(zone_of(zone))
    if local.date() == today.date() or abs(today - local) > timedelta(days=6):
        return times.clock(at, day.window.end, zone)
    return local.strftime("%a %H:%M")


def _since(at: datetime, day: Day, zone: str) -> str:
    return f"{_clock(at, day, zone)} ({times.length(max(day.window.end - at, timedelta()))})"


def short(text: str) -> str:
    """As much of anybody's words as a phone has room for, without any markup of theirs; the evidence has the whole."""
    if len(text) > _LONGEST:
        head = text[: _LONGEST - 2]
        text = f"{head[: head.rfind(' ')] if ' ' in head[60:] else head} …"
    return plain(text)


def _whose(one: DayIncident) -> str:
    if one.owner:
        return f"{plain(who(one.owner))} has it"
    return (
        f"seen by {plain(who(one.acknowledged_by))}, **nobody has it**" if one.acknowledged_by else "**nobody has it**"
    )
