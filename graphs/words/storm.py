"""Many incidents in one message: how many, how bad, since when, and the worst of them by name."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from domain.cards import Card, ClusterLabel, Table, Text, Tone, card
from domain.findings import Severity
from graphs.words import times
from graphs.words.incident import who
from policy.untrusted import clean
from store.incident_record import Incident

MOST_NAMED = 10
_LONGEST_TITLE = 120


def storm_card(incidents: Sequence[Incident], label: ClusterLabel, now: datetime, zone: str) -> Card:
    """Of all that share it, newest first; the worst and longest that still fire are named."""
    firing = [one for one in incidents if one.state in ("open", "acknowledged")]
    began = min(one.opened_at for one in incidents)
    worst = sorted(incidents, key=lambda one: (one not in firing, -_rank(one), one.opened_at))
    since = f"since {times.clock_for_all(began, now, zone)}"
    if firing:
        title = f"{times.count(len(incidents), 'more incident')} {since}: {_how_bad(firing)}"
    else:
        title = f"{times.count(len(incidents), 'incident')} {since}: none fires any more"
    rows = tuple(_row(one, now, zone) for one in worst[:MOST_NAMED])
    left_out = len(incidents) - len(rows)
    more = f" {left_out} more are not shown." if left_out else ""
    hint = (
        "So much fired at once that these share one message, which changes as they do."
        f"{more} `/hilda incidents` lists all of them, and whoever names one can take it, as in `take {worst[0].id}`."
    )
    table = Table(("incident", "what", "severity", "state", "since"), rows)
    return card(title, Text(hint), table, tone=_tone(firing), cluster=label)


def _how_bad(firing: Sequence[Incident]) -> str:
    """ "4 critical, 27 warning"."""
    by_rank = Counter(one.severity or Severity.warning.name for one in firing)
    known = [severity.name for severity in sorted(Severity, reverse=True)]
    return ", ".join(f"{by_rank[name]} {name}" for name in known if by_rank[name]) + " firing"


def _row(one: Incident, now: datetime, zone: str) -> tuple[str, ...]:
    state = f"{one.state}, {who(one.owner)}" if one.alive and one.owner else one.state
    title = " ".join(clean(one.title, cap=_LONGEST_TITLE).split())
    return one.id, title, one.severity, state, times.clock(one.opened_at, now, zone)


def _rank(one: Incident) -> int:
    return int(Severity[one.severity]) if one.severity in Severity.__members__ else int(Severity.warning)


def _tone(firing: Sequence[Incident]) -> Tone:
    if not firing:
        return "good"
    return "bad" if any(_rank(one) == Severity.critical for one in firing) else "warning"
