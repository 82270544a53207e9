"""An incident as its one message shows it, while it burns and when it is over: the words themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.alerts import Alert
from domain.cards import ClusterLabel
from domain.conversations import below, incident_key
from domain.levels import Level
from graphs.words.incident import Shown, head_card
from graphs.words.incident_news import news_cards
from store.incident_record import Incident, TimelineEntry

NOW = datetime(2026, 3, 12, 14, 10, tzinfo=UTC)
_BEGAN = NOW - timedelta(minutes=7)
_ID = "i4c1d0a9b27"
_TITLE = "checkout cannot pull shop/checkout:2.4.1-rc: there is no such image or tag"
_FOUND = {
    "cause": "image-pull|c|shop|Deployment|checkout",
    "title": _TITLE,
    "confidence": 0.95,
    "against": "",
    "since": (NOW - timedelta(minutes=8)).isoformat(),
    "impact": "errors of checkout 0.1 % to 8.4 % (+8.3 %); 3 of 6 pods of checkout ready",
    "fix": "Go back to the image that worked",
    "helped": "Go back to the image that worked, which helped 2 of 2 times",
}


def _alert(number: int, name: str, severity: str) -> Alert:
    return Alert(
        id=number,
        fingerprint=f"f{number}",
        name=name,
        severity=severity,
        labels={"namespace": "shop"},
        annotations={},
        started_at=_BEGAN + timedelta(seconds=30 * number),
        received_at=_BEGAN + timedelta(seconds=30 * number),
        seen_at=NOW,
        state="firing",
        group_key="shop",
    )


_ALERTS = (_alert(0, "KubePodNotReady", "warning"), _alert(1, "HighErrorRate", "critical"))
_OPEN = Incident(
    id=_ID,
    cause_key=_FOUND["cause"],  # type: ignore[arg-type]
    title=_TITLE,
    cluster="c",
    conversation="",
    state="open",
    opened_at=_BEGAN,
    seen_at=NOW,
    severity="critical",
    announced={below("slack:T0123:C0456", incident_key(_ID)): 4},
    timeline=(TimelineEntry(1, _BEGAN, "opened", _TITLE, {}), TimelineEntry(2, _BEGAN, "found", _TITLE, _FOUND)),
)
_SHOWN = Shown(
    _OPEN,
    _ALERTS,
    ClusterLabel("eu-prod-1", "production", production=True),
    NOW,
    "Europe/Berlin",
    Level.script,
    silences=True,
)
_OVER = replace(
    _OPEN,
    state="closed",
    resolved_at=_BEGAN + timedelta(minutes=12),
    closed_at=_BEGAN + timedelta(minutes=12),
    summary="Go back to the image that worked: verified",
    acknowledged_by="slack:T0123:U0456LEAD",
    acknowledged_at=_BEGAN + timedelta(minutes=2),
    owner="slack:T0123:U0456LEAD",
    timeline=(
        *_OPEN.timeline,
        TimelineEntry(7, NOW, "resolved", "Go back to the image that worked. Nothing of it fires any more.", {}),
        TimelineEntry(8, NOW, "closed", "verified", {"by": "hilda"}),
    ),
)
_SHOWN_OVER = replace(
    _SHOWN,
    incident=_OVER,
    alerts=tuple(replace(alert, state="resolved", resolved_at=_OVER.resolved_at) for alert in _ALERTS),
    now=NOW + timedelta(minutes=6),
)

INCIDENT = head_card(_SHOWN)
INCIDENT_OVER = head_card(_SHOWN_OVER)
(INCIDENT_END,) = news_cards(_OVER.timeline[-2:], _SHOWN_OVER, "# checkout cannot pull\n\n- **Began**: 15:03 CET\n")
