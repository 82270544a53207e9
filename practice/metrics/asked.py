"""What a request to Prometheus' HTTP API asks for, from its address or its form."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from multidict import MultiDict

from practice.promql.parsing import parse_duration

MOST_STEPS = 11_000


class BadRequest(Exception):
    """A parameter that cannot be used; the text is what Prometheus says."""


@dataclass(frozen=True)
class Asked:
    fields: MultiDict[str]

    @classmethod
    async def of(cls, request: web.Request) -> "Asked":
        fields = MultiDict(request.query)
        if request.method == "POST":
            fields.extend({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
        return cls(fields)

    def text(self, name: str) -> str:
        return self.fields.get(name, "")

    def texts(self, name: str) -> Sequence[str]:
        return self.fields.getall(name, [])

    def moment(self, name: str, default: int | None = None) -> int:
        """Milliseconds since the epoch."""
        text = self.text(name)
        if not text and default is not None:
            return default
        found = _moment(text)
        if found is None:
            said = f'cannot parse "{text}" to a valid timestamp'
            raise BadRequest(
                _invalid(name, f"Invalid time value for '{name}': {said}" if default is not None else said)
            )
        return found

    def steps(self) -> tuple[int, int, int]:
        """Start, end and step of a range query, in milliseconds."""
        start, end = self.moment("start"), self.moment("end")
        if end < start:
            raise BadRequest(_invalid("end", "end timestamp must not be before start time"))
        step = self.length("step")
        if step <= 0:
            said = "zero or negative query resolution step widths are not accepted. Try a positive integer"
            raise BadRequest(_invalid("step", said))
        if (end - start) // step > MOST_STEPS:
            raise BadRequest(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        return start, end, step

    def length(self, name: str) -> int:
        """A duration in milliseconds: `15`, `0.5` or `5m`."""
        text = self.text(name)
        try:
            seconds = float(text) if _NUMBER.fullmatch(text) else parse_duration(text).total_seconds()
        except (ValueError, OverflowError):
            raise BadRequest(_invalid(name, f'cannot parse "{text}" to a valid duration')) from None
        return round(seconds * 1000)


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def _moment(text: str) -> int | None:
    try:
        seconds = float(text) if _NUMBER.fullmatch(text) else datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return round(seconds * 1000) if math.isfinite(seconds) and abs(seconds) < 9e12 else None


def _invalid(name: str, said: str) -> str:
    return f'invalid parameter "{name}": {said}'
