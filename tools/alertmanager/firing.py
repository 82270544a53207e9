"""What fires in an Alertmanager now, in its own groups, and what it tells nobody about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from domain.alerts import HeardAlert
from domain.errors import ToolFailed
from domain.plain_json import dig
from tools.alertmanager.connection import Alertmanager
from tools.alertmanager.reading import NotAnAlert, read_alert, read_labels, read_word

GROUPS = "/api/v2/alerts/groups"
STATUS = "/api/v2/status"
_KEPT_BACK = (("silencedBy", "silenced"), ("inhibitedBy", "inhibited"), ("mutedBy", "muted"))
_MOST_NAMED = 3

log = structlog.get_logger()


async def firing(alertmanager: Alertmanager, asked_at: datetime) -> list[tuple[str, HeardAlert]]:
    """Each alert once, with a receiver that it goes to; silenced and inhibited ones say so.

    `asked_at`: now, by the store's clock.
    """
    groups = await alertmanager.get(GROUPS)
    if not isinstance(groups, list):
        raise ToolFailed("Alertmanager answers the question for its groups with something else than a list.")
    found: dict[str, tuple[str, HeardAlert]] = {}
    refused = []
    for group in groups:
        labels = read_labels(dig(group, "labels"))
        receiver = read_word(dig(group, "receiver", "name"))
        for told in dig(group, "alerts", default=()):
            try:
                heard = read_alert(told, labels, suppressed=_suppressed(told), said_at=asked_at, state="firing")
            except NotAnAlert as why:
                refused.append(str(why))
            else:
                found.setdefault(heard.fingerprint, (receiver, heard))
    if refused:
        log.warning("what Alertmanager lists cannot all be read", refused=len(refused), first=refused[0])
    return list(found.values())


async def started_at(alertmanager: Alertmanager) -> datetime:
    """When it began to run."""
    status = await alertmanager.get(STATUS)
    try:
        return datetime.fromisoformat(status["uptime"])
    except (KeyError, TypeError, ValueError) as odd:
        raise ToolFailed("Alertmanager does not say since when it runs.") from odd


def _suppressed(told: Any) -> str:
    status: Mapping[str, Any] = dig(told, "status", default={})
    for field, word in _KEPT_BACK:
        by = dig(status, field)
        if isinstance(by, list) and by:
            named = ", ".join(read_word(each) for each in by[:_MOST_NAMED])
            return f"{word} by {named}" + (f" and {len(by) - _MOST_NAMED} more" if len(by) > _MOST_NAMED else "")
    return "suppressed by Alertmanager" if dig(status, "state") == "suppressed" else ""
