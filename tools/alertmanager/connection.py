"""One Alertmanager over HTTP: how it is reached, and its answers or why there are none."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from domain.errors import ToolFailed
from policy.redaction import redact
from policy.untrusted import clean
from tools.prometheus.access import Access

_LARGEST = 64_000_000
"""Bytes of one answer: some ten thousand alerts."""


class Alertmanager:
    """Every call ends after `seconds`, with an answer or a `ToolFailed`."""

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        username: str = "",
        password: str = "",
        ca: str = "",
        seconds: float = 5.0,
    ) -> None:
        """Misconfigured where address or certificates cannot be right; nothing is asked yet."""
        access = Access.of(
            url, token=token, username=username, password=password, ca=ca, setting="ALERTMANAGER_URL"
        )  # fmt: skip
        self.url = access.url.removesuffix("/api/v2")
        self._seconds = seconds
        self._http = httpx.AsyncClient(
            headers=access.headers, verify=access.tls(), timeout=seconds, follow_redirects=False
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        """The JSON that `GET path` (`/api/v2/…`) answers; ToolFailed carries the status where there was one."""
        status, body = await self.send("GET", path, params=params)
        if status != 200:
            raise ToolFailed(f"{self._name} answered {status} to {path}: {said(body)}.", status=status)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as broken:
            raise ToolFailed(
                f"{self._name} answered {path} with something else than JSON. Is it an Alertmanager?", status=status
            ) from broken

    async def send(
        self, method: str, path: str, *, params: Sequence[tuple[str, str]] = (), body: bytes | None = None
    ) -> tuple[int, bytes]:
        """One request exactly as given, whatever the answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        request = self._http.build_request(
            method, self.url + path, params=list(params) or None, content=body, headers=headers
        )
        try:
            answer = await self._http.send(request, stream=True)
            try:
                return answer.status_code, await self._all_of(answer)
            finally:
                await answer.aclose()
        except httpx.TimeoutException as slow:
            raise ToolFailed(f"{self._name} gave no answer to {path} within {self._seconds:g} s.") from slow
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            why = redact(str(broken)) or type(broken).__name__
            raise ToolFailed(f"{self._name} cannot be reached: {why}. Is ALERTMANAGER_URL right?") from broken

    async def _all_of(self, answer: httpx.Response) -> bytes:
        whole = bytearray()
        async for part in answer.aiter_bytes():
            whole += part
            if len(whole) > _LARGEST:
                raise ToolFailed(f"{self._name} answers with more than {_LARGEST // 1_000_000} MB.")
        return bytes(whole)

    @property
    def _name(self) -> str:
        return f"Alertmanager at {self.url}"


def said(body: bytes) -> str:
    """What it said in a line, fit to be shown: a JSON string, `{"message": …}`, or plain text."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = body.decode(errors="replace")
    if isinstance(value, dict):
        value = value.get("message", value)
    return redact(clean(str(value), cap=300)).strip() or "nothing"
