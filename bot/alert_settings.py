"""What hilda.yaml says below `alerting:`, as people write it, and the policy that it means."""

from datetime import time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from domain.findings import Severity
from policy.alerting import AlertPolicy
from policy.matchers import Matcher
from policy.quiet_hours import EVERY_DAY, Maintenance, QuietHours

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_THRESHOLDS = {"low": "info", "medium": "warning", "high": "critical"}


def _severity(value: Any) -> Any:
    """`info`, `warning`, `critical`; or how high the threshold is: `low`, `medium`, `high`."""
    if isinstance(value, Severity):
        return value
    word = _THRESHOLDS.get(str(value).lower(), str(value).lower())
    if word not in Severity.__members__:
        raise ValueError("say info, warning or critical")
    return Severity[word]


def _look(value: Any) -> Any:
    if value is True or value == "on":
        return Severity.warning
    return None if value is False or value in (None, "off", "nothing") else _severity(value)


def _time(value: Any) -> Any:
    """`22:00`, which YAML without quotes takes for a number to the base 60."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and len(value) <= len("22:00"):
        hour, _, minute = value.partition(":")
        if hour.isdecimal() and (minute.isdecimal() and len(minute) == 2):
            return time(int(hour), int(minute))
    if isinstance(value, time):
        return value
    raise ValueError("say a time of day such as 22:00")


def _zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError) as unknown:
        raise ValueError(f"{value!r} is no time zone; say one such as Europe/Berlin") from unknown


def _matchers(value: Any) -> Any:
    written = [value] if isinstance(value, str) else value
    if isinstance(written, dict):
        return tuple(Matcher(str(name), str(wanted)) for name, wanted in written.items())
    if not isinstance(written, list | tuple):
        raise ValueError("say matchers such as ['namespace=\"shop\"']")
    return tuple(each if isinstance(each, Matcher) else Matcher.parse(str(each)) for each in written)


Matchers = Annotated[tuple[Matcher, ...], BeforeValidator(_matchers)]
"""A list of Alertmanager's matchers, one of them alone, or labels and their values."""
SeverityWritten = Annotated[Severity, BeforeValidator(_severity)]
ZoneWritten = Annotated[ZoneInfo, BeforeValidator(_zone)]
_Time = Annotated[time, BeforeValidator(_time)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


class QuietHoursWritten(_Written):
    start: _Time = Field(alias="from")
    end: _Time = Field(alias="to")
    zone: ZoneWritten
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    """On which they begin; empty: every day."""
    below: SeverityWritten = Severity.critical

    @model_validator(mode="after")
    def _lasts(self) -> "QuietHoursWritten":
        if self.start == self.end:
            raise ValueError("from and to are the same time of day")
        return self

    def policy(self) -> QuietHours:
        days = frozenset(map(_DAYS.index, self.days)) or EVERY_DAY
        return QuietHours(self.start, self.end, self.zone, days, self.below)


class MaintenanceWritten(_Written):
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    match: Matchers = ()
    why: str = ""

    @model_validator(mode="after")
    def _lasts(self) -> "MaintenanceWritten":
        if self.start >= self.end:
            raise ValueError("it ends before it begins")
        return self


class FlappingWritten(_Written):
    fires: Annotated[int, Field(ge=2)] = 3
    within_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 60


class AlertingWritten(_Written):
    announce: SeverityWritten = Severity.warning
    look: Annotated[Severity | None, BeforeValidator(_look)] = Severity.warning
    severities: dict[str, SeverityWritten] = Field(default_factory=dict)
    ignore: tuple[Matchers, ...] = ()
    quiet_hours: tuple[QuietHoursWritten, ...] = ()
    maintenance: tuple[MaintenanceWritten, ...] = ()
    flapping: FlappingWritten = FlappingWritten()
    clusters: tuple[str, ...] = ()
    silent_hours: Annotated[int, Field(ge=1)] = 26
    """An alert of which nobody said anything for that long is taken to be over."""

    @field_validator("severities")
    @classmethod
    def _are_new_words(cls, given: dict[str, Severity]) -> dict[str, Severity]:
        return {word.strip().lower(): severity for word, severity in given.items()}

    @field_validator("ignore")
    @classmethod
    def _ignores_something(cls, given: tuple[tuple[Matcher, ...], ...]) -> tuple[tuple[Matcher, ...], ...]:
        if not all(given):
            raise ValueError("an entry without matchers would ignore every alert")
        return given

    def policy(self, *names: str) -> AlertPolicy:
        """`names`: what this cluster is called besides."""
        return AlertPolicy(
            announce=self.announce,
            look=self.look,
            words=self.severities,
            ignore=self.ignore,
            quiet=tuple(each.policy() for each in self.quiet_hours),
            maintenance=tuple(Maintenance(each.start, each.end, each.match, each.why) for each in self.maintenance),
            flapping_fires=self.flapping.fires,
            flapping_within=timedelta(minutes=self.flapping.within_minutes),
            clusters=frozenset(filter(None, (*self.clusters, *names))),
        )
