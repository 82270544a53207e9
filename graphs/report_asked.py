"""What somebody wants of the daily report: it now, every day at an hour, only some of it, or no more of it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.findings import Severity
from domain.subscriptions import Filters
from policy.daily_times import hour_in

REPORT = re.compile(
    r"^\s*(please\s+|can you\s+|could you\s+)?"
    r"(((show|give|send|post|get|make|write|tell|want|i want|i would like|schedule)\s+)?(me\s+|us\s+)?"
    r"((the|a|my|our|your)\s+)?((daily|morning|nightly|weekly|last)\s+)?reports?\b(?!\s+(says?|said|shows?|showed|claims?|from))"
    r"|(stop|end|cancel|no more|turn off|turn on|start|subscribe|unsubscribe|mute)\b[^?]{0,20}\breports?\b"
    r"|(un)?subscribe\b"
    r"|(when|where|who|at what time)\b[^?]{0,30}\breports?\b"
    r"|how was (the|our|my|last) (night|day|weekend|week)\b"
    r"|what happened (over ?night|last night|in the night|over the weekend)\b)",
    re.IGNORECASE,
)
_OFF = re.compile(r"\b(stop|end|cancel|no more|turn(ed)? off|unsubscribe|off|never)\b", re.IGNORECASE)
_DAILY = re.compile(r"\b(every|each) ?(day|morning|evening|night)|\bdaily at\b|\bsubscribe|\bschedule", re.IGNORECASE)
_AT = re.compile(r"\bat\s+(?=\d|noon|midnight)", re.IGNORECASE)
_STANDING = re.compile(
    r"\b(only|just|everything|all of it|all namespaces|without filters?|unfiltered)\b", re.IGNORECASE
)
"""Said of what is to come, not of the one report that is asked for now."""
_WHEN = re.compile(r"^\s*(when|who|where|at what time)\b|\b(settings?|subscriptions?)\s*\??$", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|just|about|for|of|on)\s+(?P<names>[^?.!]+)", re.IGNORECASE)
_ALL = re.compile(r"\b(everything|all of it|all namespaces|without filters?|unfiltered)\b", re.IGNORECASE)
_ZONE = re.compile(r"\b(?P<zone>[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+-]+)+|UTC|GMT)\b")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?", re.IGNORECASE)
_NO_NAMES = frozenset(
    "the a an and or namespace namespaces in at every day daily morning only just me us it this last past hour hours "
    "days week today yesterday please pm am utc report reports incidents alerts ones of for about on from since night "
    "noon midnight each worse better".split()
)
_SEVERITIES = {"critical": Severity.critical, "warnings": Severity.warning, "warning": Severity.warning}
USUAL = time(8)


class Wish(StrEnum):
    now = "now"
    daily = "daily"
    only = "only"
    off = "off"
    when = "when"


@dataclass(frozen=True, slots=True)
class Asked:
    wish: Wish
    at: time | None = None
    zone: str = ""
    """As written, where it is one that exists."""
    filters: Filters | None = None
    """None where nothing was said of it."""
    unknown: tuple[str, ...] = field(default=())
    """Names of namespaces that do not exist."""


def asked(text: str, namespaces: Collection[str]) -> Asked:
    """Read what `REPORT` matched; `namespaces` are those that exist."""
    zone = _zone_in(text)
    rest = _ZONE.sub(" ", text)
    filters, unknown = _filters_in(rest, namespaces)
    at = hour_in(rest[found.start() :]) if (found := _AT.search(rest)) else None
    if _OFF.search(rest):
        return Asked(Wish.off)
    if _DAILY.search(rest) or at is not None:
        at = at or _hour_after(rest) or USUAL
        return Asked(Wish.daily, at, zone, filters, unknown)
    if _STANDING.search(rest):
        return Asked(Wish.only, None, zone, filters, unknown)
    return Asked(Wish.when if _WHEN.search(rest) else Wish.now, None, zone, filters, unknown)


def _hour_after(text: str) -> time | None:
    found = _DAILY.search(text)
    return hour_in(text[found.end() :]) if found else None


def _zone_in(text: str) -> str:
    for found in _ZONE.finditer(text):
        try:
            return ZoneInfo(found["zone"]).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ""


def _filters_in(text: str, namespaces: Collection[str]) -> tuple[Filters | None, tuple[str, ...]]:
    if _ALL.search(text):
        return Filters(), ()
    named: list[str] = []
    for only in _ONLY.finditer(text):
        named += [word.lower() for word in _NAME.findall(only["names"])]
    lowest = next((_SEVERITIES[word] for word in named if word in _SEVERITIES), Severity.info)
    said = [word for word in dict.fromkeys(named) if word not in _NO_NAMES and word not in _SEVERITIES]
    said = [word for word in said if word in namespaces or not re.fullmatch(r"\d+\w{0,2}", word)]
    known = tuple(word for word in said if word in namespaces)
    strict = re.search(r"\bonly\b|\bjust\b", text, re.IGNORECASE)
    unknown = tuple(
        word for word in said if word not in namespaces and (strict or get_close_matches(word, namespaces, 1, 0.75))
    )
    if not known and lowest is Severity.info:
        return None, unknown
    return Filters(known, lowest), unknown
