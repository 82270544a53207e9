"""What somebody who says "silence …" wants quiet, and for how long."""

import re
from dataclasses import dataclass
from datetime import timedelta

from policy.amtool import LONGEST

USUAL = timedelta(hours=1)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_FOR = re.compile(
    r"\bfor\s+(?:the\s+next\s+)?(?:(?P<half>half\s+an?)\s+|(?P<one>an?|the)\s+|(?P<number>\d{1,5}(?:\.\d{1,2})?)\s*)?"
    r"(?P<unit>m|min|mins|minutes?|h|hr|hrs|hours?|d|days?)\b",
    re.IGNORECASE,
)
_INCIDENT = re.compile(r"\bi[0-9a-f]{10}\b")
_SKIPPED = frozenset(
    "silence please can could you the this that it alert alerts all of for incident now these in".split()
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:-]*")


@dataclass(frozen=True, slots=True)
class Wish:
    name: str = ""
    """The alert's name, as far as one was said."""
    incident: str = ""
    length: timedelta = USUAL

    @property
    def too_long(self) -> bool:
        return self.length > LONGEST


def wish_in(text: str) -> Wish:
    """The wish in what was said; "" and an hour where it says no more.

    >>> wish_in("silence KubePodCrashLooping for 2h").name, wish_in("silence this for half an hour").length.seconds
    ('KubePodCrashLooping', 1800)
    """
    length = _length(text)
    rest = _FOR.sub(" ", text)
    incident = _INCIDENT.search(rest)
    before_place = re.split(r"\bin\s+(?:the\s+)?(?:namespace\s+)?[a-z0-9-]+", rest)[0]
    words = [word for word in _NAME.findall(before_place) if word.lower() not in _SKIPPED]
    name = "" if incident or not words else words[0]
    return Wish(name, incident[0] if incident else "", length)


def _length(text: str) -> timedelta:
    found = _FOR.search(text)
    if not found:
        return USUAL
    unit = _UNITS[found["unit"][0].lower()]
    if found["half"]:
        return unit / 2
    return unit * float(found["number"] or 1)
