"""A pod's log: asked from the kubelet of its node over HTTPS, and passed on as it comes."""

import ssl
from collections.abc import Iterator

import aiohttp
from aiohttp import web

from practice.api import Json
from practice.api_server.call import Call
from practice.api_server.refusals import Refused, bad_request, details_of
from practice.api_server.store import Store

_PASSED_ON = "follow previous sinceSeconds sinceTime timestamps tailLines limitBytes stream".split()


class Logs:
    def __init__(self, store: Store) -> None:
        self._store = store
        # A kubelet's certificate is its own, as with kube-apiserver unless it is told of an authority.
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE
        self._session: aiohttp.ClientSession | None = None

    async def answer(self, call: Call, pod: Json, request: web.Request) -> web.StreamResponse:
        container = _container(pod, call.asked.query.get("container", ""))
        node = pod["spec"].get("nodeName", "")
        if not node:
            return web.Response(status=204)
        meta = pod["metadata"]
        url = f"{self._kubelet(node)}/containerLogs/{meta['namespace']}/{meta['name']}/{container}"
        query = {key: call.asked.query[key] for key in _PASSED_ON if key in call.asked.query}
        try:
            async with self._connection().get(url, params=query, ssl=self._tls) as found:
                if found.status >= 300:
                    raise _kubelets_refusal(found.status, await found.text(), meta["name"])
                answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
                await answer.prepare(request)
                async for part in found.content.iter_any():
                    await answer.write(part)
                await answer.write_eof()
                return answer
        except aiohttp.ClientConnectionError as error:
            raise Refused(
                500, "InternalError", f"Internal error occurred: {error}", {"causes": [{"message": str(error)}]}
            ) from None

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def _connection(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, connect=10))
        return self._session

    def _kubelet(self, name: str) -> str:
        node = self._store.find("nodes", "", name)
        if node is None:
            raise Refused(404, "NotFound", f'nodes "{name}" not found', details_of("", "nodes", name))
        status = node.item.get("status", {})
        address = next((each["address"] for each in status.get("addresses", []) if each["type"] == "InternalIP"), "")
        port = status.get("daemonEndpoints", {}).get("kubeletEndpoint", {}).get("Port", 10250)
        return f"https://{address}:{port}"


def _container(pod: Json, name: str) -> str:
    """The container that is meant: the only one, unless one is named."""
    names, pod_name = list(_containers(pod)), pod["metadata"]["name"]
    if name:
        if name not in names:
            raise bad_request(f"container {name} is not valid for pod {pod_name}")
        return name
    if len(pod["spec"]["containers"]) > 1:
        choose = f"choose one of: [{' '.join(names)}]"
        raise bad_request(f"a container name must be specified for pod {pod_name}, {choose}")
    return str(pod["spec"]["containers"][0]["name"])


def _containers(pod: Json) -> Iterator[str]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from (each["name"] for each in pod["spec"].get(field) or [])


def _kubelets_refusal(code: int, text: str, pod: str) -> Refused:
    if code == 400:
        return bad_request(text)
    if code == 404:
        message = f"the server could not find the requested resource ( pods/log {pod})"
        return Refused(404, "NotFound", message, details_of("", "pods/log", pod))
    return Refused(500, "InternalError", f"Internal error occurred: {text}", {"causes": [{"message": text}]})
