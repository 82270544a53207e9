"""A silence as Alertmanager keeps one, and the requests about silences that a command may make."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from domain.people import Person
from domain.plain_json import Json
from domain.scripts import ApiRequest

ALERTMANAGER = "alertmanager"
"""Stands where the API group stands; a group of Kubernetes that others may define always has a dot."""
API_VERSION = "alertmanager/v2"
KIND = "Silence"
ALERT_KIND = "Alert"


@dataclass(frozen=True, slots=True)
class Silence:
    """What is asked for: alerts that carry exactly these labels are not told from `starts` until `ends`."""

    matchers: tuple[tuple[str, str], ...]
    """Label and value, equal; sorted by label."""
    starts: datetime
    ends: datetime
    author: str
    comment: str

    def as_json(self) -> Json:
        """The body of `POST /api/v2/silences`."""
        return {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in self.matchers
            ],
            "startsAt": moment(self.starts),
            "endsAt": moment(self.ends),
            "createdBy": self.author,
            "comment": self.comment,
        }


def to_create(url: str, silence: Silence) -> ApiRequest:
    """Exactly this silence, on the Alertmanager at `url`."""
    return ApiRequest("create", ALERTMANAGER, "silences", "", "", content=_content(url, silence.as_json()))


def to_expire(url: str, silence_id: str) -> ApiRequest:
    return ApiRequest("delete", ALERTMANAGER, "silences", "", silence_id, content=_content(url))


def to_list(url: str) -> ApiRequest:
    return ApiRequest("list", ALERTMANAGER, "silences", "", "", content=_content(url))


def is_about_alertmanager(request: ApiRequest) -> bool:
    return request.group == ALERTMANAGER


def makes_a_silence(request: ApiRequest) -> bool:
    return request.group == ALERTMANAGER and request.verb == "create"


def signed(mark: str, person: Person) -> str:
    """Who made a silence: unlike any other, so that it is found again, and naming the person who wanted it."""
    return f"hilda-{mark} for {person}"


def is_signed_for(author: str, person: Person) -> bool:
    mark, separator, name = author.partition(" for ")
    return bool(separator) and mark.startswith("hilda-") and len(mark) > len("hilda-") and name == str(person)


def where(request: ApiRequest) -> str:
    """The address of the Alertmanager that a request is for."""
    return str(json.loads(request.content)["alertmanager"])


def in_words(request: ApiRequest) -> str:
    """`silence alertname="X" until 2026-…`, for a person."""
    if request.verb != "create":
        return f"{'end silence' if request.verb == 'delete' else request.verb} {request.name}".strip()
    body = json.loads(request.content)["body"]
    labels = ", ".join(f'{each["name"]}="{each["value"]}"' for each in body["matchers"])
    return f"silence {labels} until {body['endsAt']}"


def moment(at: datetime) -> str:
    """RFC 3339 in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_in(text: str) -> datetime:
    """The inverse of `moment`, for any offset; ValueError for anything else than a moment to the second."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or at.microsecond:
        raise ValueError("it needs a zone and whole seconds")
    try:
        return at.astimezone(UTC)
    except OverflowError as far:
        raise ValueError("no calendar reaches that far") from far


def _content(url: str, body: Json | None = None) -> str:
    told: Json = {"alertmanager": url} if body is None else {"alertmanager": url, "body": body}
    return rfc8785.dumps(told).decode()
