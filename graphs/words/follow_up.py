"""Answers to what people ask next: since when, and why do you think so."""

from datetime import datetime

from domain.cards import Card, Choice, Choices, ClusterLabel, Facts, Part, Sources, Text, card
from domain.findings import Cause
from graphs.words import times
from graphs.words.answer import Answer


def since_card(cause: Cause, answer: Answer, cluster: ClusterLabel, now: datetime, zone: str) -> Card:
    """When it began, how that is known, and what came right before it."""
    began = cause.finding.since
    if began is None:
        return card(
            "I cannot date it", Text(f"{cause.finding.title}: nothing I saw says when it began."), cluster=cluster
        )
    rows = [(times.since(began, now, zone), cause.finding.title)]
    rows += [(times.since(f.since, now, zone), f.title) for f in cause.consequences if f.since]
    rows += [(times.since(at, now, zone), f"changed: {what}") for at, what in answer.changes[:4]]
    return card(
        f"Since {times.since(began, now, zone)}",
        Facts(tuple(rows)),
        Sources(cause.finding.evidence[:3]),
        *answer.charts[:1],
        cluster=cluster,
    )


def why_card(cause: Cause, cluster: ClusterLabel, now: datetime, zone: str) -> Card:
    """Everything that speaks for the cause, everything against it, and the lines to check it by hand."""
    parts: list[Part] = [
        Text("\n".join(f"- {sentence}" for sentence in cause.supporting) or "Only what is cited below.")
    ]
    if cause.consequences:
        follows = "\n".join(f"- {finding.title}" for finding in cause.consequences)
        parts.append(Text(f"It explains what else is wrong:\n{follows}"))
    against = "\n".join(f"- {sentence}" for sentence in cause.against) or "- Nothing that I saw."
    parts.append(Text(f"Against it:\n{against}"))
    evidence = {item.id: item for finding in (cause.finding, *cause.consequences) for item in finding.evidence}
    parts.append(Sources(tuple(evidence.values())))
    parts.append(Choices((Choice("What changed?", "ask", "what changed?"),)))
    title = f"Why I am {cause.confidence:.0%} sure: {cause.finding.title}"
    return card(title, *parts, cluster=cluster)
