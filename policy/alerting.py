"""What becomes of a group of alerts: announced, only looked into, or only kept; and when to think again. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from domain.alerts import Alert
from domain.findings import Severity
from policy.matchers import Matcher, all_hold
from policy.quiet_hours import Maintenance, QuietHours

SEVERITY_WORDS: Mapping[str, Severity] = {
    **dict.fromkeys(
        ("critical", "crit", "page", "error", "emergency", "fatal", "disaster", "major", "high", "p1", "sev1"),
        Severity.critical,
    ),
    **dict.fromkeys(("warning", "warn", "minor", "medium", "ticket", "p2", "sev2"), Severity.warning),
    **dict.fromkeys(("info", "information", "informational", "notice", "low", "none", "ok", "debug", "p3", "sev3"),
                    Severity.info),
}  # fmt: skip
"""What rules call it, in lower case; a word that nobody knows is a warning."""

ALWAYS_FIRING = frozenset({"Watchdog", "DeadMansSwitch", "DeadMansSnitch", "InfoInhibitor"})
"""They prove that alerting works, or steer other alerts."""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    announce: Severity = Severity.warning
    """The lowest severity that is announced."""
    look: Severity | None = Severity.warning
    """The lowest severity that is looked into without being asked; None: nothing is."""
    words: Mapping[str, Severity] = field(default_factory=dict)
    """A site's own words for severities, in lower case."""
    ignore: tuple[tuple[Matcher, ...], ...] = ()
    """Alerts that are kept and nothing else."""
    quiet: tuple[QuietHours, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    flapping_fires: int = 3
    flapping_within: timedelta = timedelta(hours=1)
    clusters: frozenset[str] = frozenset()
    """What the label `cluster` calls this cluster. Alerts without that label are taken to be ours."""

    def severity(self, word: str) -> Severity:
        """Of an alert whose rule says `word`."""
        plain = word.strip().lower()
        return self.words.get(plain, SEVERITY_WORDS.get(plain, Severity.warning))

    def severity_of(self, alerts: Iterable[Alert]) -> Severity:
        """The worst of them; a warning where there are none."""
        return max((self.severity(alert.severity) for alert in alerts), default=Severity.warning)

    def is_ours(self, cluster: str) -> bool:
        return not cluster or cluster in self.clusters

    def ignores(self, alert: Alert) -> bool:
        if alert.name in ALWAYS_FIRING or alert.severity.strip().lower() == "none":
            return True
        return any(all_hold(matchers, alert.labels) for matchers in self.ignore)


@dataclass(frozen=True, slots=True)
class Decision:
    act: Literal["announce", "look", "keep"]
    why: str
    """A sentence for the record and for whoever wonders."""
    look: bool = False
    """Whether to find out what is behind it; an announcement need not be looked into."""
    severity: Severity = Severity.warning
    """The worst of what fires."""
    again_at: datetime | None = None
    """When the group is to be decided anew, because what holds it back ends then."""
    elsewhere: str = ""
    """The other cluster that it is about, of which nothing can be seen from here."""


def decide(alerts: Sequence[Alert], policy: AlertPolicy, now: datetime) -> Decision:
    """`alerts`: all of one group; what is resolved, suppressed or ignored does not count."""
    firing = [alert for alert in alerts if alert.firing]
    heard = [alert for alert in firing if not alert.suppressed]
    counts = [alert for alert in heard if not policy.ignores(alert)]
    if not counts:
        return Decision("keep", _why_nothing(firing, heard))
    open_ones = [alert for alert in counts if not _maintained(alert, policy, now)]
    severity = policy.severity_of(open_ones or counts)
    if not open_ones:
        windows = [window for alert in counts for window in _maintained(alert, policy, now)]
        why = next((window.why for window in windows if window.why), "")
        over = min(window.end for window in windows)
        return Decision(
            "keep", f"maintenance until {_clock(over)}" + (f": {why}" if why else ""), False, severity, over
        )
    elsewhere = next((alert.cluster for alert in open_ones if not policy.is_ours(alert.cluster)), "")
    look = not elsewhere and policy.look is not None and severity >= policy.look
    if severity < policy.announce:
        why = f"{severity.name} is below {policy.announce.name}, the lowest severity that is announced"
        return Decision("look" if look else "keep", why, look, severity, None, elsewhere)
    if ends := _quiet_until(policy, severity, now):
        why = f"quiet hours until {_clock(ends)}"
        return Decision("look" if look else "keep", why, look, severity, ends, elsewhere)
    return Decision("announce", f"{severity.name} is announced", look, severity, None, elsewhere)


def flapping(starts: Sequence[datetime], policy: AlertPolicy, now: datetime) -> int:
    """How often it began to fire within the window of flapping; 0 where that is not often enough to be called so."""
    times = sum(now - policy.flapping_within < start <= now for start in starts)
    return times if times >= policy.flapping_fires else 0


def _why_nothing(firing: Sequence[Alert], heard: Sequence[Alert]) -> str:
    if not firing:
        return "nothing of it fires any more"
    if not heard:
        return next(alert.suppressed for alert in firing)
    return "it is one of those that are only kept"


def _maintained(alert: Alert, policy: AlertPolicy, now: datetime) -> list[Maintenance]:
    return [window for window in policy.maintenance if window.covers(alert.labels, now)]


def _quiet_until(policy: AlertPolicy, severity: Severity, now: datetime) -> datetime | None:
    ends = [end for quiet in policy.quiet if severity < quiet.below and (end := quiet.end_of(now))]
    return max(ends, default=None)


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} {at.tzname()}"
