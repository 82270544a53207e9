"""What is new about an incident, said in its thread: only what a person would want to be told."""

from collections.abc import Iterable, Sequence

from domain.cards import Card, Code, Facts, Text, card
from graphs.words.incident import Shown, flapping, tone, who
from store.incident_record import TimelineEntry

_TITLES = {
    "fired": "More fires",
    "acknowledged": "Acknowledged",
    "taken": "Taken",
    "handed over": "Handed over",
    "snoozed": "Snoozed",
    "woke": "The snooze is over",
    "silenced": "Silenced",
    "hushed": "Quiet at its source",
    "audible": "Quiet no longer",
    "severity": "It is worse",
    "joined": "Another incident joined",
    "blind": "I could not look",
}
_MOST_NAMED = 5


def news_cards(lines: Sequence[TimelineEntry], shown: Shown, report: str = "") -> tuple[Card, ...]:
    """One card for the small things, and one each for how it goes on; `report` goes with the end."""
    calm = [line for line in lines if not _only_flapping(line, shown)]
    turns = [line for line in calm if line.kind in ("reopened", "resolved", "merged", "closed")]
    # What made it fire again need not be named twice.
    again = any(turn.kind == "reopened" for turn in turns)
    small = [line for line in calm if line.kind in _TITLES and not (again and line.kind == "fired")]
    cards = [_small(small, shown)] if small else []
    # Of several changes to and fro only the last one still holds.
    return (*cards, *(_turn(line, turns, shown, report) for line in turns[-1:]))


def _small(lines: Sequence[TimelineEntry], shown: Shown) -> Card:
    kinds = dict.fromkeys(line.kind for line in lines)
    title = " · ".join(_TITLES[kind] for kind in kinds)
    rows = [row for kind in kinds for row in _rows(kind, [line for line in lines if line.kind == kind], shown)]
    return card(title, Facts(tuple(rows)), cluster=shown.label)


def _rows(kind: str, lines: Sequence[TimelineEntry], shown: Shown) -> Iterable[tuple[str, str]]:
    last = lines[-1]
    by = who(str(last.details.get("by", "")))
    match kind:
        case "fired":
            named = [line.text for line in lines[:_MOST_NAMED]]
            more = [f"and {len(lines) - _MOST_NAMED} more"] if len(lines) > _MOST_NAMED else []
            yield "Fires now", "\n".join([*named, *more])
        case "acknowledged":
            yield "Acknowledged by", by
        case "taken":
            yield "Owner", by
        case "handed over":
            yield "Owner", who(str(last.details.get("owner", "")))
            yield "Handed over by", by
        case "snoozed":
            until = shown.incident.snoozed_until
            yield "Snoozed by", by
            yield "Until", shown.clock(until) if until else "it is over"
        case "woke":
            yield "Now", f"{len(shown.firing)} firing" if shown.firing else "nothing fires"
        case "severity":
            yield "Severity", last.text
        case _:
            yield _TITLES[kind], last.text


def _turn(line: TimelineEntry, turns: Sequence[TimelineEntry], shown: Shown, report: str) -> Card:
    incident = shown.incident
    match line.kind:
        case "reopened":
            again = flapping(incident)
            title = f"It flaps: {incident.title}" if again else f"It fires again: {incident.title}"
            told = Text(f"{again[0].upper()}{again[1:]}. I say no more about each time.") if again else Text(line.text)
            return card(title, told, tone=tone(incident), cluster=shown.label)
        case "resolved":
            title = f"Resolved after {shown.lasted(incident.resolved_at)}"
            return card(title, Text(line.text), tone="good", cluster=shown.label)
        case "merged":
            return card("Merged", Text(line.text), cluster=shown.label)
        case _:
            rows = [("Why", incident.summary), ("Closed by", who(str(line.details.get("by", ""))))]
            parts = [Code(report, "md", label="report")] if report else []
            resolved = any(turn.kind == "resolved" for turn in turns)
            title = f"Resolved after {shown.lasted(incident.resolved_at)}, and closed" if resolved else "Closed"
            return card(title, Facts(tuple(row for row in rows if row[1])), *parts, tone="good", cluster=shown.label)


def _only_flapping(line: TimelineEntry, shown: Shown) -> bool:
    """Whether it is one more time of something that comes and goes; said once, it is not said each time."""
    if line.kind not in ("reopened", "resolved", "fired"):
        return False
    flaps = [one.id for one in shown.incident.timeline if one.details.get("flaps")]
    return bool(flaps) and line.id > flaps[0]
