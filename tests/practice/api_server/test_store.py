"""What the small API server keeps, and what it forgets: changes, watchers, pages."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import web

from practice import access
from practice.api import Api, Json, path_of
from practice.api_server.identity import Tokens
from practice.api_server.server import ApiServer
from practice.api_server.store import Store, TooOld
from practice.children import free_ports
from tests.practice.api_server.streams import watched


def config(name: str, color: str = "blue") -> Json:
    meta = {"name": name, "namespace": "default", "uid": name}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": {"color": color}}


def test_a_change_moves_the_one_version_of_all() -> None:
    """Objects of different kinds too."""
    store = Store()

    first = store.put("configmaps", config("a"))
    second = store.put("secrets", config("a"))
    gone = store.remove("configmaps", first)

    assert first.version < second.version < gone.version == store.version
    assert gone.item["metadata"]["resourceVersion"] == str(gone.version)


def test_a_watch_from_a_version_hears_what_came_after_it() -> None:
    """And what it was before, for those who look through a selector."""
    store = Store()
    first = store.put("configmaps", config("a"))
    store.put("configmaps", config("a", "red"))
    store.put("secrets", config("a"))

    heard = store.watch("configmaps", first.version).take()

    assert [(each.type, each.now.item["data"]["color"]) for each in heard] == [("MODIFIED", "red")]
    assert heard[0].before is first


def test_a_watch_from_too_long_ago_is_refused() -> None:
    """It would have missed something."""
    store = Store()
    first = store.put("configmaps", config("a"))
    for _ in range(2100):
        last = store.put("configmaps", config("a"))

    with pytest.raises(TooOld):
        store.watch("configmaps", first.version)
    assert store.watch("configmaps", last.version).take() == []
    assert len(store.watch("configmaps", last.version - 10).take()) == 10


def test_a_watcher_that_never_reads_is_cut_off() -> None:
    """Instead of growing for ever."""
    store = Store()
    watcher = store.watch("configmaps", None)

    for _ in range(20_001):
        store.put("configmaps", config("a"))

    assert watcher.cut_off
    assert not watcher.pending


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[ApiServer, Api]]:
    """A server in this process, where one can look inside; and the administrator's client for it."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "server.crt", tmp_path / "server.key"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    tokens = access.write_tokens(tmp_path / "tokens.csv")
    (port,) = free_ports(1)
    server = ApiServer(Tokens(tmp_path / "tokens.csv"), port=port)
    running = asyncio.create_task(server.run(certificate, key))
    kubeconfig = access.write_kubeconfig(
        tmp_path / "kubeconfig",
        server=f"https://127.0.0.1:{port}",
        authority=authority.cert_pem.bytes(),
        user="admin",
        token=tokens["admin"],
    )
    async with Api(kubeconfig) as api:
        for _ in range(100):
            try:
                await api.get("/readyz")
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        yield server, api
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_clients_that_vanish_leave_no_watcher(server: tuple[ApiServer, Api]) -> None:
    """Their connections are cut in the middle of the stream."""
    inside, api = server
    watchers = inside.store.shelf("configmaps").watchers

    seen = 0

    async def vanish() -> None:
        nonlocal seen
        stream = watched(api, path_of("v1", "ConfigMap", "default"), timeoutSeconds="60")
        async with contextlib.aclosing(stream) as events:
            await anext(events)
            seen = max(seen, len(watchers))

    await api.create(config("a"))
    await asyncio.gather(*(vanish() for _ in range(50)))
    for _ in range(100):
        if not watchers:
            break
        await asyncio.sleep(0.02)

    assert seen > 1
    assert not watchers


async def test_a_watch_from_too_long_ago_is_told_so(server: tuple[ApiServer, Api]) -> None:
    """As an ERROR event with 410, after which clients list again."""
    inside, api = server
    for _ in range(2100):
        inside.store.put("configmaps", config("a"))

    (event,) = [each async for each in watched(api, path_of("v1", "ConfigMap", "default"), resourceVersion="1")]

    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def test_a_forgotten_page_is_gone(server: tuple[ApiServer, Api]) -> None:
    """410: the client lists again from the beginning."""
    inside, api = server
    for name in "abc":
        inside.store.put("configmaps", config(name))
    path = path_of("v1", "ConfigMap", "default")
    first = await api.get(path, limit="1")
    for _ in range(20):
        await api.get(path, limit="1")

    with pytest.raises(Exception, match="410: The provided continue parameter is too old"):
        await api.get(path, limit="1", **{"continue": first["metadata"]["continue"]})


async def test_another_server_answers_for_a_group(server: tuple[ApiServer, Api], tmp_path: Path) -> None:
    """Once an APIService and an ExternalName Service name it; it hears who asks."""
    _, api = server
    (port,) = free_ports(1)
    async with other_server(port, tmp_path) as heard:
        await it_answers(api, port, heard)


async def it_answers(api: Api, port: int, heard: list[tuple[str, list[str]]]) -> None:
    service = {"type": "ExternalName", "externalName": "localhost"}
    await api.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "other", "namespace": "kube-system"},
            "spec": service,
        }
    )
    spec = {
        "group": "other.example",
        "version": "v1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"name": "other", "namespace": "kube-system", "port": port},
    }
    services = "/apis/apiregistration.k8s.io/v1/apiservices"
    body = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.other.example"}}
    await api.request("POST", services, body | {"spec": spec})

    async def group_names() -> list[str]:
        return [each["name"] for each in (await api.get("/apis"))["groups"]]

    for _ in range(100):
        if "other.example" in await group_names():
            break
        await asyncio.sleep(0.05)
    answer = await api.get("/apis/other.example/v1/things")
    told = await api.get(f"{services}/v1.other.example")

    assert "other.example" in await group_names()
    assert answer == {"kind": "ThingList", "items": []}
    assert heard[-1] == ("admin", ["system:masters", "system:authenticated"])
    assert told["status"]["conditions"][0]["reason"] == "Passed"


@contextlib.asynccontextmanager
async def other_server(port: int, folder: Path) -> AsyncIterator[list[tuple[str, list[str]]]]:
    """Serves one group over HTTPS; notes for whom."""
    heard: list[tuple[str, list[str]]] = []

    async def resources(_: web.Request) -> web.Response:
        things = {"name": "things", "singularName": "thing", "namespaced": False, "kind": "Thing", "verbs": ["list"]}
        return web.json_response({"kind": "APIResourceList", "groupVersion": "other.example/v1", "resources": [things]})

    async def things(request: web.Request) -> web.Response:
        heard.append((request.headers["X-Remote-User"], request.headers.getall("X-Remote-Group")))
        return web.json_response({"kind": "ThingList", "items": []})

    app = web.Application()
    app.add_routes([web.get("/apis/other.example/v1", resources), web.get("/apis/other.example/v1/things", things)])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.crt", folder / "server.key")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    yield heard
    await runner.cleanup()


async def test_two_thousand_pods_are_listed_and_watched(server: tuple[ApiServer, Api]) -> None:
    """Whole, in pages, and by those who follow them from then on."""
    inside, api = server
    for number in range(2000):
        meta = {"name": f"pod-{number:04}", "namespace": "default", "uid": str(number)}
        spec = {"containers": [{"name": "main", "image": "x.example/y:1"}]}
        inside.store.put("pods", {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": {}})
    path = path_of("v1", "Pod", "default")

    whole = await api.get(path)
    pages = [page := await api.get(path, limit="500")]
    while token := page["metadata"].get("continue"):
        pages.append(page := await api.get(path, limit="500", **{"continue": token}))
    followed = [each async for each in watched(api, path, timeoutSeconds="1")]

    names = [f"pod-{number:04}" for number in range(2000)]
    assert [each["metadata"]["name"] for each in whole["items"]] == names
    assert [each["metadata"]["name"] for page in pages for each in page["items"]] == names
    assert [len(page["items"]) for page in pages] == [500] * 4
    assert [each["object"]["metadata"]["name"] for each in followed] == names
