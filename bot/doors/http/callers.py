"""Who calls: a bearer key, its role, and how often it may ask."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.security import HTTPBearer

from bot.doors.http.problems import Problem
from policy.roles import Act, may, required_role
from store.keys import ApiKey, Keys

BEARER = HTTPBearer(auto_error=False, description="A key of `hilda keys make`.")
"""For the OpenAPI document; `Callers` reads the header itself."""
WRONG_A_MINUTE = 30
"""Keys that are none, from one address, before it has to wait."""
_MOST_REMEMBERED = 10_000


@dataclass
class Allowance:
    """So many requests a minute for each name, a sixth of them at once."""

    a_minute: int
    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, name: str) -> float:
        """0.0 when this one may pass, else the seconds until it may."""
        now, most = self.clock(), max(self.a_minute / 6, 1.0)
        left, at = self._left.get(name, (most, now))
        left = min(most, left + (now - at) * self.a_minute / 60)
        if len(self._left) > _MOST_REMEMBERED:
            self._left.clear()
        self._left[name] = (left - 1 if left >= 1 else left, now)
        return 0.0 if left >= 1 else (1 - left) * 60 / self.a_minute


class Callers:
    """`may(Act.ask)` is a dependency of a route: it gives the key, or answers 401, 403 or 429."""

    def __init__(self, keys: Keys, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._allowance = Allowance(a_minute, clock)
        self._wrong = Allowance(WRONG_A_MINUTE, clock)

    def may(self, act: Act) -> Callable[[Request], Coroutine[Any, Any, ApiKey]]:
        async def check(request: Request) -> ApiKey:
            key = await self._key(request)
            _wait(self._allowance.take(key.name), f"The key {key.name} asks too often.")
            if not may(key.role, act):
                needed = required_role(act).name
                raise Problem(
                    403, "This key may not do that.", f"It is a {key.role.name}'s; to {act.value} needs {needed}."
                )
            return key

        return check

    async def _key(self, request: Request) -> ApiKey:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not shown.strip():
            why = "Send `Authorization: Bearer KEY`; `hilda keys make` makes one."
            raise Problem(401, "A key is needed.", why, {"WWW-Authenticate": 'Bearer realm="hilda"'})
        key = await self._keys.check(shown.strip())
        if key is not None:
            return key
        _wait(self._wrong.take(request.client.host if request.client else ""), "Too many keys that are none.")
        await self._keys.refused(shown.strip(), f"{request.method} {request.url.path}"[:200])
        error = 'Bearer realm="hilda", error="invalid_token"'
        raise Problem(
            401,
            "This key is not valid.",
            "It is none, or it was revoked, or it has expired.",
            {"WWW-Authenticate": error},
        )


def _wait(seconds: float, why: str) -> None:
    if seconds:
        after = str(max(1, round(seconds + 0.5)))
        raise Problem(429, "Too many requests.", f"{why} Try again in {after} s.", {"Retry-After": after})
