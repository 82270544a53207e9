"""PromQL over httpx: cancellable, bounded in time and size, long queries by POST, and warnings kept."""

import asyncio
import os
import ssl
from collections.abc import Iterator, Mapping

import httpx

from domain.errors import Misconfigured, ToolFailed
from tools.prometheus.access import Access
from tools.prometheus.answers import MOST_BYTES, Answer, understand

_FITS_AN_ADDRESS = 1500
"""Longer queries go by POST. Short ones by GET, since proxies often allow only reading."""
_PASSING = (502, 503, 504)


class Queries:
    def __init__(self, access: Access, *, seconds: float) -> None:
        self._url = access.url
        self._seconds = seconds
        try:
            self._client = httpx.AsyncClient(
                headers=access.headers,
                verify=access.tls() if access.url.startswith("https:") else False,
                timeout=httpx.Timeout(seconds),
                follow_redirects=False,
                limits=httpx.Limits(max_connections=8, max_keepalive_connections=8),
            )
        except ImportError as missing:
            raise Misconfigured(
                "A SOCKS proxy in the environment (ALL_PROXY, HTTP_PROXY, HTTPS_PROXY) needs a package that is not "
                "here. Get it with pip install 'httpx[socks]', or unset the variable."
            ) from missing

    async def ask(self, path: str, fields: Mapping[str, str], *, asked: str) -> Answer:
        """One question; asked once more where the server was away for a moment and time is left."""
        try:
            async with asyncio.timeout(self._seconds):
                try:
                    return await self._once(path, fields, asked)
                except ToolFailed as failed:
                    if failed.status not in _PASSING:
                        raise
                    await asyncio.sleep(min(0.2, self._seconds / 10))
                    return await self._once(path, fields, asked)
        except (TimeoutError, httpx.TimeoutException) as slow:
            raise ToolFailed(
                f"Prometheus at {self._url} gave no answer to {asked} in {self._seconds:g} s. "
                "Ask for a shorter range or fewer namespaces."
            ) from slow
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as broken:
            # httpx lets an alert that arrives after the handshake through as a bare ssl.SSLError.
            raise ToolFailed(unreachable(self._url, asked, broken)) from broken

    async def close(self) -> None:
        await self._client.aclose()

    async def _once(self, path: str, fields: Mapping[str, str], asked: str) -> Answer:
        method = "POST" if len(fields.get("query", "")) > _FITS_AN_ADDRESS else "GET"
        # The server stops working on it when we have stopped waiting for it.
        fields = {**fields, "timeout": f"{self._seconds:g}s"} if fields else fields
        request = self._client.build_request(
            method,
            self._url + path,
            params=fields if method == "GET" else None,
            data=fields if method == "POST" else None,
        )
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ToolFailed(f"Prometheus at {self._url} answered {asked} with too much. Ask for less.")
        finally:
            await response.aclose()
        return understand(response.status_code, response.headers, bytes(body), url=self._url, asked=asked)


def unreachable(url: str, asked: str, broken: Exception) -> str:
    """A sentence about a connection that did not come about, or broke."""
    chain = list(_chain(broken))
    untrusted = next((error for error in chain if isinstance(error, ssl.SSLCertVerificationError)), None)
    if untrusted:
        return (
            f"Prometheus at {url} showed a certificate that is not trusted ({untrusted.verify_message}), so {asked} "
            "was not asked. Give the CA that signed it."
        )
    if any(isinstance(error, ssl.SSLError) for error in chain):
        return (
            f"Prometheus at {url} did not agree on TLS ({broken}), so {asked} was not asked. "
            "Check http:// or https://, and whether it wants a client certificate."
        )
    system = next((error for error in reversed(chain) if isinstance(error, OSError) and error.errno), None)
    reason = (_said(system) if system else "") or str(broken) or type(broken).__name__
    return (
        f"Prometheus at {url} could not be asked {asked}: {reason}. "
        "Check that it runs, and host and port of PROMETHEUS_URL."
    )


def _said(error: OSError) -> str:
    """The system's own words; asyncio writes others into `strerror`. Resolvers have numbers below zero."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and what led to it: clients wrap what the operating system said, each in its own way."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        wrapped = [*getattr(error, "exceptions", ()), *error.args, getattr(error, "reason", None)]
        inner = next((part for part in wrapped if isinstance(part, BaseException)), None)
        error = error.__cause__ or inner or error.__context__
