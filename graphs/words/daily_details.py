"""The details of a daily report: the score's arithmetic, changes, alerts, budgets, what Hilda did, and all evidence."""

from collections.abc import Iterator

from domain.cards import Card, ClusterLabel, Facts, Part, Sources, Table, Text, card
from domain.evidence import Evidence, observed
from graphs.day import Day
from graphs.words import times
from graphs.words.cited import Cited, record
from graphs.words.numbers import percent
from graphs.words.report import plain

_MOST_CHANGES = 12
_MOST_ALERTS = 15
_LONGEST_CHANGE = 160


def details_card(day: Day, cluster: ClusterLabel, zone: str, cited: Cited) -> Card:
    """What the head had no room for; it ends with everything that any number of either points at."""
    parts: list[Part] = [Text(_arithmetic(day, cited))]
    if day.changes:
        parts.append(Text("\n".join(["**Changed**", *_changes(day, zone, cited)])))
    if day.budgets:
        rows = tuple(
            (one.name, percent(one.left), percent(one.spent_today), cited(one.evidence).strip()) for one in day.budgets
        )
        parts.append(Table(("ERROR BUDGET", "LEFT", "SPENT TODAY", ""), rows))
    if day.alerts:
        rows = tuple((one.name, one.namespace, str(one.times), str(one.firing)) for one in day.alerts[:_MOST_ALERTS])
        parts.append(Table(("ALERT", "NAMESPACE", "FIRED", "FIRING"), rows, f"Alerts{cited(_fired(day))}"))
    parts.append(Facts(tuple(_rest(day, cited))))
    parts += day.charts
    if cited.evidence:
        parts.append(Sources(cited.evidence))
    return card("The day in detail", *parts, cluster=cluster)


def tip(day: Day) -> str:
    """The newest row of the audit: kept elsewhere, it proves later that nothing before it was changed."""
    return f"Audit tip {day.audit.sequence}: {day.audit.mac[:16]}." if day.audit else ""


def _arithmetic(day: Day, cited: Cited) -> str:
    score = day.score
    if score.value is None:
        return "**Health unknown**: I could not look at the cluster, and what was not seen is not called healthy."
    if not score.deductions:
        return "**Health 100 of 100**: nothing was taken away."
    known = _evidence_of(day)
    sum_up = " ".join(f"− {one.points}" for one in score.deductions)
    lines = [f"**Health {score.value}** = 100 {sum_up}"]
    for one in score.deductions:
        seen = [known[found] for found in one.evidence if found in known]
        lines.append(f"- − {one.points} {one.ground.value}: {plain(one.why)}{cited(*seen[:1])}")
    return "\n".join(lines)


def _evidence_of(day: Day) -> dict[str, Evidence]:
    """By what the score knows it by: an observation's id, or an incident's."""
    found = [e for cause in day.causes for e in cause.finding.evidence]
    found += [e for finding in (*day.past, *(one.finding for one in day.coming)) for e in finding.evidence]
    found += [one.evidence for one in day.budgets]
    return {item.id: item for item in found} | {one.id: record(one) for one in day.incidents}


def _changes(day: Day, zone: str, cited: Cited) -> Iterator[str]:
    for change in day.changes[:_MOST_CHANGES]:
        detail = change.detail.partition(", ")[0]
        shown = detail if len(detail) <= _LONGEST_CHANGE else f"{detail[: _LONGEST_CHANGE - 2]} …"
        said = f" ({plain(shown)})" if shown else ""
        at = times.clock(change.at, day.window.end, zone)
        yield f"- {at} {plain(str(change.object))}: {change.what}{said}{cited(change.evidence)}"
    if len(day.changes) > _MOST_CHANGES:
        yield f"- and {len(day.changes) - _MOST_CHANGES} more; `what changed?` tells them"


def _fired(day: Day) -> Evidence:
    hours = max(1, round(day.length.total_seconds() / 3600))
    number = times.count(sum(one.times for one in day.alerts), "alert")
    query = f"sum by (alertname, namespace) (changes(ALERTS_FOR_STATE[{hours}h]) + 1)"
    return observed(
        "alerts", "alerts that came in", f"{number} fired in these {hours} h.", check=query, window=day.window
    )


def _done(day: Day) -> Evidence:
    what = ", ".join(f"{number} {what}" for what, number in sorted(day.deeds.audited.items()))
    rows = sum(day.deeds.audited.values())
    said = f"{times.count(rows, 'row')} of the audit: {what or 'nothing was done'}."
    return observed("audit", "rows of the day", said, check=f"hilda audit tail -n {max(rows, 1)}", window=day.window)


def _rest(day: Day, cited: Cited) -> Iterator[tuple[str, str]]:
    did = day.deeds
    said = [
        f"{times.count(did.questions, 'question')} of {times.count(did.people, 'person')}" if did.questions else "",
        f"{times.count(did.incidents, 'incident')} opened" if did.incidents else "",
        f"{times.count(did.proposed, 'proposal')} made" if did.proposed else "",
        f"{times.count(did.ran, 'script')} run, {did.helped} of them helped" if did.ran else "",
    ]
    yield "I did", (", ".join(filter(None, said)) or "nothing but look") + cited(_done(day))
    yield "It cost", _cost(day)
    if day.looked_at:
        yield "I looked at", day.looked_at
    for note in day.notes[:6]:
        yield "Not seen", note
    if day.audit:
        yield "Audit tip", f"{day.audit.sequence}, {day.audit.mac[:32]}; hilda audit verify proves the record"


def _cost(day: Day) -> str:
    used = day.model
    if not used.asked:
        return "nothing: no language model was asked"
    tokens = f"{used.tokens_read:,} tokens read, {used.tokens_written:,} written"
    money = f", {used.cost:.2f} {used.currency}" if used.currency else ""
    return f"{times.count(used.asked, 'question')} to the language model: {tokens}{money}"
