"""What people say to look after an incident: acknowledge, take, hand over, snooze, merge, close, and its report. Pure.

Only whole messages are acts: "close the window of the pool" is a sentence, "close it" is not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from graphs.windows import zone_of

LONGEST_SNOOZE = timedelta(days=7)
USUAL_SNOOZE = timedelta(hours=1)

Kind = Literal["acknowledge", "take", "hand over", "snooze", "merge", "close", "report", "show"]


@dataclass(frozen=True, slots=True)
class IncidentAct:
    kind: Kind
    incident: str = ""
    """Its id where one was said; "" for the incident that the conversation is about."""
    to: str = ""
    """For `hand over`, to whom, as it was written; for `merge`, the id of the other one."""
    until: datetime | None = None
    why: str = ""


_ID = r"i[0-9a-f]{10}"
_THIS = rf"(?:\s+(?:this|it|that|the|incident|one))*(?:\s+(?P<incident>{_ID}))?"
_END = r"\s*[.!]*\s*"


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:please\s+)?(?:{pattern}){_END}", re.IGNORECASE | re.DOTALL)


_ACKNOWLEDGE = _whole(rf"(?:ack|acked|acknowledged?|seen|i have seen){_THIS}")
_TAKE = _whole(
    rf"(?:i(?:'ll| will)?\s+take|take|taking|i(?:'ve| have)\s+got){_THIS}(?:\s+(?:over|on))?|(?:it'?s\s+)?mine"
)
_HAND_OVER = _whole(
    rf"(?:(?:hand|pass|give){_THIS}(?:\s+over)?(?:\s+(?P<late>{_ID}))?|assign{_THIS.replace('incident>', 'assigned>')})"
    r"\s+to\s+(?P<to>\S+)"
)
_SNOOZE = _whole(
    rf"snooze{_THIS}(?:\s+(?:for\s+)?(?:the\s+next\s+)?(?P<number>an?|half\s+an?|\d{{1,4}})\s*"
    r"(?P<unit>m|min|minutes?|h|hours?|d|days?)|\s+(?:until|till)\s+(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d))?"
)
_MERGE = _whole(rf"merge{_THIS}\s+(?:into|with|to)\s+(?:incident\s+)?(?P<to>{_ID})")
_CLOSE = _whole(rf"(?:close|closed){_THIS}(?:\s*(?::|,|-|\bbecause\b|\bsince\b|\bas\b)\s*(?P<why>.{{1,300}}?))?")
_REPORT = _whole(rf"(?:the\s+)?(?:incident\s+)?report(?:\s+(?:of|for|on|about))?\s+(?:incident\s+)?(?P<incident>{_ID})")
_REPORT_HERE = _whole(r"(?:(?:show|write|give)\s+(?:me\s+)?)?(?:the\s+|an?\s+)?incident\s+report")
_SHOW = _whole(rf"(?:show\s+)?(?:me\s+)?(?:incident\s+)?(?P<incident>{_ID})(?:\s*\?)?")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


def act_in(text: str, now: datetime, zone: str) -> IncidentAct | None:
    """The act that the whole of `text` asks for; None for anything else.

    `now` and `zone` are of who says it: "until 9:00" is the next such moment there.
    """
    typed = text.replace("\u2019", "'")
    for pattern, act in _ACTS:
        if found := pattern.fullmatch(typed):
            return act(found, now, zone)
    return None


def _plain(kind: Kind) -> Callable[[re.Match[str], datetime, str], IncidentAct]:
    def act(found: re.Match[str], now: datetime, zone: str) -> IncidentAct:
        return IncidentAct(kind, _of(found, "incident"), why=_of(found, "why").strip())

    return act


def _hand_over(found: re.Match[str], now: datetime, zone: str) -> IncidentAct:
    incident = _of(found, "incident") or _of(found, "late") or _of(found, "assigned")
    return IncidentAct("hand over", incident, to=found["to"].rstrip(".!,"))


def _merge(found: re.Match[str], now: datetime, zone: str) -> IncidentAct:
    return IncidentAct("merge", _of(found, "incident"), to=found["to"].lower())


def _snooze(found: re.Match[str], now: datetime, zone: str) -> IncidentAct:
    return IncidentAct("snooze", _of(found, "incident"), until=_until(found, now, zone))


def _until(found: re.Match[str], now: datetime, zone: str) -> datetime:
    if found["hour"]:
        local = now.astimezone(zone_of(zone))
        moment = local.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0)
        return moment if moment > local else moment + timedelta(days=1)
    if not found["unit"]:
        return now + USUAL_SNOOZE
    words = found["number"].lower()
    number = 0.5 if words.startswith("half") else 1 if words in ("a", "an") else int(words)
    return now + timedelta(minutes=number * _MINUTES[found["unit"][0].lower()])


def _of(found: re.Match[str], group: str) -> str:
    return (found.groupdict().get(group) or "").lower() if group != "why" else found.groupdict().get(group) or ""


_ACTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime, str], IncidentAct]], ...] = (
    (_ACKNOWLEDGE, _plain("acknowledge")),
    (_TAKE, _plain("take")),
    (_HAND_OVER, _hand_over),
    (_SNOOZE, _snooze),
    (_MERGE, _merge),
    (_CLOSE, _plain("close")),
    (_REPORT, _plain("report")),
    (_REPORT_HERE, _plain("report")),
    (_SHOW, _plain("show")),
)
