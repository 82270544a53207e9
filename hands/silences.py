"""Alertmanager as a script sees it: exactly the approved silences, each once, and a look at those that are there."""

from dataclasses import dataclass, field

import orjson
import rfc8785

from domain.plain_json import Json
from domain.proposals import READ_VERBS, Precondition
from domain.scripts import ApiRequest
from domain.silences import ALERTMANAGER, API_VERSION, KIND, in_words, moment, moment_in, where
from hands.api_request import Refused
from hands.drift import Drifted
from policy.untrusted import clean
from tools.alertmanager.connection import Alertmanager
from tools.alertmanager.silences import SILENCES, rehearse, silence

__all__ = ["PREFIX", "Silences", "is_about", "rehearse", "unchanged"]

PREFIX = "/alertmanager/"
_ONE = "/api/v2/silence/"


@dataclass
class Silences:
    """One script's door to Alertmanager. What is sent on are our own bytes of what was approved, never the script's."""

    alertmanager: Alertmanager | None
    approved: frozenset[ApiRequest]
    """Those of the script's approved requests that are about Alertmanager."""
    preconditions: tuple[Precondition, ...] = ()
    writes: list[ApiRequest] = field(default_factory=list)
    _spent: set[ApiRequest] = field(default_factory=set)

    async def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body for a request inside; Refused, Drifted or ToolFailed where nothing is sent on."""
        alertmanager = self._for_this_script()
        path = target.removeprefix(PREFIX.rstrip("/"))
        match method:
            case "GET" if path == SILENCES:
                return await alertmanager.send("GET", SILENCES)
            case "POST" if path == SILENCES:
                return await self._create(alertmanager, body)
            case "DELETE" if path.startswith(_ONE):
                return await self._expire(alertmanager, path.removeprefix(_ONE))
        raise Refused(f"{method} {target[:200]!r} is nothing that scripts ask of Alertmanager")

    def _for_this_script(self) -> Alertmanager:
        if not self.approved:
            raise Refused("nobody approved to ask anything of Alertmanager")
        if self.alertmanager is None:
            raise Refused("this executor knows no Alertmanager: ALERTMANAGER_URL is not set")
        elsewhere = {where(request) for request in self.approved} - {self.alertmanager.url}
        if elsewhere:
            raise Refused(f"it is for the Alertmanager at {elsewhere.pop()}, not at {self.alertmanager.url}")
        return self.alertmanager

    async def _create(self, alertmanager: Alertmanager, body: bytes) -> tuple[int, bytes]:
        wanted = _in_the_form_that_is_approved(body)
        for request in self.approved:
            approved = orjson.loads(request.content).get("body") if request.verb == "create" else None
            if approved is not None and approved == wanted:
                return await self._once(alertmanager, request, "POST", SILENCES, rfc8785.dumps(approved))
        raise Refused("nobody approved to make this silence; approved is: " + self._writes())

    async def _expire(self, alertmanager: Alertmanager, silence_id: str) -> tuple[int, bytes]:
        same = [r for r in self.approved if r.verb == "delete" and r.name == silence_id]
        if not same:
            raise Refused(f"nobody approved to end the silence {silence_id[:60]!r}; approved is: {self._writes()}")
        for expected in self.preconditions:
            if is_about(expected, same[0]):
                await unchanged(alertmanager, expected)
        return await self._once(alertmanager, same[0], "DELETE", _ONE + silence_id, None)

    async def _once(
        self, alertmanager: Alertmanager, request: ApiRequest, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        if request in self._spent:
            raise Refused(f"{in_words(request)} was approved once, and was asked for before")
        # Spent before it is sent: an answer that is lost says nothing about what was done.
        self._spent.add(request)
        status, answer = await alertmanager.send(method, path, body=body)
        if status == 200:
            self.writes.append(request)
        return status, answer

    def _writes(self) -> str:
        return "; ".join(in_words(r) for r in sorted(self.approved) if r.verb not in READ_VERBS) or "no change at all"


def is_about(expected: Precondition, request: ApiRequest) -> bool:
    """Whether `request` ends the silence that `expected` describes."""
    known = (expected.api_version, expected.kind) == (API_VERSION, KIND)
    return known and request.group == ALERTMANAGER and expected.name == request.name


async def unchanged(alertmanager: Alertmanager | None, expected: Precondition) -> None:
    """Drifted where the silence has ended or was changed since; ToolFailed where that cannot be told."""
    if alertmanager is None:
        raise Drifted("No Alertmanager is set any more: ALERTMANAGER_URL is empty.")
    found = await silence(alertmanager, expected.name)
    if found is None or found.state == "expired":
        raise Drifted(f"The silence {expected.name} has ended already.")
    if f"updatedAt:{found.updated}" != expected.version:
        raise Drifted(f"The silence {expected.name} was changed since by {clean(found.author, cap=100)}.")


def _in_the_form_that_is_approved(body: bytes) -> Json:
    """What was sent, with its labels in order and its moments as we write them; Refused for what is no silence."""
    try:
        told = orjson.loads(body)
        return {
            **told,
            "matchers": sorted(told["matchers"], key=lambda each: str(each["name"])),
            "startsAt": moment(moment_in(told["startsAt"])),
            "endsAt": moment(moment_in(told["endsAt"])),
        }
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError) as odd:
        raise Refused("what was sent is no silence") from odd
