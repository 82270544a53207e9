"""Who may send alerts: whoever knows the token, the name and its password, or an operator's API key.

Without a token and a password this machine may, too.
"""

import base64
import binascii
import ipaddress
import secrets
from collections.abc import Awaitable, Callable

from fastapi import Request

from bot.doors.http.problems import Problem

MaySend = Callable[[str], Awaitable[bool]]
"""Whether this is an API key that may send alerts."""
_TITLE = "This sender is not known."


class Senders:
    """`check` is a dependency of the routes that take alerts."""

    def __init__(self, token: str = "", username: str = "", password: str = "", keys: MaySend | None = None) -> None:
        self._token = token
        self._keys = keys
        self._pair = f"{username}:{password}" if username and password else ""

    async def check(self, request: Request) -> None:
        """401 with what to do about it."""
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        if self._keys is not None and scheme.lower() == "bearer" and await self._keys(proof.strip()):
            return
        if not (self._token or self._pair):
            if not _is_this_machine(request):
                why = "Set HILDA_ALERTS_TOKEN, or HILDA_ALERTS_USERNAME and HILDA_ALERTS_PASSWORD, here and there."
                raise Problem(401, _TITLE, f"Without a secret only this machine may send alerts. {why}", _challenges())
            return
        if self._token and scheme.lower() == "bearer" and _same(proof.strip(), self._token):
            return
        if self._pair and scheme.lower() == "basic" and _same(_decoded(proof), self._pair):
            return
        why = "It shows no credentials." if not scheme else "Its credentials are not the ones that are set here."
        raise Problem(401, _TITLE, why, _challenges())


def _challenges() -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer realm="alerts", Basic realm="alerts"'}


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), wanted.encode(errors="replace"))


def _decoded(proof: str) -> str:
    try:
        return base64.b64decode(proof.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _is_this_machine(request: Request) -> bool:
    """A proxy on this machine names whom it speaks for; who reached it from elsewhere is not this machine."""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    if request.client is None or forwarded:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
