"""What the API server and Prometheus ask a kubelet over HTTPS."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from practice.kubelet.clock import now, parse
from practice.kubelet.container import ContainerPlay
from practice.kubelet.log_book import LogBook
from practice.kubelet.pod import PodPlay

FindPod = Callable[[str, str], PodPlay | None]


async def serve(find: FindPod, *, port: int, certificate: Path, key: Path, more: list[web.RouteDef]) -> web.AppRunner:
    """Answer on loopback; `more` are routes beside the logs."""
    app = web.Application()
    logs = Logs(find)
    app.add_routes([web.get("/containerLogs/{namespace}/{pod}/{container}", logs.answer), *more])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    return runner


class Logs:
    """`kubectl logs`, with all its ways of asking."""

    def __init__(self, find: FindPod) -> None:
        self._find = find

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = request.query
        pod = self._find(request.match_info["namespace"], request.match_info["pod"])
        container = _container(pod, request.match_info["container"])
        if pod is None or container is None:
            raise web.HTTPNotFound(text=f"pod {request.match_info['pod']} is not here")
        timestamps = asked.get("timestamps") == "true"
        book = _book(pod, container, previous=asked.get("previous") == "true")
        tail = int(asked["tailLines"]) if "tailLines" in asked else None
        lines = book.read(tail=tail, since=_since(request), timestamps=timestamps)
        text = "".join(f"{line}\n" for line in lines).encode()
        if limit := int(asked.get("limitBytes", 0)):
            text = text[:limit]
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        await answer.write(text)
        if asked.get("follow") == "true":
            try:
                async for line in book.follow(timestamps=timestamps):
                    await answer.write(f"{line}\n".encode())
            except (ConnectionError, asyncio.CancelledError):
                return answer
        await answer.write_eof()
        return answer


def _container(pod: PodPlay | None, name: str) -> ContainerPlay | None:
    return next((each for each in pod.containers if each.name == name), None) if pod else None


def _book(pod: PodPlay, container: ContainerPlay, *, previous: bool) -> LogBook:
    where = f'container "{container.name}" in pod "{pod.item["metadata"]["name"]}"'
    if previous:
        # Between two starts the last run is both the current and, already, the previous one.
        book = container.previous_book if "running" in container.state else container.book
        if book is None or not container.last_state:
            raise web.HTTPBadRequest(text=f"previous terminated {where} not found")
        return book
    if container.book is None:
        waiting = container.state.get("waiting", {})
        why = {
            "ErrImagePull": "image can't be pulled",
            "ImagePullBackOff": "trying and failing to pull image",
        }.get(waiting.get("reason", ""), waiting.get("reason", ""))
        raise web.HTTPBadRequest(text=f"{where} is waiting to start: {why}")
    return container.book


def _since(request: web.Request) -> datetime | None:
    if seconds := request.query.get("sinceSeconds"):
        return now() - timedelta(seconds=int(seconds))
    return parse(time) if (time := request.query.get("sinceTime")) else None
