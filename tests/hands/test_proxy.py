"""What passes between a script and the API server, seen from both sides over real sockets."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from domain.errors import NotAllowed
from domain.proposals import Identity, Precondition
from domain.scripts import ApiRequest
from hands.allowance import Allowance
from hands.proxy import ApiProxy, refused_in_words
from tools.kubernetes.client import KubeClient

PATCH = ApiRequest("patch", "apps", "deployments", "shop", "web")
DELETE = ApiRequest("delete", "", "pods", "shop", "web-1")
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
POD = "/api/v1/namespaces/shop/pods/web-1"
AS_IT_WAS = Precondition("apps/v1", "Deployment", "shop", "web", "u1", "generation:3")
POD_AS_IT_WAS = Precondition("v1", "Pod", "shop", "web-1", "u2", "resourceVersion:70")


class ApiServer:
    """Answers like an API server with two objects, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.generation = 3
        self.version = 70
        self.uid = "u1"
        self.conflicts = 0

    @property
    def writes(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.asked if request.method != "GET"]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        if request.query.get("watch") == "true":
            return await self._watch(request)
        if request.method != "GET" and self.conflicts:
            self.conflicts -= 1
            self.version += 1
            return web.json_response({"kind": "Status", "code": 409, "reason": "Conflict"}, status=409)
        uid = "u2" if "/pods/" in request.path else self.uid
        meta = {"uid": uid, "generation": self.generation, "resourceVersion": str(self.version)}
        return web.json_response({"metadata": meta}, headers={"Set-Cookie": "a=b", "Warning": '299 - "old"'})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for number in range(3):
            await response.write(json.dumps({"type": "ADDED", "n": number}).encode() + b"\n")
            await asyncio.sleep(0.2)
        return response


@pytest.fixture
async def api() -> AsyncIterator[tuple[ApiServer, KubeClient]]:
    """A loopback server and a client with a token of its own."""
    server = ApiServer()
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    with tempfile.TemporaryDirectory() as folder:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": "c", "user": {"token": "the-executors-own"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        }
        file = Path(folder) / "kubeconfig"
        file.write_text(json.dumps(config))
        client = await KubeClient.connect(str(file))
        yield server, client
        await client.close()
    await runner.cleanup()


@contextlib.asynccontextmanager
async def inside(
    client: KubeClient,
    *approved: ApiRequest,
    identity: Identity | None = None,
    preconditions: tuple[Precondition, ...] = (),
) -> AsyncIterator[tuple[ApiProxy, aiohttp.ClientSession]]:
    """The proxy, and a session that speaks through its socket as a script would."""
    allowance = Allowance(frozenset({"shop"}), frozenset(approved))
    proxy = ApiProxy(client, allowance, identity or Identity(), preconditions)
    async with proxy.listening() as socket:
        connector = aiohttp.UnixConnector(str(socket))
        async with aiohttp.ClientSession("http://inside", connector=connector) as session:
            yield proxy, session


async def test_reads_of_observed_namespaces_pass_with_our_credentials(api):
    """The script's request arrives with the executor's token and as the approved person."""
    server, client = api
    async with inside(client, identity=Identity("oncall", ("devs", "night"))) as (_, session):
        answer = await session.get(WEB, headers={"Accept": "application/json"})
        body = await answer.json()

    assert (answer.status, body["metadata"]["uid"]) == (200, "u1")
    headers = server.asked[0].headers
    assert headers["Authorization"] == "Bearer the-executors-own"
    assert headers["Impersonate-User"] == "oncall"
    assert headers.getall("Impersonate-Group") == ["devs", "night"]


async def test_headers_from_inside_never_speak_for_anybody(api):
    """Neither an identity nor a credential nor anything else that was not asked for."""
    server, client = api
    forged = {
        "Impersonate-User": "system:admin",
        "impersonate-group": "system:masters",
        "Impersonate-Uid": "0",
        "Impersonate-Extra-Scopes": "all",
        "Authorization": "Bearer forged",
        "X-Remote-User": "admin",
        "X-Forwarded-For": "10.0.0.1",
        "Cookie": "a=b",
    }
    async with inside(client, identity=Identity("oncall")) as (_, session):
        await session.get(WEB, headers=forged)

    headers = server.asked[0].headers
    assert headers.getall("Authorization") == ["Bearer the-executors-own"]
    assert headers.getall("Impersonate-User") == ["oncall"]
    assert not {name.lower() for name in headers} & {name.lower() for name in forged} - {
        "impersonate-user",
        "authorization",
    }


@pytest.mark.parametrize(
    "identity",
    [
        Identity("system:admin"),
        Identity("SYSTEM:masters"),
        Identity(" system:node:x"),
        Identity("oncall", ("system:masters",)),
        Identity("oncall", ("devs", "System:authenticated")),
        Identity("", ("devs",)),
        Identity("on\ncall"),
    ],
)
async def test_the_clusters_own_identities_are_never_taken_on(api, identity):
    """Whatever the record says; nothing is sent."""
    server, client = api
    with pytest.raises(NotAllowed):
        async with inside(client, PATCH, identity=identity) as (_, session):
            await session.get(WEB)

    assert server.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/namespaces/shop/secrets"),
        ("GET", "/api/v1/namespaces/shop/secrets/web"),
        ("GET", "/api/v1/secrets"),
        ("PATCH", "/api/v1/namespaces/shop/secrets/web"),
        ("GET", "/api/v1/namespaces/other/pods"),
        ("GET", "/api/v1/pods"),
        ("GET", "/api/v1/nodes"),
        ("GET", "/api/v1/namespaces"),
        ("GET", "/api/v1/namespaces/other"),
        ("GET", f"{POD}/exec"),
        ("POST", f"{POD}/exec"),
        ("GET", f"{POD}/attach"),
        ("GET", f"{POD}/portforward"),
        ("GET", f"{POD}/proxy"),
        ("POST", "/api/v1/namespaces/shop/serviceaccounts/default/token"),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/other"),
        ("PATCH", "/apis/apps/v1/namespaces/other/deployments/web"),
        ("PATCH", "/apis/extensions/v1/namespaces/shop/deployments/web"),
        ("PATCH", f"{WEB}/scale"),
        ("PUT", WEB),
        ("DELETE", WEB),
        ("DELETE", "/apis/apps/v1/namespaces/shop/deployments"),
        ("GET", "/metrics"),
    ],
)
async def test_everything_else_is_refused_with_a_reason(api, method, path):
    """A Status object, counted, and nothing reaches the API server."""
    server, client = api
    async with inside(client, PATCH) as (proxy, session):
        answer = await session.request(method, path)
        status = await answer.json()

    assert (answer.status, status["kind"], status["reason"]) == (403, "Status", "Forbidden")
    assert status["message"].startswith("Hilda does not let this pass: ")
    assert server.asked == []
    assert len(proxy.refusals) == 1
    assert refused_in_words(proxy.refusals).startswith("1 request did not pass: ")


async def test_an_approved_secret_is_refused_too(api):
    """No approval switches this off."""
    server, client = api
    approved = [ApiRequest(verb, "", "secrets", "shop", "web") for verb in ("get", "patch", "delete")]
    async with inside(client, *approved) as (_, session):
        answers = [await session.request(method, "/api/v1/namespaces/shop/secrets/web") for method in ("GET", "PATCH")]

    assert [answer.status for answer in answers] == [403, 403]
    assert server.asked == []


async def test_raw_request_lines_that_a_client_would_tidy_up_are_refused(api):
    """Sent byte by byte, since HTTP clients normalise paths."""
    server, client = api
    lines = [
        b"GET /api/v1/namespaces/shop//secrets HTTP/1.1",
        b"GET /api/v1/namespaces/shop/pods/../secrets HTTP/1.1",
        b"GET /api/v1/namespaces/shop/%73ecrets HTTP/1.1",
        b"GET http://10.0.0.1/api/v1/namespaces/shop/pods HTTP/1.1",
        b"CONNECT 10.0.0.1:443 HTTP/1.1",
        b"GET * HTTP/1.1",
    ]
    async with inside(client) as (_, session):
        for line in lines:
            reader, writer = await asyncio.open_unix_connection(session.connector.path)
            writer.write(line + b"\r\nHost: inside\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            assert answer.split()[1] in {b"403", b"400"}, line

    assert server.asked == []


async def test_a_protocol_upgrade_is_refused(api):
    """exec, attach and port-forward begin so."""
    server, client = api
    async with inside(client) as (_, session):
        answer = await session.get(WEB, headers={"Upgrade": "SPDY/3.1", "Connection": "Upgrade"})

    assert answer.status == 403
    assert server.asked == []


async def test_approved_writes_pass_exactly(api):
    """The same path, the same parameters; and the answer's warnings come back, its cookies do not."""
    server, client = api
    async with inside(client, PATCH) as (proxy, session):
        answer = await session.patch(
            f"{WEB}?fieldManager=kubectl-set&fieldValidation=Strict",
            data=b'{"spec":{}}',
            headers={"Content-Type": "application/merge-patch+json"},
        )

    assert answer.status == 200
    assert server.writes == [f"PATCH {WEB}"]
    assert dict(server.asked[0].query) == {"fieldManager": "kubectl-set", "fieldValidation": "Strict"}
    assert server.bodies == [b'{"spec":{}}']
    assert proxy.writes == [PATCH]
    assert "Warning" in answer.headers
    assert "Set-Cookie" not in answer.headers


async def test_a_server_side_apply_is_refused(api):
    """It creates what it does not find, under a verb that says patch."""
    server, client = api
    async with inside(client, PATCH) as (_, session):
        answer = await session.patch(WEB, data=b"{}", headers={"Content-Type": "application/apply-patch+yaml"})

    assert answer.status == 403
    assert server.writes == []


async def test_to_look_means_no_write_at_all(api):
    """Verification gets a door through which nothing that changes anything passes."""
    from tests.hands.proposals import proposal

    server, client = api
    proxy = ApiProxy.to_look(client, proposal("kubectl ...", writes=(PATCH, DELETE)))
    async with (
        proxy.listening() as socket,
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session,
    ):
        read = await session.get(f"http://inside{WEB}")
        patch = await session.patch(f"http://inside{WEB}", data=b"{}")
        delete = await session.delete(f"http://inside{POD}")

    assert (read.status, patch.status, delete.status) == (200, 403, 403)
    assert server.writes == []


@pytest.mark.parametrize(("field", "value"), [("generation", 4), ("uid", "u9")])
async def test_the_first_write_to_a_changed_object_is_refused(api, field, value):
    """What was approved was approved for the object as it was."""
    server, client = api
    setattr(server, field, value)
    async with inside(client, PATCH, preconditions=(AS_IT_WAS,)) as (proxy, session):
        answer = await session.patch(WEB, data=b"{}", headers={"Content-Type": "application/merge-patch+json"})
        status = await answer.json()

    assert (answer.status, status["reason"]) == (409, "Conflict")
    assert "Nothing was changed" in status["message"]
    assert server.writes == []
    assert proxy.writes == []


async def test_the_first_write_carries_the_version_that_was_compared(api):
    """So that the API server itself refuses it if the object changes in between."""
    server, client = api
    async with inside(client, PATCH, preconditions=(AS_IT_WAS,)) as (_, session):
        await session.patch(
            WEB, data=b'{"metadata":{"labels":{"a":"b"}}}', headers={"Content-Type": "application/merge-patch+json"}
        )
        server.generation = 4
        second = await session.patch(WEB, data=b"{}", headers={"Content-Type": "application/merge-patch+json"})

    first_body = json.loads(server.bodies[1])
    assert first_body == {"metadata": {"labels": {"a": "b"}, "uid": "u1", "resourceVersion": "70"}}
    assert second.status == 200, "the script's own first write is no drift"
    assert server.bodies[-1] == b"{}"


async def test_a_json_patch_is_pinned_by_tests_of_its_own(api):
    """kubectl rollout undo sends one."""
    server, client = api
    operation = {"op": "replace", "path": "/spec/template", "value": {}}
    async with inside(client, PATCH, preconditions=(AS_IT_WAS,)) as (_, session):
        await session.patch(
            WEB, data=json.dumps([operation]).encode(), headers={"Content-Type": "application/json-patch+json"}
        )

    test, pin, last = json.loads(server.bodies[-1])
    assert test == {"op": "test", "path": "/metadata/uid", "value": "u1"}
    assert (pin["path"], pin["value"], last) == ("/metadata/resourceVersion", "70", operation)


async def test_a_delete_names_the_uid_that_was_approved(api):
    """A new pod of the same name is not the one that people agreed to delete."""
    server, client = api
    async with inside(client, DELETE, preconditions=(POD_AS_IT_WAS,)) as (_, session):
        answer = await session.delete(
            POD, data=b'{"propagationPolicy":"Background"}', headers={"Content-Type": "application/json"}
        )

    sent = json.loads(server.bodies[-1])
    assert answer.status == 200
    assert (sent["preconditions"], sent["propagationPolicy"]) == ({"uid": "u2"}, "Background")


async def test_a_busy_object_is_read_again_and_not_given_up(api):
    """Its status moves all the time; only a change of what was approved counts."""
    server, client = api
    server.conflicts = 2
    async with inside(client, PATCH, preconditions=(AS_IT_WAS,)) as (proxy, session):
        answer = await session.patch(WEB, data=b"{}", headers={"Content-Type": "application/merge-patch+json"})

    assert answer.status == 200
    assert json.loads(server.bodies[-1])["metadata"]["resourceVersion"] == "72"
    assert proxy.writes == [PATCH]


async def test_a_watch_comes_as_it_happens(api):
    """Event by event, not all at the end."""
    _, client = api
    loop = asyncio.get_running_loop()
    async with inside(client) as (_, session):
        answer = await session.get("/apis/apps/v1/namespaces/shop/deployments?watch=true")
        times = [(json.loads(line)["n"], loop.time()) async for line in answer.content]

    assert [number for number, _ in times] == [0, 1, 2]
    assert times[-1][1] - times[0][1] > 0.3


async def test_an_api_server_that_is_gone_is_said_as_a_status(api):
    """kubectl prints a sentence, not a stack."""
    _, client = api
    client.server = "http://127.0.0.1:1"
    async with inside(client) as (_, session):
        answer = await session.get(WEB)
        status = await answer.json()

    assert (answer.status, status["kind"], status["reason"]) == (503, "Status", "ServiceUnavailable")
