"""One request from Teams through botbuilder: token, activity, turn, answer. Its faults are answered for here.

botbuilder 4.17 takes 500 for an answer wherever somebody sends nonsense; here whatever cannot be read is 400, whoever
cannot be trusted 401, and only what is our own fault 500.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, ActivityTypes

from bot.doors.teams.tokens import Tokens, Unauthorized, Unverifiable
from domain.errors import HildaError
from domain.plain_json import Json

_JSON = {"content-type": "application/json"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Hear = Callable[[Json], Awaitable[Json | None]]
"""An activity as it came; the body of the answer to an invoke."""


class _NoClients:
    """In place of the two clients that botbuilder makes to speak with in each turn: calls.py speaks.

    To make one it looks half a million times into a list of status codes, so that a request took longer than a look
    at a cluster.
    """

    async def create(self, _service: str, _audience: str) -> "_NoClients":
        return self

    async def create_user_token_client(self, _claims: Any) -> "_NoClients":
        return self


_NO_CLIENTS = _NoClients()


class Adapter(CloudAdapterBase):  # type: ignore[misc]
    def __init__(self, tokens: Tokens, hear: Hear) -> None:
        super().__init__(_NO_CLIENTS)
        self._tokens = tokens
        self._hear = hear
        self.on_turn_error = _fail

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One POST; the names of headers in lower case."""
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Answer(415, "JSON, please")
        read = _activity(body)
        if read is None:
            return Answer(400, "this is no activity")
        raw, activity = read
        try:
            who = await self._tokens.check(headers.get("authorization", ""), activity, raw)
        except Unauthorized as why:
            log.warning("a request that is not from Teams, or not for us", why=str(why))
            return Answer(401, json.dumps({"error": "invalid request"}), _JSON)
        except Unverifiable as why:
            log.error("nobody can be let in", why=str(why))
            return Answer(503, json.dumps({"error": "cannot verify now"}), {**_JSON, "retry-after": "5"})

        who.connector_factory = _NO_CLIENTS

        async def turn(context: TurnContext) -> None:
            answer = await self._hear(raw)
            if context.activity.type == ActivityTypes.invoke and answer is not None:
                invoked = InvokeResponse(status=200, body=answer)
                await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=invoked))

        try:
            answered = await self.process_activity(who, activity, turn)
        except HildaError as away:
            log.error("a message could not be kept", why=str(away))
            return Answer(503, json.dumps({"error": "try again"}), {**_JSON, "retry-after": "5"})
        if answered is None:
            return Answer(202)
        status = int(answered.status)
        return Answer(status, json.dumps(answered.body) if answered.body is not None else "", _JSON)


async def _fail(_context: TurnContext, error: Exception) -> None:
    """botbuilder would take a PermissionError for a bad token; an error of a turn stays one."""
    if isinstance(error, HildaError):
        raise error
    raise RuntimeError(f"{type(error).__name__}: {error}") from error


def _activity(body: bytes) -> tuple[Json, Activity] | None:
    """The activity as it came and as botbuilder knows it; None for what is none."""
    try:
        raw = json.loads(body.decode())
        if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
            return None
        activity = Activity().deserialize(raw)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return None
    return (raw, activity) if isinstance(activity, Activity) else None
