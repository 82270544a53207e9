"""Microsoft as far as a bot depends on it to know who is who: its login hosts, on loopback.

They are found as behind a company's proxy, which has an authority of its own: by HTTPS_PROXY, REQUESTS_CA_BUNDLE and
SSL_CERT_FILE. So Hilda checks tokens, and gets her own, with the code and the settings that she has in production.
"""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from aiohttp import web

from bench.teams.mix import APP_ID, TENANT
from tests.fakes.teams.keys import ISSUER, SigningKey

BOTS, PEOPLE = "login.botframework.com", "login.microsoftonline.com"
SECRET, BEARER = "client-secret", "a-token-of-our-bot"
HOUR = 3600


@dataclass(frozen=True)
class Microsoft:
    key: SigningKey
    environment: Mapping[str, str]
    """With which a program finds these hosts, and trusts them."""
    certificate: Path
    """With its key, of 127.0.0.1."""

    def token(self, service: str) -> str:
        """What authenticates Teams at that service URL to our bot, for an hour."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": APP_ID, "serviceurl": service, "nbf": now - HOUR // 12, "exp": now + HOUR}
        return self.key.sign(claims)


@asynccontextmanager
async def microsoft(folder: Path) -> AsyncIterator[Microsoft]:
    """`folder`: for the certificates."""
    authority = trustme.CA(organization_name="bench")
    issued = authority.issue_cert("127.0.0.1", BOTS, PEOPLE)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "certificate.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued.configure_cert(tls)
    key = SigningKey("bench")
    async with contextlib.AsyncExitStack() as stack:
        hosts = await stack.enter_async_context(_hosts(key, tls))
        proxy = await stack.enter_async_context(_proxy(hosts))
        yield Microsoft(key, _environment(proxy, folder / "authority.pem"), folder / "certificate.pem")


def _environment(proxy: int, authority: Path) -> dict[str, str]:
    found = {"https_proxy": f"http://127.0.0.1:{proxy}", "no_proxy": "127.0.0.1,localhost"}
    found |= {name.upper(): value for name, value in found.items()}
    return found | {"REQUESTS_CA_BUNDLE": str(authority), "SSL_CERT_FILE": str(authority)}


@asynccontextmanager
async def _hosts(key: SigningKey, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """The port at which both answer."""
    issuer = f"https://{PEOPLE}/{TENANT}"
    answers = {
        "/v1/.well-known/openidconfiguration": {
            "issuer": ISSUER,
            "jwks_uri": f"https://{BOTS}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        },
        "/v1/.well-known/keys": {"keys": [key.published()]},
        f"/{TENANT}/v2.0/.well-known/openid-configuration": {
            "issuer": f"{issuer}/v2.0",
            "authorization_endpoint": f"{issuer}/oauth2/v2.0/authorize",
            "token_endpoint": f"{issuer}/oauth2/v2.0/token",
        },
        f"/{TENANT}/oauth2/v2.0/token": {"token_type": "Bearer", "expires_in": HOUR, "access_token": BEARER},
        "/common/discovery/instance": {
            "tenant_discovery_endpoint": f"{issuer}/v2.0/.well-known/openid-configuration",
            "metadata": [{"preferred_network": PEOPLE, "preferred_cache": PEOPLE, "aliases": [PEOPLE]}],
        },
    }

    async def answer(request: web.Request) -> web.Response:
        found = answers.get(request.path)
        return web.json_response(found) if found is not None else web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _proxy(hosts: int) -> AsyncIterator[int]:
    """A proxy for HTTPS that brings whoever asks for a host of Microsoft's to ours."""
    tunnels: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        host = head.split(b" ")[1].partition(b":")[0].decode()
        if not head.startswith(b"CONNECT ") or host not in {BOTS, PEOPLE}:
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        tunnels[task] = writer
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", hosts)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pour(reader, there_writer), _pour(there_reader, writer))

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in tunnels.values():
            writer.close()
        await asyncio.gather(*tunnels, return_exceptions=True)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()
