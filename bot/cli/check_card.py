"""A checkup as a card: what is wrong and how that is known, or what was looked at to say that nothing is."""

from collections.abc import Iterator

from domain.cards import Card, ClusterLabel, Facts, Part, Sources, Text, Tone, card
from domain.findings import Cause, Severity
from domain.look import Look
from graphs.words import times
from tools.checkup import Checkup

MOST_CONSEQUENCES = 5


def check_card(done: Checkup, look: Look, cluster: ClusterLabel, zone: str) -> Card:
    """The causes, best first, each with what follows from it; then what was seen and what could not be."""
    title, tone = _headline(done)
    parts: list[Part] = []
    for number, cause in enumerate(done.causes, 1):
        if len(done.causes) > 1:
            parts.append(Text(f"**{number}.**"))
        parts.append(Facts(tuple(_facts(cause, look, zone))))
    evidence = {e.id: e for c in done.causes for f in (c.finding, *c.consequences[:1]) for e in f.evidence}
    if evidence:
        parts.append(Sources(tuple(evidence.values())))
    parts.append(Facts(tuple(_seen(done))))
    return card(title, *parts, tone=tone, cluster=cluster)


def _headline(done: Checkup) -> tuple[str, Tone]:
    match done.health:
        case "healthy":
            return "Nothing wrong that I can see", "good"
        case "unknown":
            return "I could not see enough to tell", "warning"
        case "degraded":
            worst = done.causes[0].finding
            more = f", and {len(done.causes) - 1} more" if len(done.causes) > 1 else ""
            return f"{worst.title}{more}", "bad" if worst.severity is Severity.critical else "warning"


def _facts(cause: Cause, look: Look, zone: str) -> Iterator[tuple[str, str]]:
    finding = cause.finding
    yield "What", finding.title
    yield "Where", str(finding.object)
    yield "Cause", finding.code
    if finding.since:
        yield "Since", times.since(finding.since, look.now, zone)
    for sentence in cause.supporting:
        yield "For", sentence
    for sentence in cause.against:
        yield "Against", sentence
    yield "Confidence", f"{cause.confidence:.0%}"
    if cause.consequences:
        shown = [other.title for other in cause.consequences[:MOST_CONSEQUENCES]]
        rest = len(cause.consequences) - len(shown)
        yield "Follows", "\n".join([*shown, *([f"and {rest} more"] if rest else [])])


def _seen(done: Checkup) -> Iterator[tuple[str, str]]:
    state = done.state
    counts = [f"{len(items)} {kind}" for kind, items in state.objects.items() if items]
    yield "Looked at", ", ".join(counts) or "nothing"
    unseen = {kind: how for kind, how in state.coverage.items() if how in ("forbidden", "slow")}
    if unseen:
        yield "Not seen", ", ".join(f"{kind} ({how})" for kind, how in unseen.items())
    for note in done.notes:
        yield "Note", note
    yield "Took", f"{done.took.get('total', 0.0):.1f} s"
