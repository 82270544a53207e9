"""Is a request from Teams, and for us? botbuilder checks the token; what it leaves out is checked here.

It does not look at the tenant, takes a token that never expires, raises ten different errors for bad tokens and fetches
Microsoft's keys inside the event loop (measured with 4.17.1). Whatever is wrong with a token is one refusal; a thread
is there for the keys alone, since with them at hand a token is checked sooner than a thread begins.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
import structlog
from botbuilder.schema import Activity
from botframework.connector.auth import (
    AuthenticationConstants,
    BotFrameworkAuthenticationFactory,
    ChannelValidation,
    JwtTokenExtractor,
    PasswordServiceClientCredentialFactory,
)
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult
from requests import RequestException

KEYS_SECONDS = 10.0
"""How long Microsoft's keys may take to come."""
FRESH_SECONDS = 300.0
"""How often an unknown key makes us ask for the keys again."""
KEPT_SECONDS = 23 * 3600.0
"""For so long keys are surely not fetched again: botbuilder does that after a day."""

log = structlog.get_logger()


class Unauthorized(Exception):
    """Not from Teams, or not for us; nothing of the request may have an effect."""


class Unverifiable(Exception):
    """Nobody can tell now: Microsoft's keys cannot be had."""


@dataclass
class Tokens:
    app_id: str
    password: str
    home: str
    """The tenant that the bot's own account is in."""
    tenants: frozenset[str]
    """Whose people may speak with it."""
    hosts: frozenset[str]
    """Hosts of service URLs that a token of ours is ever sent to."""
    anonymous: bool = False
    """In development alone: no token at all, and only from a program on this machine."""
    clock: Callable[[], float] = time.monotonic
    _asked_again: float = field(default=-FRESH_SECONDS)

    def __post_init__(self) -> None:
        self._credentials = PasswordServiceClientCredentialFactory(
            self.app_id or None, self.password, self.home or None
        )
        self.botbuilder = BotFrameworkAuthenticationFactory.create(credential_factory=self._credentials)

    async def check(self, authorization: str, activity: Activity, body: Mapping[str, Any]) -> AuthenticateRequestResult:
        """Who is behind a request; Unauthorized or Unverifiable. `body` is the activity as it came."""
        self._for_us(activity, body)
        if self.anonymous:
            return await self.botbuilder.authenticate_request(activity, None)
        kid = _plausible(authorization)
        try:
            if _at_hand(kid):
                return await self.botbuilder.authenticate_request(activity, authorization)
            async with asyncio.timeout(KEYS_SECONDS):
                return await asyncio.to_thread(self._verify, authorization, activity)
        except (RequestException, TimeoutError, OSError) as away:
            if isinstance(away, PermissionError):
                raise Unauthorized(str(away)) from away
            raise Unverifiable(f"Microsoft's keys cannot be had: {type(away).__name__}") from away
        except Unauthorized:
            raise
        except Exception as bad:  # botbuilder raises whatever it stumbles over; each of it is a bad token
            raise Unauthorized(f"{type(bad).__name__}: {bad}") from bad

    def _verify(self, authorization: str, activity: Activity) -> AuthenticateRequestResult:
        """Blocks for as long as the keys take; to be called in a thread."""
        try:
            return asyncio.run(self.botbuilder.authenticate_request(activity, authorization))
        except (IndexError, AttributeError):
            # A key that is not known. botbuilder would look for new ones tomorrow; keys are exchanged without notice.
            if self.clock() - self._asked_again < FRESH_SECONDS:
                raise
            self._asked_again = self.clock()
            JwtTokenExtractor.metadataCache.pop(keys_url(), None)
            return asyncio.run(self.botbuilder.authenticate_request(activity, authorization))

    def _for_us(self, activity: Activity, body: Mapping[str, Any]) -> None:
        """What no signature says: that it is our bot, our people, our service."""
        if activity.channel_id != "msteams":
            raise Unauthorized(f"channel {activity.channel_id!r}")
        service = urlsplit(activity.service_url or "")
        local = service.hostname in {"127.0.0.1", "localhost", "::1"}
        if not (self.anonymous and local) and (service.scheme != "https" or (service.hostname or "") not in self.hosts):
            raise Unauthorized(f"service URL of {service.hostname or 'nobody'}")
        recipient = activity.recipient.id if activity.recipient else ""
        if not self.anonymous and recipient not in {self.app_id, f"28:{self.app_id}"}:
            raise Unauthorized("another bot's")
        tenant = tenant_of(body)
        if not self.anonymous and tenant not in self.tenants:
            raise Unauthorized(f"tenant {tenant or 'unknown'}")


def tenant_of(body: Mapping[str, Any]) -> str:
    """The tenant of an activity: botbuilder loses `conversation.tenantId` on the way, so it is read as it came."""
    found = body.get("channelData")
    tenant = found.get("tenant") if isinstance(found, dict) else None
    return str(tenant.get("id") or "") if isinstance(tenant, dict) else ""


def _plausible(authorization: str) -> str:
    """What can be told before any key is fetched, so that nobody makes us fetch keys of their choice. The key's id."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or not token or not token.isascii():
        raise Unauthorized("no bearer token")
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as unreadable:
        raise Unauthorized("no token that can be read") from unreadable
    if header.get("alg") not in AuthenticationConstants.ALLOWED_SIGNING_ALGORITHMS or not header.get("kid"):
        raise Unauthorized("not signed as Microsoft signs")
    if claims.get("iss") != AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER:
        raise Unauthorized("another issuer")
    if not isinstance(claims.get("exp"), int | float):
        raise Unauthorized("a token that never expires")
    return str(header["kid"])


def _at_hand(kid: str) -> bool:
    """Whether a token signed with this key is checked without asking anybody."""
    known = JwtTokenExtractor.metadataCache.get(keys_url())
    if known is None or not any(key["kid"] == kid for key in known.keys):
        return False
    return bool(time.time() - known.last_updated.timestamp() < KEPT_SECONDS)


def keys_url() -> str:
    """Where Microsoft publishes the keys that Teams signs with."""
    ours: str | None = ChannelValidation.open_id_metadata_endpoint
    return ours or str(AuthenticationConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL)
