"""One request from the socket through authentication, impersonation, authorization and audit to its answer."""

import asyncio
import ssl
from pathlib import Path

from aiohttp import web

from practice.api import Json
from practice.api_server import asked as asking
from practice.api_server import bootstrap, discovery, responses
from practice.api_server.aggregation import Aggregation
from practice.api_server.asked import Asked
from practice.api_server.audit import AuditLog, Entry
from practice.api_server.authorization import Authorizer, Deed, refusal
from practice.api_server.backdating import PATH as BACKDATE
from practice.api_server.backdating import backdate
from practice.api_server.call import Call
from practice.api_server.expiry import forget_old_events
from practice.api_server.identity import Tokens, User
from practice.api_server.impersonation import Impersonation
from practice.api_server.objects import Objects, check_served, read_body
from practice.api_server.quotas import keep_counted
from practice.api_server.refusals import NoSuchPath, Refused, no_such_method, no_such_resource
from practice.api_server.resources import Catalog
from practice.api_server.store import Store

_LARGEST_BODY = 3 * 2**20
_HEALTH = ("/healthz", "/livez", "/readyz")


class ApiServer:
    def __init__(self, tokens: Tokens, audit_log: AuditLog | None = None, *, port: int) -> None:
        self._port = port
        self._tokens = tokens
        self._audit = audit_log
        self._catalog = Catalog()
        self.store = Store()
        bootstrap.fill(self.store, self._catalog, port)
        self._authorizer = Authorizer(self.store)
        self._impersonation = Impersonation(self._authorizer)
        self._aggregation = Aggregation(self.store)
        self._objects = Objects(self.store, self._authorizer)

    async def run(self, certificate: Path, key: Path) -> None:
        """Listen on loopback until cancelled."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self.answer)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        # A client that goes away ends its watch.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, ssl_context=tls, backlog=1024).start()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._aggregation.follow())
                group.create_task(forget_old_events(self.store))
                group.create_task(keep_counted(self.store))
        finally:
            await runner.cleanup()
            await self._objects.close()
            await self._aggregation.close()
            if self._audit:
                self._audit.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Whatever is refused, the client gets a Status and the audit log its line."""
        asked = asking.read(request.method, request.path, request.query)
        entry: Entry | None = None
        try:
            user = self._tokens.user_of(request.headers.get("Authorization", ""))
            agent = request.headers.get("User-Agent", "")
            entry = Entry(asked, request.raw_path, user, agent, request.remote or "127.0.0.1")
            entry.impersonated = self._impersonation.by(user, request.headers, Deed.of(asked))
            answer = await self._allowed(request, asked, entry)
        except Refused as refused:
            if entry:
                self._note(entry, refused.code, refused.status)
            return responses.refusal(refused)
        except NoSuchPath:
            return web.Response(status=404, text="404 page not found\n")
        self._note(entry, answer.status)
        return answer

    async def _allowed(self, request: web.Request, asked: Asked, entry: Entry) -> web.StreamResponse:
        user, deed = entry.impersonated or entry.user, Deed.of(asked)
        entry.grant = self._authorizer.grant(user, deed)
        if entry.grant is None:
            raise refusal(user, deed)
        if service := self._aggregation.serves(asked):
            return await self._aggregation.answer(service, request, user)
        if not asked.resource:
            return await self._plain(request, asked, user)
        resource = self._catalog.find(asked.group, asked.version, asked.resource)
        if resource is None:
            raise self._unknown(asked)
        call = Call(
            asked,
            resource,
            user,
            content_type=request.headers.get("Content-Type", ""),
            accept=request.headers.get("Accept", ""),
            user_agent=entry.user_agent,
        )
        check_served(call)
        entry.body = call.body = await read_body(request, call)
        return await self._objects.answer(request, call)

    async def _plain(self, request: web.Request, asked: Asked, user: User) -> web.StreamResponse:
        """Paths that are no objects."""
        if asked.path.startswith(_HEALTH):
            return web.Response(text="ok")
        if asked.path == BACKDATE and asked.method == "POST" and user.is_master:
            return responses.plain_json(backdate(self.store, await request.json()))
        found = discovery.find(asked.path, request.headers.get("Accept", ""), self._aggregation.groups())
        if found is None:
            raise self._unknown(asked)
        if asked.method not in ("GET", "HEAD"):
            raise no_such_method()
        body, content_type = found
        return web.Response(body=body, headers={"Content-Type": content_type})

    def _unknown(self, asked: Asked) -> Refused | NoSuchPath:
        """Of the groups that are served a Status, of everything else a page that is not found."""
        root, _, rest = asked.path.strip("/").partition("/")
        is_ours = root == "api" or (root == "apis" and rest.partition("/")[0] in self._catalog.groups)
        return no_such_resource() if is_ours else NoSuchPath()

    def _note(self, entry: Entry, code: int, status: Json | None = None) -> None:
        if self._audit:
            self._audit.write(entry, code, status)
