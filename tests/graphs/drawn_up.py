"""A conversation about a cluster that a test draws up, over a real socket."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web as http

from bot.app import App, open_app
from bot.doors.terminal.as_markdown import as_markdown
from bot.doors.terminal.view import View
from bot.settings import load_settings
from domain.cluster_state import ClusterState
from domain.messages import Message
from domain.people import Person
from tests.tools.detectors import things as k
from tests.tools.kubernetes.api_server import ApiServer, Handler
from tools.kubernetes.kinds import KINDS


@dataclass
class Conversation:
    app: App
    server: ApiServer
    _number: int = 0

    def shows(self, state: ClusterState, *more: k.Json) -> None:
        """From now on the cluster is like this."""
        self.server.objects = {KINDS[kind].plural: list(items) for kind, items in state.objects.items()}
        for item in (k.thing("Namespace", "shop", ""), *more):
            self.server.objects.setdefault(KINDS[item["kind"]].plural, []).append(item)
        self.server.odd = {
            f"/api/v1/namespaces/{key.namespace}/pods/{key.pod}/log": _log(text) for key, text in state.logs.items()
        }

    async def says(self, text: str) -> str:
        self._number += 1
        person = Person("terminal", "here", "1")
        message = Message(f"m{self._number}", person, "terminal:1", text, k.NOW)
        replies = [reply async for reply in self.app.dispatcher.handle(message)]
        return as_markdown(replies[-1].card, View(interactive=False, colour=False))


def _log(text: str) -> Handler:
    async def answer(_: http.Request) -> http.StreamResponse:
        return http.Response(text=text)

    return answer


@pytest.fixture
async def conversation(tmp_path: Path) -> AsyncIterator[Conversation]:
    server = ApiServer()
    await server.start()
    settings = load_settings(
        kubeconfig=server.kubeconfig(tmp_path), context="test", state_dir=tmp_path, environments={}, prometheus_url=""
    )
    async with open_app(settings) as app:
        app.desk.clock = lambda: k.NOW
        yield Conversation(app, server)
    await server.stop()


def many_without_a_node() -> Iterable[k.Json]:
    """Trouble of another kind that concerns more pods."""
    owner = k.deployment("batch", replicas=9, ready=0)
    revision = k.replica_set(owner, 1, replicas=9, ready=0)
    yield from (owner, revision)
    for number in range(9):
        pod = k.pod(f"batch-{number}", k.status(), owner=revision, labels={"app": "batch"}, phase="Pending", node="")
        message = "0/3 nodes are available: 3 Insufficient cpu."
        pod["status"]["conditions"][0].update(status="False", reason="Unschedulable", message=message)
        yield pod
