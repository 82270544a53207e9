"""Calls to the Bot Connector service, and the few ways in which they can fail that we answer differently.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference. botbuilder's own
client repeats what failed, in threads; whether that is safe only the caller knows.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
from botframework.connector.auth import MicrosoftAppCredentials

from bot.doors.failures import Away, Busy, Gone, Halted, Refused, Unpresentable
from domain.plain_json import Json, dig

CONNECT_SECONDS = 15
"""How long the service may take to be reached."""
SECONDS = 60
"""How long it may take for one answer: longer than it should, since a post that is repeated may stand twice."""
PAUSE_SECONDS = 2.0
"""Before another try where the service does not say how long."""

NO_STREAM = "ContentStreamNotAllowed"
"""The code of whatever is wrong with a stream; which of it, only the message says."""

Token = Callable[[], str]
"""A bearer token for the service, "" where none is wanted; may take seconds, so it is called in a thread."""


class NoStream(Refused):
    """Teams does not stream here, or not any more."""

    @property
    def stopped(self) -> bool:
        """By who reads it."""
        return "cancel" in self.error.lower()

    @property
    def stands(self) -> bool:
        """It has ended, and is a message like any other."""
        return "completed" in self.error.lower() or "exceeded streaming time" in self.error.lower()


@dataclass
class Calls:
    session: aiohttp.ClientSession
    token: Token

    async def send(self, service: str, conversation: str, activity: Json) -> str:
        """The id of a new message."""
        said = await self._call(
            "POST", service, f"v3/conversations/{quote(conversation, safe='')}/activities", activity
        )
        return str(said.get("id") or "")

    async def update(self, service: str, conversation: str, message: str, activity: Json) -> None:
        """Show something else where a message stands."""
        path = f"v3/conversations/{quote(conversation, safe='')}/activities/{quote(message, safe='')}"
        await self._call("PUT", service, path, {**activity, "id": message})

    async def delete(self, service: str, conversation: str, message: str) -> None:
        path = f"v3/conversations/{quote(conversation, safe='')}/activities/{quote(message, safe='')}"
        await self._call("DELETE", service, path, None)

    async def open(self, service: str, bot: str, person: str, tenant: str) -> str:
        """The id of the chat with one person, which begins where there is none yet."""
        wanted: Json = {
            "isGroup": False,
            "bot": {"id": bot},
            "members": [{"id": person}],
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        return str((await self._call("POST", service, "v3/conversations", wanted)).get("id") or "")

    async def begin(self, service: str, bot: str, channel: str, tenant: str, activity: Json) -> str:
        """The id of a new post in a channel, which is also the id of its thread.

        https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
        """
        wanted: Json = {
            "isGroup": True,
            "bot": {"id": bot},
            "tenantId": tenant,
            "channelData": {"channel": {"id": channel}, "tenant": {"id": tenant}},
            "activity": activity,
        }
        said = await self._call("POST", service, "v3/conversations", wanted)
        _, _, post = str(said.get("id") or "").partition(";messageid=")
        return post or str(said.get("activityId") or "")

    async def member(self, service: str, conversation: str, person: str) -> Json:
        """What Teams says of somebody in a conversation: tenantId, userRole and more."""
        path = f"v3/conversations/{quote(conversation, safe='')}/members/{quote(person, safe='')}"
        return await self._call("GET", service, path, None)

    async def check(self) -> None:
        """Halted unless Microsoft gives us a token."""
        await self._headers()

    async def _call(self, method: str, service: str, path: str, body: Json | None) -> Json:
        headers = await self._headers()
        url = f"{service.rstrip('/')}/{path}"
        try:
            async with self.session.request(method, url, json=body, headers=headers) as response:
                text = await response.text()
                if response.status < 300:
                    return _read(text)
                raise _meaning(f"{method} {path.rpartition('/')[2]}", response.status, _read(text), response.headers)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Away(f"{method}: {type(error).__name__}: {error}") from error

    async def _headers(self) -> Mapping[str, str]:
        try:
            token = await asyncio.to_thread(self.token)
        except PermissionError as refused:
            raise Halted("token", str(refused)) from refused
        except (OSError, ValueError) as away:
            raise Away(f"no token from Microsoft: {type(away).__name__}") from away
        return {"authorization": f"Bearer {token}"} if token else {}


@asynccontextmanager
async def open_calls(token: Token) -> AsyncIterator[Calls]:
    """Calls that share their connections."""
    timeout = aiohttp.ClientTimeout(total=SECONDS, connect=CONNECT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=50)) as session:
        yield Calls(session, token)


def microsofts(app_id: str, password: str, tenant: str) -> Token:
    """Tokens from Microsoft Entra, kept until they run out."""
    credentials = MicrosoftAppCredentials(app_id, password, tenant or None)
    return lambda: str(credentials.get_access_token())


def _read(text: str) -> Json:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _meaning(method: str, status: int, said: Json, headers: Mapping[str, str]) -> Exception:
    code = str(dig(said, "error", "code", default="") or status)
    message = str(dig(said, "error", "message", default=""))
    match status:
        case 429 | 412:
            return Busy(_retry_after(headers), f"{method}: {code}")
        case 401:
            return Halted(method, code)
        case 403 if code == NO_STREAM:
            return NoStream(method, message or code)
        case 403 | 404:
            return Gone(method, code)
        case 413:
            return Unpresentable(method, code)
        case 400:
            return Unpresentable(method, f"{code}: {message}")
        case 501:
            return Refused(method, code)
        case _ if status >= 500:
            return Away(f"{method}: {status} {code}")
        case _:
            return Refused(method, code)


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return max(1.0, float(headers.get("retry-after", PAUSE_SECONDS)))
    except ValueError:
        return PAUSE_SECONDS
