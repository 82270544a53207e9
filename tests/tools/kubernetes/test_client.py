"""How the client takes good and odd answers."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from domain.errors import Misconfigured, ToolFailed
from tests.tools.kubernetes.api_server import ApiServer, after, always, pod, refusal
from tests.tools.kubernetes.conftest import Connect
from tools.kubernetes.client import KubeClient
from tools.kubernetes.failures import TookTooLong
from tools.kubernetes.no_secrets import without_secret_data

PODS = "/api/v1/pods"


async def test_a_list_is_read_page_by_page(api: ApiServer, connect: Connect) -> None:
    """All pages arrive, each object knowing its kind."""
    api.objects["pods"], api.page = [pod(f"p{n}") for n in range(7)], 3
    client = await connect()

    items = await client.items("Pod", seconds=5)

    assert [item["metadata"]["name"] for item in items] == [f"p{n}" for n in range(7)]
    assert {item["kind"] for item in items} == {"Pod"}
    assert len([path for _, path, _ in api.requests if path == PODS]) == 3


async def test_a_list_that_expires_half_way_begins_again_once(api: ApiServer, connect: Connect) -> None:
    """410 Gone on a later page restarts the list, and nothing is counted twice."""
    api.objects["pods"], api.page = [pod(f"p{n}") for n in range(5)], 3
    client = await connect()
    gone = 0

    async def expire_once(request: web.Request) -> web.StreamResponse:
        nonlocal gone
        if "continue" in request.query and gone == 0:
            gone += 1
            return refusal(410, "The provided continue parameter is too old")
        del api.odd[PODS]
        return await api._answer(request)

    async def first_page(request: web.Request) -> web.StreamResponse:
        api.odd[PODS] = expire_once
        items = [{"metadata": {"name": "stale"}}]
        return web.json_response({"items": items, "metadata": {"continue": "x"}})

    api.odd[PODS] = first_page

    items = await client.items("Pod", seconds=5)

    assert [item["metadata"]["name"] for item in items] == [f"p{n}" for n in range(5)]


async def test_a_list_that_expires_again_and_again_fails(api: ApiServer, connect: Connect) -> None:
    """A second 410 is an answer, not a reason to go on for ever."""
    api.odd[PODS] = always(410, "too old")
    client = await connect()

    with pytest.raises(ToolFailed) as failed:
        await client.items("Pod", seconds=5)

    assert failed.value.status == 410
    assert len(api.requests) == 2


async def test_a_busy_server_is_waited_for_as_long_as_it_asks(api: ApiServer, connect: Connect) -> None:
    """429 with Retry-After is retried within the deadline."""
    client = await connect()
    busy = 2

    async def busy_twice(request: web.Request) -> web.StreamResponse:
        nonlocal busy
        busy -= 1
        if busy >= 0:
            return refusal(429, "busy", **{"Retry-After": "0"})
        return web.json_response({"items": [pod("p")]})

    api.odd[PODS] = busy_twice

    assert len(await client.items("Pod", seconds=5)) == 1


async def test_a_server_that_stays_busy_runs_into_the_deadline(api: ApiServer, connect: Connect) -> None:
    """The deadline is worth more than what Retry-After asks for."""
    api.odd[PODS] = always(429, "busy", **{"Retry-After": "30"})
    client = await connect()

    with pytest.raises(TookTooLong, match=r"0\.3 s"):
        await client.items("Pod", seconds=0.3)


async def test_the_deadline_is_of_the_whole_list(api: ApiServer, connect: Connect) -> None:
    """Pages that are each quick enough do not add up to more than the deadline."""
    client = await connect()

    async def slow_page(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.15)
        return web.json_response({"items": [pod("p")], "metadata": {"continue": "more"}})

    api.odd[PODS] = slow_page

    with pytest.raises(TookTooLong):
        await asyncio.wait_for(client.items("Pod", seconds=0.4), 2)


async def test_html_instead_of_json_is_called_that(api: ApiServer, connect: Connect) -> None:
    """A login page in front of the API server is named as what it is."""

    async def login_page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Sign in</html>", content_type="text/html")

    api.odd[PODS] = login_page
    client = await connect()

    with pytest.raises(ToolFailed, match=r"text/html instead of JSON.*login page"):
        await client.items("Pod", seconds=5)


async def test_a_forbidden_read_says_who_may_not(api: ApiServer, connect: Connect) -> None:
    """403 keeps its status and names the context."""
    api.odd[PODS] = always(403, 'pods is forbidden: User "me" cannot list')
    client = await connect()

    with pytest.raises(ToolFailed, match="context test may not read") as failed:
        await client.items("Pod", seconds=5)

    assert failed.value.status == 403


async def test_expired_credentials_say_so(api: ApiServer, connect: Connect) -> None:
    """401 is about the credentials, whatever was asked."""
    client = await connect(user={"token": "expired"})

    with pytest.raises(ToolFailed, match=r"does not accept the credentials.*expired or revoked") as failed:
        await client.items("Pod", seconds=5)

    assert failed.value.status == 401


async def test_a_credential_plugin_is_asked_again_when_its_token_expires(
    api: ApiServer, connect: Connect, tmp_path: Path
) -> None:
    """After a 401 the exec plugin is run once more, and the read goes on with what it gives."""
    (tmp_path / "token").write_text("first")
    api.token = "first"
    client = await connect(user={"exec": _plugin(tmp_path)})
    await client.items("Pod", seconds=5)
    (tmp_path / "token").write_text("second")
    api.token = "second"

    assert await client.items("Pod", seconds=10) == []


async def test_a_credential_plugin_that_fails_is_named(connect: Connect, tmp_path: Path) -> None:
    """What the plugin said on stderr reaches the person, instead of an anonymous 403 later."""
    plugin = {**_plugin(tmp_path), "args": ["-c", "import sys; sys.exit('please run: cloud login')"]}

    with pytest.raises(Misconfigured, match=r"credential plugin .*failed.*please run: cloud login"):
        await connect(user={"exec": plugin})


def _plugin(folder: Path) -> dict[str, Any]:
    script = folder / "plugin.py"
    script.write_text(
        "import json, pathlib\n"
        f"token = pathlib.Path({str(folder / 'token')!r}).read_text()\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',"
        " 'status': {'token': token}}))\n"
    )
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(script)]}


async def test_a_token_file_with_a_newline_works(api: ApiServer, connect: Connect, tmp_path: Path) -> None:
    """Token files usually end with a newline, which is no part of the token."""
    (tmp_path / "token").write_text("valid\n")
    client = await connect(user={"tokenFile": str(tmp_path / "token")})

    assert await client.items("Pod", seconds=5) == []


async def test_the_kubeconfigs_own_impersonation_is_kept(api: ApiServer, connect: Connect) -> None:
    """`as:` in the kubeconfig narrows what may be seen, so it must not be lost."""
    client = await connect(user={"token": "valid", "as": "viewer", "as-groups": ["staff"]})

    await client.items("Pod", seconds=5)

    assert api.headers[-1]["Impersonate-User"] == "viewer"
    assert api.headers[-1]["Impersonate-Group"] == "staff"


async def test_a_proxy_url_is_used(api: ApiServer, connect: Connect) -> None:
    """`proxy-url` of the kubeconfig's cluster carries the requests."""
    asked: list[str] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        body = b'{"items": []}'
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(carry, "127.0.0.1", 0)
    client = await connect(**{"proxy-url": f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"})

    await client.items("Pod", seconds=5)

    assert asked[0].startswith(f"GET {api.url}/api/v1/pods")
    proxy.close()
    await proxy.wait_closed()


async def test_an_api_server_that_is_down_is_called_that(api: ApiServer, connect: Connect) -> None:
    """Connection refused becomes a sentence with the address and the context."""
    client = await connect()
    await api.stop()

    with pytest.raises(ToolFailed, match=rf"{api.url} cannot be reached.*test the right context"):
        await client.items("Pod", seconds=5)


async def test_a_slow_answer_is_cut_off_at_its_deadline(api: ApiServer, connect: Connect) -> None:
    """The deadline given is the deadline kept."""
    api.odd[PODS] = after(5)
    client = await connect()

    with pytest.raises(TookTooLong):
        await asyncio.wait_for(client.items("Pod", seconds=0.2), 2)


async def test_an_unknown_context_offers_the_nearest(api: ApiServer, tmp_path: Path) -> None:
    """A misspelt context is a setting to correct, with the likely name."""
    with pytest.raises(Misconfigured, match=r"There is no context .tset.*Did you mean test"):
        await KubeClient.connect(api.kubeconfig(tmp_path), "tset")


async def test_no_kubeconfig_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither KUBECONFIG, nor ~/.kube/config, nor a pod: the sentence names all three."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(Misconfigured, match=rf"KUBECONFIG is not set, {tmp_path}/.kube/config is not there, .*pod"):
        await KubeClient.connect()


@pytest.mark.parametrize("text", ["just text", "{", "contexts: [", "- a", "current-context: x\ncontexts: [{name: x}]"])
async def test_a_broken_kubeconfig_is_a_setting_to_correct(tmp_path: Path, text: str) -> None:
    """Whatever the file holds, it is Misconfigured and names the file."""
    (tmp_path / "config").write_text(text)

    with pytest.raises(Misconfigured, match="config"):
        await KubeClient.connect(str(tmp_path / "config"))


async def test_the_first_file_of_several_decides(api: ApiServer, tmp_path: Path) -> None:
    """KUBECONFIG may name several files; the first with a current context wins, as with kubectl."""
    (tmp_path / "first").write_text("{current-context: test, contexts: [], clusters: [], users: []}")
    api.kubeconfig(tmp_path)
    second = tmp_path / "kubeconfig"
    second.write_text(second.read_text().replace("current-context: test", "current-context: no"))

    client = await KubeClient.connect(f"{tmp_path / 'first'}:{second}")

    assert (client.context, client.namespace) == ("test", "shop")
    await client.close()


async def test_secret_values_never_leave_the_client(api: ApiServer, connect: Connect) -> None:
    """Reading Secrets gives names and types; neither data nor what apply remembered."""
    api.objects["secrets"] = [
        {
            "metadata": {
                "name": "s",
                "namespace": "shop",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary", "team": "a"},
            },
            "data": {"key": "canary"},
            "stringData": {"key": "canary"},
            "type": "Opaque",
        }
    ]
    client = await connect()

    read = [
        await client.items("Secret", "shop", seconds=5),
        await client.get("/api/v1/namespaces/shop/secrets", seconds=5),
    ]

    assert "canary" not in str(read)
    assert "Opaque" in str(read)
    assert "team" in str(read)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/secrets",
        "/api/v1/namespaces/shop/secrets/s",
        "/api/v1/namespaces/shop/%73ecrets/s",
        "/api/v1/namespaces/shop%2Fsecrets/s",
        "/api/v1/watch/namespaces/shop/secrets",
        "/api/v1/namespaces/shop/pods/../secrets",
        "/api/v1//namespaces/shop/secrets",
        "/api/v1/secrets?x=",
    ],
)
async def test_raw_requests_for_secrets_are_not_sent(api: ApiServer, connect: Connect, path: str) -> None:
    """What is passed on unread is never about Secrets, however the path is spelled."""
    client = await connect()

    with pytest.raises(ToolFailed):
        await client.send("GET", path)

    assert api.requests == []


async def test_a_namespace_called_secrets_is_no_secret(api: ApiServer, connect: Connect) -> None:
    """The guard reads the path as the server does, not by the word alone."""
    client = await connect()

    status, _, _ = await client.send("GET", "/api/v1/namespaces/secrets/pods")

    assert status == 200


async def test_a_stream_gives_its_chunks_as_they_come(api: ApiServer, connect: Connect) -> None:
    """A watch is passed on event by event, long before it ends."""
    release = asyncio.Event()

    async def watch(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"type":"ADDED"}\n')
        await release.wait()
        await response.write(b'{"type":"MODIFIED"}\n')
        return response

    api.odd[PODS] = watch
    client = await connect()

    async with client.stream("GET", PODS, params="watch=true") as answer:
        chunks = aiter(answer.chunks)
        first = await asyncio.wait_for(anext(chunks), 2)
        release.set()
        second = await asyncio.wait_for(anext(chunks), 2)

    assert (first, second) == (b'{"type":"ADDED"}\n', b'{"type":"MODIFIED"}\n')


async def test_callers_cannot_bring_their_own_credentials(api: ApiServer, connect: Connect) -> None:
    """An Authorization header passed on by a proxy is replaced by ours."""
    client = await connect()

    await client.send("GET", PODS, headers={"Authorization": "Bearer theirs"})

    assert api.headers[-1]["Authorization"] == "Bearer valid"


async def test_the_cluster_is_known_by_its_kube_system(api: ApiServer, connect: Connect) -> None:
    """The id is the uid of kube-system; the context's name where that may not be read."""
    client = await connect()
    assert await client.cluster_id() == "uid-of-kube-system"

    api.odd["/api/v1/namespaces/kube-system"] = always(403, "no")
    other = await connect()

    assert await other.cluster_id() == "test"


def test_a_table_of_secrets_is_stripped_too() -> None:
    """Tables carry whole objects where they are asked to."""
    table = {"kind": "Table", "rows": [{"cells": ["s"], "object": {"kind": "Secret", "data": {"k": "canary"}}}]}

    assert "canary" not in str(without_secret_data(table))


async def test_the_kubeconfigs_http_proxy_is_used(api: ApiServer, connect: Connect) -> None:
    """A server that only the proxy can reach answers."""
    client = await connect(server="http://api.invalid", **{"proxy-url": api.url})

    assert await client.items("Pod", seconds=5) == []
    assert api.headers[-1]["Host"] == "api.invalid"


async def test_a_socks_proxy_is_refused_by_name(connect: Connect) -> None:
    """Not tried as if it spoke HTTP."""
    with pytest.raises(Misconfigured, match=r"socks5://127\.0\.0\.1:1080.*HTTP proxy"):
        await connect(**{"proxy-url": "socks5://127.0.0.1:1080"})
