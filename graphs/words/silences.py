"""Silences in words: which alert is meant."""

from collections.abc import Sequence
from datetime import timedelta

from domain.cards import Card, Choice, Choices, ClusterLabel, Text, card
from graphs.words import times
from policy.untrusted import clean
from tools.alertmanager.silences import FiringAlert, grouped

_MOST = 8


def which_card(alerts: Sequence[FiringAlert], length: timedelta, cluster: ClusterLabel) -> Card:
    """Several alerts could be meant: a button for each."""
    minutes = max(round(length.total_seconds() / 60), 1)
    choices, lines = [], []
    for group in grouped(alerts):
        labels = group[0].labels
        name, namespace = clean(labels.get("alertname", ""), cap=100), clean(labels.get("namespace", ""), cap=63)
        place = f" in {namespace}" if namespace else ""
        quiet = ", silenced already" if all(alert.silenced_by for alert in group) else ""
        lines.append(f"- {name}{place}: {len(group)} firing{quiet}")
        if not quiet:
            choices.append(Choice(f"{name}{place}"[:70], "ask", f"silence {name}{place} for {minutes} min"))
    more = f"\n- and {len(lines) - _MOST} more" if len(lines) > _MOST else ""
    return card(
        "Which alert?",
        Text(f"These fire now; I would silence one for {times.length(length)}:\n" + "\n".join(lines[:_MOST]) + more),
        *((Choices(tuple(choices[:_MOST])),) if choices else ()),
        tone="question",
        cluster=cluster,
    )
