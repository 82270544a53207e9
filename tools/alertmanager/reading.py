"""One alert as Alertmanager writes it, read with suspicion: by the webhook (version 4) and by the API alike.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. What cannot be an alert is refused with a
sentence; what is merely odd (no name, no fingerprint, far too long) is kept.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.alerts import HeardAlert
from policy.untrusted import clean, cut
from tools.alertmanager.grouping import fingerprint_of, group_key

MOST_LABELS = 64
LONGEST_NAME = 200
LONGEST_LABEL = 1_000
MOST_ANNOTATIONS = 32
LONGEST_ANNOTATION = 4_000
UNNAMED = "(unnamed alert)"
_LONGEST_LINK = 2_000
_LONGEST_FINGERPRINT = 128


class NotAnAlert(ValueError):
    """What was sent cannot be kept as an alert; the text says why."""


def read_alert(
    told: Any,
    group_labels: Mapping[str, str],
    *,
    suppressed: str = "",
    said_at: datetime | None = None,
    state: str | None = None,
) -> HeardAlert:
    """`group_labels`: what Alertmanager grouped it by; `state`: what it is where the alert itself does not say."""
    if not isinstance(told, dict):
        raise NotAnAlert("it is no JSON object")
    whole = _strings(told.get("labels"), "labels")
    if not whole:
        raise NotAnAlert("it has no labels")
    started = _moment(told.get("startsAt"), "startsAt")
    if started is None:
        raise NotAnAlert("it has no startsAt")
    ended = _moment(told.get("endsAt"), "endsAt")
    labels = _cut(whole, MOST_LABELS, LONGEST_LABEL)
    return HeardAlert(
        fingerprint=_fingerprint(told.get("fingerprint")) or fingerprint_of(whole),
        name=_word(labels.get("alertname", ""), LONGEST_NAME) or UNNAMED,
        labels=labels,
        annotations=_cut(_strings(told.get("annotations"), "annotations"), MOST_ANNOTATIONS, LONGEST_ANNOTATION),
        started_at=started,
        ended_at=ended,
        firing=_fires(told.get("status") if state is None else state, ended),
        group=group_key(labels, group_labels),
        severity=_word(labels.get("severity", ""), LONGEST_NAME),
        cluster=_word(labels.get("cluster", ""), LONGEST_NAME),
        link=_link(told.get("generatorURL")),
        suppressed=suppressed,
        said_at=said_at,
    )


def read_labels(told: Any) -> dict[str, str]:
    """The labels of a group; none where they make no sense."""
    try:
        return _cut(_strings(told, "groupLabels"), MOST_LABELS, LONGEST_LABEL)
    except NotAnAlert:
        return {}


def read_word(told: Any) -> str:
    """A receiver's name, or whatever stands in its place."""
    return _word(told, LONGEST_NAME) if isinstance(told, str) else ""


def _fires(told: Any, ended: datetime | None) -> bool:
    match told:
        case "firing" | "resolved":
            return bool(told == "firing")
        case None | "":
            # As Alertmanager itself tells them apart; its zero time is none.
            return ended is None or ended.year <= 1 or ended > datetime.now(UTC)
        case _:
            raise NotAnAlert(f"its status is {clean(str(told), cap=60)!r}, neither firing nor resolved")


def _strings(told: Any, what: str) -> dict[str, str]:
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise NotAnAlert(f"its {what} are no JSON object")
    for name, value in told.items():
        if not isinstance(value, str | int | float):
            raise NotAnAlert(f"the value of {clean(name, cap=60)!r} in its {what} is no string")
    return {name: value if isinstance(value, str) else str(value) for name, value in told.items() if name}


def _cut(values: Mapping[str, str], most: int, longest: int) -> dict[str, str]:
    """The first of them, each cut to a length at which it can still be read."""
    kept = sorted(values.items(), key=lambda item: item[0] not in _FIRST)[:most]
    return {name[:LONGEST_NAME]: cut(value, longest) for name, value in kept}


_FIRST = frozenset(
    {"alertname", "severity", "namespace", "cluster", "summary", "description", "runbook_url", "message"}
)


def _moment(told: Any, what: str) -> datetime | None:
    """RFC 3339 to the microsecond, in UTC; None where nothing is said."""
    if told is None or told == "":
        return None
    try:
        at = datetime.fromisoformat(told)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as wrong:
        raise NotAnAlert(f"its {what} is {clean(str(told), cap=60)!r}, which is no moment") from wrong


def _fingerprint(told: Any) -> str:
    fits = isinstance(told, str) and told.isascii() and told.isalnum() and len(told) <= _LONGEST_FINGERPRINT
    return told if fits else ""


def _link(told: Any) -> str:
    fits = isinstance(told, str) and told.startswith(("http://", "https://")) and len(told) <= _LONGEST_LINK
    return clean(told, cap=_LONGEST_LINK) if fits else ""


def _word(text: str, longest: int) -> str:
    return " ".join(clean(text, cap=longest).split())
