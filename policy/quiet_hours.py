"""Quiet hours and maintenance windows: whether now is in one, and when it ends. Pure; zones know their own changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.findings import Severity
from policy.matchers import Matcher, all_hold

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another, over midnight where the second is the earlier one."""

    start: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = EVERY_DAY
    """On which they begin, Monday = 0."""
    below: Severity = Severity.critical
    """What is at least this severe is announced all the same."""

    def end_of(self, now: datetime) -> datetime | None:
        """When those hours end in which `now` lies; None outside of them."""
        today = now.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() in self.days:
                begins, ends = self._on(day)
                if begins <= now < ends:
                    return ends
        return None

    def _on(self, day: date) -> tuple[datetime, datetime]:
        last = day if self.start < self.end else day + timedelta(days=1)
        return self._moment(day, self.start), self._moment(last, self.end)

    def _moment(self, day: date, at: time) -> datetime:
        # Through UTC, so that a time of day which a change of clocks skips becomes the moment after it.
        return datetime.combine(day, at, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Somebody works on something: what it breaks is expected."""

    start: datetime
    end: datetime
    match: tuple[Matcher, ...] = ()
    """Empty: everything."""
    why: str = ""

    def covers(self, labels: Mapping[str, str], now: datetime) -> bool:
        return self.start <= now < self.end and all_hold(self.match, labels)
