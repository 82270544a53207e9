"""A reverse proxy in front of a real API server that writes down every request kubectl makes of it."""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import yaml
from aiohttp import web

from domain.scripts import ApiRequest

_PATH = re.compile(
    r"^/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<namespace>[^/]+)(?=/))?/(?P<resource>[^/]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<subresource>[^/]+))?$"
)
_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass
class Recorded:
    url: str
    requests: list[ApiRequest] = field(default_factory=list)

    @property
    def writes(self) -> set[ApiRequest]:
        return {request for request in self.requests if request.verb not in ("get", "list", "watch")}

    @property
    def reads(self) -> set[ApiRequest]:
        return set(self.requests) - self.writes


@asynccontextmanager
async def recording(kubeconfig: str) -> AsyncIterator[Recorded]:
    """The proxy's address and what passed through it; kubectl needs no credentials to use it."""
    config = yaml.safe_load(kubeconfig)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    trust = ssl.create_default_context()
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    seen = Recorded("")

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {user['token']}"}) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            if understood := _read(request):
                seen.requests.append(understood)
            headers = {
                k: v
                for k, v in request.headers.items()
                if k.lower() not in ("host", "authorization", "accept-encoding")
            }
            async with session.request(
                request.method,
                cluster["server"] + str(request.rel_url),
                headers=headers,
                data=await request.read() or None,
                skip_auto_headers=("Content-Type", "Accept"),
                ssl=trust,
            ) as answer:
                back = web.StreamResponse(
                    status=answer.status, headers={"Content-Type": answer.headers.get("Content-Type", "")}
                )
                await back.prepare(request)
                async for piece in answer.content.iter_any():
                    await back.write(piece)
                return back

        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        seen.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield seen
        finally:
            await runner.cleanup()


def _read(request: web.Request) -> ApiRequest | None:
    """What this request asks for, in the API's own terms; None for discovery, versions and the OpenAPI documents."""
    path = request.path.rstrip("/")
    if re.fullmatch(r"/(?:api/v1|apis/[^/]+/[^/]+)", path):
        return None
    match = _PATH.fullmatch(path)
    if not match:
        return None
    found = {key: value or "" for key, value in match.groupdict().items()}
    if match["resource"] == "namespaces" and not match["namespace"]:
        found["namespace"] = ""
    if request.method == "GET":
        watching = request.query.get("watch", "") in ("true", "1")
        verb = "watch" if watching else "get" if found["name"] else "list"
    elif request.method == "DELETE":
        verb = "delete" if found["name"] else "deletecollection"
    else:
        verb = _WRITES[request.method]
    return ApiRequest(verb, found["group"], found["resource"], found["namespace"], found["name"], found["subresource"])
