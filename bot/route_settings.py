"""What hilda.yaml says below `routes:`, as people write it, and the routes that it means."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from bot.alert_settings import Matchers, SeverityWritten, ZoneWritten
from domain.findings import Severity
from policy.routing import Route, place


def _places(value: Any) -> Any:
    written = [value] if isinstance(value, str) else value
    if not isinstance(written, list | tuple) or not written:
        raise ValueError("say where to: slack:TEAM:CHANNEL, or several of them")
    return tuple(place(str(each)) for each in written)


class RouteWritten(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    to: Annotated[tuple[str, ...], BeforeValidator(_places)]
    match: Matchers = ()
    at_least: SeverityWritten = Severity.info
    zone: ZoneWritten | None = None

    @field_validator("match", mode="before")
    @classmethod
    def _may_be_nothing(cls, value: Any) -> Any:
        return () if value is None else value

    def route(self) -> Route:
        return Route(self.to, self.match, self.at_least, self.zone.key if self.zone else "UTC")
