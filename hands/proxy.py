"""The API server as a script sees it: behind a unix socket, as the approved person, only what was approved.

Alertmanager stands behind the same socket, under a path of its own (hands/silences.py).

The credentials are out here; inside there is a socket. Refusals are Status objects, which kubectl prints as they are.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from aiohttp import web
from multidict import CIMultiDict

from domain.errors import ToolFailed
from domain.proposals import READ_VERBS, Identity, Precondition, Proposal
from domain.scripts import ApiRequest
from domain.silences import is_about_alertmanager
from hands import silences
from hands.allowance import Allowance
from hands.api_request import Asked, Discovery, Refused, understand
from hands.drift import Drifted, is_about, pinned, unchanged
from hands.identity import impersonation
from hands.silences import Silences
from tools.alertmanager.connection import Alertmanager
from tools.kubernetes.client import KubeClient

_PASSED_IN = ("Accept", "Content-Type")
_PASSED_OUT = ("Content-Type", "Warning", "Retry-After")
_ATTEMPTS = 5


@dataclass
class ApiProxy:
    """One script's door to the API; what it refused is kept for the outcome."""

    client: KubeClient
    allowance: Allowance
    identity: Identity
    preconditions: tuple[Precondition, ...] = ()
    alertmanager: Alertmanager | None = None
    refusals: list[str] = field(default_factory=list)
    writes: list[ApiRequest] = field(default_factory=list)
    """Changes that the API server accepted, in order."""
    _silences: Silences = field(init=False)
    _speaking_for: CIMultiDict[str] = field(init=False)
    _touched: set[Precondition] = field(default_factory=set)
    _one_write_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._speaking_for = impersonation(self.identity)
        asked = frozenset(filter(is_about_alertmanager, self.allowance.approved))
        self._silences = Silences(self.alertmanager, asked, self.preconditions, self.writes)

    @classmethod
    def to_run(cls, client: KubeClient, proposal: Proposal, alertmanager: Alertmanager | None = None) -> "ApiProxy":
        return cls(client, Allowance.to_run(proposal), proposal.identity, proposal.preconditions, alertmanager)

    @classmethod
    def to_look(cls, client: KubeClient, proposal: Proposal, alertmanager: Alertmanager | None = None) -> "ApiProxy":
        """For verification: nothing that changes anything passes."""
        return cls(client, Allowance.to_look(proposal), proposal.identity, alertmanager=alertmanager)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Path]:
        """The unix socket on which this proxy answers, for as long as the block lasts."""
        # A short path of its own: socket names may have about a hundred characters.
        folder = Path(tempfile.mkdtemp(prefix="hilda-api-"))
        runner = web.ServerRunner(
            web.Server(self._answer, access_log=None, handler_cancellation=True, keepalive_timeout=30),
            shutdown_timeout=0.1,
        )
        try:
            await runner.setup()
            await web.UnixSite(runner, folder / "api.sock").start()
            yield folder / "api.sock"
        finally:
            await runner.cleanup()
            shutil.rmtree(folder, ignore_errors=True)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await request.read()
            if "Upgrade" in request.headers:
                raise Refused("connections that change their protocol (exec, attach, port-forward) never pass")
            if request.raw_path.startswith(silences.PREFIX):
                status, content = await self._silences.answer(request.method, request.raw_path, body)
                return web.Response(status=status, body=content, content_type="application/json")
            kind = request.headers.get("Content-Type", "")
            asked = understand(request.method, request.raw_path, body=body, content_type=kind)
            match asked:
                case Discovery(path):
                    return await self._pass(request, path, {}, b"")
                case Asked(wanted, path, params) if wanted.verb in READ_VERBS:
                    self.allowance.check(wanted)
                    return await self._pass(request, path, params, b"")
                case Asked(wanted):
                    self.allowance.check(wanted)
                    return await self._write(request, asked, kind, body)
        except Refused as refused:
            self.refusals.append(str(refused))
            return _status(403, "Forbidden", f"Hilda does not let this pass: {refused}")
        except Drifted as drifted:
            self.refusals.append(str(drifted))
            return _status(409, "Conflict", f"Hilda does not let this pass: {drifted} Nothing was changed.")
        except ToolFailed as failed:
            return _status(503, "ServiceUnavailable", str(failed))

    async def _pass(
        self, request: web.BaseRequest, path: str, params: Mapping[str, str], body: bytes
    ) -> web.StreamResponse:
        """Send on, and hand back whatever comes for as long as it comes."""
        async with self.client.stream(
            request.method, path, params=params, headers=self._headers(request), body=body or None
        ) as answer:
            response = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await response.prepare(request)
            try:
                async for chunk in answer.chunks:
                    await response.write(chunk)
                await response.write_eof()
            except (ToolFailed, ConnectionError):
                # Half an answer is out already: only a broken connection tells the script that it was not all.
                if request.transport:
                    request.transport.close()
            return response

    async def _write(self, request: web.BaseRequest, asked: Asked, kind: str, body: bytes) -> web.StreamResponse:
        """A change: the first one on an object only if that object is still what was approved."""
        if kind.split(";")[0].strip() == "application/apply-patch+yaml":
            raise Refused("a server-side apply may create what it does not find, so it is not run")
        async with self._one_write_at_a_time:
            expected = next((p for p in self.preconditions if is_about(p, asked.request)), None)
            headers = self._headers(request)
            for _ in range(_ATTEMPTS):
                sent = body
                if expected is not None and expected not in self._touched:
                    now = await unchanged(self.client, expected, self._speaking_for)
                    sent = pinned(request.method, kind, body, now)
                    headers["Content-Type"] = kind or "application/json"
                status, answered, content = await self.client.send(
                    request.method, asked.path, params=asked.params, headers=headers, body=sent or None
                )
                if status != 409 or sent is body:
                    break
            if status < 300:
                self.writes.append(asked.request)
                if expected is not None:
                    self._touched.add(expected)
            return web.Response(status=status, headers=_kept(answered), body=content)

    def _headers(self, request: web.BaseRequest) -> CIMultiDict[str]:
        """What the API server gets: what the answer should look like, and who asks; nothing else from inside."""
        headers = self._speaking_for.copy()
        for name in _PASSED_IN:
            if name in request.headers:
                headers[name] = request.headers[name]
        headers["Accept-Encoding"] = "identity"
        return headers


def refused_in_words(refusals: list[str]) -> str:
    """One sentence for the outcome."""
    if not refusals:
        return ""
    first = "; ".join(dict.fromkeys(refusals[:3]))
    return f"{len(refusals)} request{'s' if len(refusals) > 1 else ''} did not pass: {first}."


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _PASSED_OUT if name in headers}


def _status(code: int, reason: str, message: str) -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body = orjson.dumps({**status, "message": message, "reason": reason, "code": code})
    return web.Response(status=code, body=body, content_type="application/json")
