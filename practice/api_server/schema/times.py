"""Times as Kubernetes reads and writes them: RFC 3339, in UTC, by the second or the microsecond."""

import json
import re
from datetime import UTC, datetime

_SHAPE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)")
_LAYOUT = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d\d"),
    ("-", "-"),
    ("02", r"\d\d"),
    ("T", "T"),
    ("15", r"\d\d"),
    (":", ":"),
    ("04", r"\d\d"),
    (":", ":"),
    ("05", r"\d\d(?:[.,]\d+)?"),
    ("Z07:00", r"Z|[+-]\d\d:\d\d"),
)
_MICRO_LAYOUT = (*_LAYOUT[:-2], ("05", r"\d\d"), (".000000", r"\.\d{6}(?!\d)"), _LAYOUT[-1])


def canonical(text: str, *, micro: bool) -> str:
    """The time as the server writes it; ValueError in Go's words if it is none.

    >>> canonical("2026-11-20T14:00:00.7+02:00", micro=False)
    '2026-11-20T12:00:00Z'
    """
    if not micro and len(text) == 20 and text[-1] == "Z" and _SHAPE.fullmatch(text):
        return text
    shape = _SHAPE.fullmatch(text)
    if not shape or (micro and len(shape[7] or "") != 6):
        raise ValueError(_why(text, micro))
    year, month, day, hour, minute, second, fraction, zone = shape.groups()
    moment = datetime.fromisoformat(
        f"{year}-{month}-{day}T{hour}:{minute}:{second}.{(fraction or '0')[:6]:0<6}{'+00:00' if zone == 'Z' else zone}"
    ).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def _why(text: str, micro: bool) -> str:
    rest, parts = text, _MICRO_LAYOUT if micro else _LAYOUT
    layout = "".join(element for element, _ in parts)
    for element, pattern in parts:
        match = re.match(pattern, rest)
        if not match:
            return (
                f"parsing time {json.dumps(text)} as {json.dumps(layout)}: "
                f"cannot parse {json.dumps(rest)} as {json.dumps(element)}"
            )
        rest = rest[match.end() :]
    return f"parsing time {json.dumps(text)}: extra text: {json.dumps(rest)}"
