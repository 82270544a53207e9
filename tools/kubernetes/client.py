"""The only file that knows the Kubernetes client: who we are and where the server is; all the rest is plain JSON."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote, urlencode, urlsplit

import aiohttp
import orjson
from yarl import URL

from domain.errors import Misconfigured, ToolFailed
from domain.plain_json import Json, dig
from tools.kubernetes import failures, kubeconfigs
from tools.kubernetes.kinds import KINDS
from tools.kubernetes.no_secrets import refuse_secrets, resource_of, without_secret_data
from tools.kubernetes.sockets import Sockets

if TYPE_CHECKING:
    from kubernetes.aio.client import ApiClient, Configuration

PAGE = 500
Headers: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]
_LOGIN_SECONDS = 30.0
_LONG = 256 * 1024
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its own credentials; the kubelet renews the token there."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is still coming."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class KubeClient:
    """One cluster, seen with the credentials of one context. Pooled; belongs to the event loop that made it."""

    def __init__(self, api: "ApiClient", loader: Any, chosen: kubeconfigs.ChosenContext | None) -> None:
        self._api = api
        self._loader = loader
        self._chosen = chosen
        self._session: aiohttp.ClientSession | None = None
        self._sockets = Sockets()
        self._refreshing = asyncio.Lock()
        self._refreshes = 0
        self._cluster_id = ""
        self.context = chosen.name if chosen else "in-cluster"
        self.namespace = chosen.namespace if chosen else _pod_namespace()
        self.server: str = api.configuration.host

    @classmethod
    async def connect(cls, kubeconfig: str | None = None, context: str | None = None) -> "KubeClient":
        """A client for a kubeconfig's context, or for the cluster around this pod. Asks the server nothing yet."""
        from kubernetes.aio.client import ApiClient, Configuration
        from kubernetes.aio.config.config_exception import ConfigException

        chosen = kubeconfigs.choose(kubeconfig, context)
        configuration = Configuration()
        # kubectl and client-go do not ask for the strict X.509 checks that Python 3.13 turned on.
        configuration.disable_strict_ssl_verification = True
        try:
            loader = None
            if chosen is None:
                _in_cluster(configuration)
            else:
                loader = await _load(chosen, configuration)
            api = ApiClient(configuration)
        except (ConfigException, KeyError, TypeError, AttributeError, ValueError, OSError) as broken:
            where = f"context {chosen.name} of {chosen.paths}" if chosen else "this pod's service account"
            raise Misconfigured(f"The credentials of {where} cannot be used: {broken}.") from broken
        return cls(api, loader, chosen)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self._sockets.close()
        await self._api.close()

    async def __aenter__(self) -> "KubeClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def cluster_id(self, *, seconds: float = 5.0) -> str:
        """The uid of kube-system, which never changes; the context's name where that may not be read."""
        if not self._cluster_id:
            try:
                namespace = await self.get(KINDS["Namespace"].path(None, "kube-system"), seconds=seconds)
            except ToolFailed as failed:
                if failed.status not in {403, 404}:
                    raise
                namespace = {}
            self._cluster_id = dig(namespace, "metadata", "uid", default=self.context)
        return self._cluster_id

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """One JSON answer; Secrets come without their data."""
        status, answered, body = await self._read(path, params or {}, seconds, headers or {})
        try:
            value = _parsed(body)
        except orjson.JSONDecodeError as broken:
            raise failures.not_json(status, answered, body, asked=path, server=self.server) from broken
        if not isinstance(value, dict):
            raise failures.not_json(status, answered, body, asked=path, server=self.server)
        return without_secret_data(value) if resource_of(path) == "secrets" else value

    async def text(self, path: str, params: Mapping[str, str] | None = None, *, seconds: float) -> str:
        """One answer as text: a log."""
        refuse_secrets(path)
        _, _, body = await self._read(path, params or {}, seconds, {"Accept": "text/plain, */*"})
        return body.decode(errors="replace")

    async def items(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        seconds: float,
    ) -> list[Json]:
        """All objects of a kind, in one namespace or in all, page by page under one deadline."""
        found: list[Json] = []
        async for page in self.pages(
            kind, namespace, label_selector=label_selector, field_selector=field_selector, seconds=seconds
        ):
            if page is None:
                found.clear()
            else:
                found += page
        return found

    async def pages(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        seconds: float,
    ) -> AsyncIterator[list[Json] | None]:
        """The pages of a list as they come; None means that the list began again, so forget the pages before it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        params = {"limit": str(PAGE)}
        if label_selector:
            params["labelSelector"] = label_selector
        if field_selector:
            params["fieldSelector"] = field_selector
        table, restarted = KINDS[kind], False
        while True:
            try:
                answer = await self.get(table.path(namespace), params, seconds=max(deadline - loop.time(), 0.001))
            except ToolFailed as failed:
                if failed.status != 410 or restarted:
                    raise
                restarted = True
                params.pop("continue", None)
                yield None
                continue
            # A list leaves kind and apiVersion out of its items; detectors and evidence want them there.
            version = answer.get("apiVersion", "v1")
            items = [{"apiVersion": version, "kind": kind, **item} for item in answer.get("items") or ()]
            yield [without_secret_data(item) for item in items] if kind == "Secret" else items
            token = dig(answer, "metadata", "continue", default="")
            if not token:
                return
            params["continue"] = token

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | str = "",
        headers: Headers = (),
        body: bytes | None = None,
        seconds: float = 30.0,
    ) -> tuple[int, dict[str, str], bytes]:
        """One request exactly as given, with our credentials added, whatever the answer. Never about Secrets."""
        async with self.stream(method, path, params=params, headers=headers, body=body, seconds=seconds) as answer:
            try:
                async with asyncio.timeout(seconds):
                    chunks = [chunk async for chunk in answer.chunks]
            except TimeoutError as slow:
                raise self._too_long(path, seconds) from slow
            return answer.status, dict(answer.headers), b"".join(chunks)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | str = "",
        headers: Headers = (),
        body: bytes | None = None,
        seconds: float = 30.0,
    ) -> AsyncIterator[Streamed]:
        """The same for answers that go on and on, such as a watch; `seconds` bounds the wait for its beginning."""
        refuse_secrets(path)
        try:
            async with asyncio.timeout(seconds):
                response = await self._request(method, path, params, headers, body)
        except TimeoutError as slow:
            raise self._too_long(path, seconds) from slow
        try:
            yield Streamed(response.status, dict(response.headers), self._chunks(response))
        finally:
            response.close()

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
        except aiohttp.ClientError as broken:
            raise self._unreachable(broken) from broken

    async def _read(
        self, path: str, params: Mapping[str, str], seconds: float, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """GET until it succeeds or means something: a busy server is waited for, within the deadline."""
        asked = unquote(path)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    response = await self._request("GET", path, params, {"Accept": "application/json", **headers})
                    async with response:
                        body = await response.read()
                    if response.status != 429:
                        break
                    await asyncio.sleep(_retry_after(response.headers))
        except TimeoutError as slow:
            raise self._too_long(asked, seconds) from slow
        except aiohttp.ClientError as broken:
            raise self._unreachable(broken) from broken
        if response.status >= 400:
            raise failures.refused(
                response.status,
                body,
                asked=asked,
                context=self.context,
                login=self._chosen.exec_command if self._chosen else "",
            )
        return response.status, response.headers, body

    async def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | str,
        headers: Headers,
        body: bytes | None = None,
    ) -> aiohttp.ClientResponse:
        """One request; credentials that the server no longer accepts are renewed once."""
        seen = self._refreshes
        response = await self._once(method, path, params, headers, body)
        if response.status == 401 and await self._renewed(seen):
            response.close()
            response = await self._once(method, path, params, headers, body)
        return response

    async def _once(
        self, method: str, path: str, params: Mapping[str, str] | str, headers: Headers, body: bytes | None
    ) -> aiohttp.ClientResponse:
        configuration = self._api.configuration
        query = params if isinstance(params, str) else urlencode(params)
        # The path is sent as it came: what a proxy of ours has judged is what the server sees.
        url = URL(self.server.rstrip("/") + path + (f"?{query}" if query else ""), encoded=True)
        given = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        sent = [(name, value) for name, value in given if name.lower() not in _OURS]
        sent += [("User-Agent", "hilda"), *self._impersonation(given)]
        if bearer := await configuration.get_api_key_with_prefix("BearerToken", alias="authorization"):
            sent.append(("Authorization", bearer.strip()))
        if urlsplit(self.server).hostname in _LOOPBACK and "accept-encoding" not in {name.lower() for name, _ in sent}:
            # Compressing for a server on the same machine only costs both of us time.
            sent.append(("Accept-Encoding", "identity"))
        extra: dict[str, Any] = {}
        if configuration.tls_server_name:
            extra["server_hostname"] = configuration.tls_server_name
        if configuration.proxy:
            extra |= {"proxy": configuration.proxy, "proxy_headers": configuration.proxy_headers}
        try:
            return await self._open_session().request(
                method,
                url,
                headers=sent,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
                **extra,
            )
        except (aiohttp.ClientError, ValueError) as broken:
            raise self._unreachable(broken) from broken

    def _impersonation(self, given: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The kubeconfig's own `as:`, unless the caller speaks for somebody itself."""
        if self._chosen is None or any(name.lower().startswith("impersonate-") for name, _ in given):
            return []
        return [(name, value) for name, values in self._chosen.impersonation.items() for value in values]

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            rest = self._api.rest_client
            connector = aiohttp.TCPConnector(limit=rest.maxsize, ssl=rest.ssl_context, socket_factory=self._sockets)
            self._session = aiohttp.ClientSession(connector=connector, trust_env=True, read_bufsize=2**21)
        return self._session

    async def _renewed(self, seen: int) -> bool:
        """Ask the credential plugin, the token file or the service account again; one renewal serves all that wait."""
        if self._loader is None:
            return False
        async with self._refreshing:
            if self._refreshes == seen:
                configuration = self._api.configuration
                before = (dict(configuration.api_key), configuration.cert_file)
                self._loader.__dict__.pop("exec_plugin_expiry", None)
                await _log_in(self._loader, self._chosen)
                self._loader._set_config(configuration)
                if (configuration.api_key, configuration.cert_file) == before:
                    return False
                if configuration.cert_file != before[1]:
                    await self._reopen_with_new_certificate()
                self._refreshes += 1
        return True

    async def _reopen_with_new_certificate(self) -> None:
        from kubernetes.aio.client import ApiClient

        old, self._session = self._session, None
        self._api = ApiClient(self._api.configuration)
        if old is not None:
            await old.close()

    def _too_long(self, asked: str, seconds: float) -> ToolFailed:
        return failures.TookTooLong(
            f"The API server {self.server} gave no answer for {asked} within {seconds:.1f} s: slow or out of reach."
        )

    def _unreachable(self, broken: Exception) -> ToolFailed:
        match broken:
            case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
                return ToolFailed(
                    f"The TLS certificate of {self.server} is not accepted: {broken}. "
                    "Check `certificate-authority` in the kubeconfig."
                )
            case aiohttp.ClientProxyConnectionError():
                return ToolFailed(f"The proxy in front of {self.server} cannot be reached: {broken}.")
            case aiohttp.ClientConnectorError():
                reason = broken.os_error.strerror or str(broken.os_error)
                return ToolFailed(
                    f"The API server {self.server} cannot be reached: {reason}. "
                    f"Is it running, and is {self.context} the right context?"
                )
            case _:
                return ToolFailed(f"The connection to {self.server} broke: {broken or type(broken).__name__}.")


_OURS = frozenset({"authorization", "host", "content-length", "connection", "user-agent", "transfer-encoding"})
"""Headers that only we set, whatever a caller passes on."""


def _parsed(body: bytes) -> object:
    """The JSON value. The collector would walk the heap again and again while a long list is made, and find nothing."""
    if len(body) < _LONG or not gc.isenabled():
        return orjson.loads(body)
    gc.disable()
    try:
        return orjson.loads(body)
    finally:
        gc.enable()


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return max(float(headers.get("Retry-After", "1")), 0.05)
    except ValueError:
        return 1.0


async def _load(chosen: kubeconfigs.ChosenContext, configuration: "Configuration") -> Any:
    from kubernetes.aio.config.kube_config import KubeConfigLoader, KubeConfigMerger

    merged = KubeConfigMerger(chosen.paths)
    loader = KubeConfigLoader(config_dict=merged.config, active_context=chosen.name, config_base_path=None)
    await _log_in(loader, chosen)
    loader._set_config(configuration)
    return loader


async def _log_in(loader: Any, chosen: kubeconfigs.ChosenContext | None) -> None:
    """Fill the loader with credentials; a plugin that fails says why instead of leaving us anonymous."""
    from kubernetes.aio.config.config_exception import ConfigException
    from kubernetes.aio.config.exec_provider import ExecProvider

    name = chosen.exec_command if chosen else ""
    try:
        async with asyncio.timeout(_LOGIN_SECONDS):
            for stale in ("token", "cert_file", "key_file"):
                loader.__dict__.pop(stale, None)
            await loader._load_authentication()
            if name and not {"token", "cert_file"} & loader.__dict__.keys():
                # The loader only logs what went wrong; asking again brings the reason to the person.
                await ExecProvider(loader._user["exec"]).run()
    except TimeoutError as slow:
        raise Misconfigured(f"The credential plugin {name} gave no answer in {_LOGIN_SECONDS:.0f} s.") from slow
    except (ConfigException, OSError) as broken:
        if not name:
            raise
        context = chosen.name if chosen else ""
        raise Misconfigured(f"The credential plugin {name} of context {context} failed: {broken}.") from broken
    loader._load_cluster_info()
    kubeconfigs.refuse_socks(getattr(loader, "proxy", ""))


def _in_cluster(configuration: "Configuration") -> None:
    from kubernetes.aio.config.config_exception import ConfigException
    from kubernetes.aio.config.incluster_config import InClusterConfigLoader

    try:
        files = (str(_SERVICE_ACCOUNT / name) for name in ("token", "ca.crt"))
        InClusterConfigLoader(*files).load_and_set(configuration)
    except ConfigException as nowhere:
        if (_SERVICE_ACCOUNT / "token").exists():
            raise  # This is a pod; its own files are what is wrong.
        raise kubeconfigs.nowhere_to_look() from nowhere


def _pod_namespace() -> str:
    file = _SERVICE_ACCOUNT / "namespace"
    return file.read_text().strip() if file.is_file() else "default"
