"""What the timeline of an incident says of alerts that begin to fire: one line each, or one for many of a name."""

from collections.abc import Iterator, Sequence

from domain.alerts import Alert
from domain.plain_json import Json
from policy.untrusted import clean

MOST_BY_THEMSELVES = 3
"""Of one name at once."""
_MOST_NAMED = 3
_TELLING = ("pod", "deployment", "statefulset", "daemonset", "job_name", "persistentvolumeclaim", "node", "instance")
"""Labels that tell alerts of one name apart, the most telling one first."""


def lines_of(alerts: Sequence[Alert]) -> Iterator[tuple[str, str, Json]]:
    """Key, text and details of each line; the same alerts give the same keys."""
    by_name: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_name.setdefault(alert.name, []).append(alert)
    for same in by_name.values():
        if len(same) <= MOST_BY_THEMSELVES:
            yield from ((f"alert:{alert.id}", said(alert), _details(alert)) for alert in same)
        else:
            yield f"alerts:{same[0].id}:{same[-1].id}", _together(same), _details(same[0]) | {"alerts": len(same)}


def said(alert: Alert) -> str:
    """Its name and what its rule says of it."""
    summary = alert.annotations.get("summary") or alert.annotations.get("description") or ""
    return clean(f"{alert.name}: {summary}" if summary else alert.name, cap=300).splitlines()[0]


def _together(same: Sequence[Alert]) -> str:
    names = dict.fromkeys(filter(None, map(_own, same)))
    shown = ", ".join(list(names)[:_MOST_NAMED])
    more = f" and {len(same) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{clean(same[0].name, cap=80)} fires {len(same)} times" + (f": {shown}{more}" if shown else "")


def _own(alert: Alert) -> str:
    return next((clean(alert.labels[name], cap=80) for name in _TELLING if alert.labels.get(name)), "")


def _details(alert: Alert) -> Json:
    return {"alert": alert.id, "name": alert.name, "fingerprint": alert.fingerprint, "link": alert.link}
