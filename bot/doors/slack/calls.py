"""A call to Slack's Web API, and the few ways in which it can fail that we answer differently."""

import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.doors.failures import Away, Busy, Gone, Halted, Refused, Unpresentable
from domain.plain_json import Json

__all__ = ["Away", "Busy", "Calls", "Gone", "Halted", "Refused", "Unpresentable", "open_calls"]

_log = logging.getLogger("hilda.slack")
SECONDS = 15
"""How long Slack may take for one answer."""

HALTING = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired no_permission org_login_required "
    "team_access_not_granted app_uninstalled".split()
)
"""Nothing can be said until a person mends the installation."""
GONE = frozenset(
    "channel_not_found not_in_channel is_archived is_inactive restricted_action user_not_found user_disabled "
    "thread_not_found messages_tab_disabled cannot_dm_bot restricted_action_read_only_channel "
    "restricted_action_thread_only_channel restricted_action_non_threadable_channel ekm_access_denied".split()
)
"""Nothing can be said there."""
UNPRESENTABLE = frozenset(
    "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long invalid_attachments no_text "
    "block_mismatch invalid_slack_file".split()
)
"""The card cannot be shown like that."""
_AWAY = frozenset(
    "internal_error fatal_error service_unavailable request_timeout team_added_to_org accesslimited timeout "
    "external_channel_migrating migration_in_progress".split()
)


class Calls:
    """The Web API with our errors. It repeats nothing by itself: whether that is safe, the caller knows."""

    def __init__(self, token: str, base_url: str, session: aiohttp.ClientSession | None = None) -> None:
        self.client = AsyncWebClient(
            token=token, base_url=base_url, timeout=SECONDS, session=session, retry_handlers=[], logger=_log
        )

    async def __call__(self, method: str, **arguments: Any) -> Json:
        """Write something."""
        return await self._answer(method, self.client.api_call(method, json=_given(arguments)))

    async def read(self, method: str, **arguments: Any) -> Json:
        """Read something; Slack takes no JSON there."""
        return await self._answer(method, self.client.api_call(method, http_verb="GET", params=_given(arguments)))

    async def scopes(self) -> frozenset[str]:
        """The scopes of the token, as Slack writes them beside each answer; none where it does not."""
        try:
            response = await self.client.api_call("auth.test")
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Away(f"auth.test: {type(error).__name__}: {error}") from error
        headers = {str(name).lower(): str(value) for name, value in (response.headers or {}).items()}
        return frozenset(scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip())

    async def upload(self, name: str, content: bytes, *, title: str, alt: str, channel: str, thread: str) -> str:
        """The id of a new file; shared in `channel` unless that is ""."""
        upload = self.client.files_upload_v2(
            filename=name,
            content=content,
            title=title,
            alt_txt=alt[:1000] or None,
            channel=channel or None,
            thread_ts=thread or None,
            request_file_info=False,
        )
        found = await self._answer("files_upload_v2", upload)
        return str(found["files"][0]["id"])

    async def _answer(self, method: str, call: Awaitable[AsyncSlackResponse]) -> Json:
        try:
            response = await call
        except SlackApiError as error:
            raise _meaning(method, error) from error
        except (aiohttp.ClientError, OSError, TimeoutError, SlackClientError) as error:
            raise Away(f"{method}: {type(error).__name__}: {error}") from error
        if not isinstance(response.data, dict):
            raise Away(f"{method}: no JSON came back")
        return response.data


@asynccontextmanager
async def open_calls(token: str, base_url: str) -> AsyncIterator[Calls]:
    """Calls that share their connections."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=50)) as session:
        yield Calls(token, base_url, session)


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _meaning(method: str, error: SlackApiError) -> Exception:
    response = error.response
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    status, said = int(getattr(response, "status_code", 0) or 0), str(data.get("error") or "")
    if status == 429 or said in {"ratelimited", "rate_limited", "message_limit_exceeded"}:
        return Busy(_retry_after(response), f"{method}: {said or status}")
    if status >= 500 or said in _AWAY or not said:
        return Away(f"{method}: {said or status}")
    if said in HALTING:
        return Halted(method, said)
    if said in GONE:
        return Gone(method, said)
    if said in UNPRESENTABLE:
        return Unpresentable(method, said)
    return Refused(method, said, str(data.get("needed") or ""))


def _retry_after(response: Any) -> float:
    headers = {str(name).lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
    value = headers.get("retry-after", 1)
    try:
        return max(1.0, float(value[0] if isinstance(value, list) else value))
    except (TypeError, ValueError):
        return 1.0
