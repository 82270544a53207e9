"""Rehearsals on a real control plane: what would change is told, and nothing does."""

import asyncio
import os
import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from domain.plain_json import Json
from domain.proposals import Identity
from domain.scripts import Effect, ShellCommand
from tests.needs import needs
from tools.kubernetes.client import KubeClient
from tools.kubernetes.rehearsal import rehearse
from tools.kubernetes.rehearsal_proxy import DryRunProxy, dry, dry_options

NAMESPACE = f"rehearsal-{os.getpid()}"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/web"


@pytest.fixture
async def cluster(kubeconfig: Path) -> AsyncIterator[KubeClient]:
    """A namespace with a Deployment and a ConfigMap, the same for all rehearsals, since none changes anything."""
    client = await KubeClient.connect(str(kubeconfig))
    status, _, _ = await client.send("GET", DEPLOYMENT)
    if status == 404:
        await _make(client)
    yield client
    await client.close()


async def _make(client: KubeClient) -> None:
    await _post(client, "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    await _post(client, DEPLOYMENT.rpartition("/")[0], {"metadata": {"name": "web"}, "spec": spec})
    here = f"/api/v1/namespaces/{NAMESPACE}"
    await _post(client, f"{here}/configmaps", {"metadata": {"name": "c"}, "data": {"a": "1"}})
    front = {"selector": {"app": "wbe"}, "ports": [{"port": 80}]}
    await _post(client, f"{here}/services", {"metadata": {"name": "web"}, "spec": front})
    scales = {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "absent"}}
    hpas = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
    await _post(client, hpas, {"metadata": {"name": "web"}, "spec": scales})


async def _post(client: KubeClient, path: str, body: Json) -> None:
    for _ in range(50):
        status, _, said = await client.send(
            "POST", path, headers={"Content-Type": "application/json"}, body=orjson.dumps(body)
        )
        if status < 300:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(said)


async def _try(client: KubeClient, line: str, **more: Any) -> Effect:
    kubectl = str(needs("kubectl")["kubectl"])
    return await rehearse(client, ShellCommand(tuple(shlex.split(line)), line), kubectl=kubectl, **more)


async def _version(client: KubeClient) -> str:
    found = await client.get(DEPLOYMENT, seconds=5)
    return f"{found['metadata']['generation']} {found['spec']} {found['metadata'].get('labels')}"


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("set image deployment/web web=web:2", "+      - image: web:2"),
        ("set env deployment/web A=b", "+          value: b"),
        ("set resources deployment/web --limits=memory=64Mi", "+            memory: 64Mi"),
        ("scale deployment/web --replicas=4", "+  replicas: 4"),
        ("rollout restart deployment/web", "+        kubectl.kubernetes.io/restartedAt: <now>"),
        ("rollout pause deployment/web", "+  paused: true"),
        ("label deployment/web team=a", "+    team: a"),
        ("annotate deployment/web note=a", "+    note: a"),
        ('patch configmap/c --type=merge -p \'{"data":{"a":"2"}}\'', "+  a: '2'"),
        ('patch service/web --type=merge -p \'{"spec":{"selector":{"app":"web"}}}\'', "+    app: web"),
        ('patch hpa/web --type=merge -p \'{"spec":{"maxReplicas":8}}\'', "+  maxReplicas: 8"),
        ("delete deployment/web", "-kind: Deployment"),
    ],
)
async def test_a_rehearsal_tells_the_change_and_makes_none(cluster: KubeClient, line: str, expected: str) -> None:
    """The diff is the API server's own answer, and the object stays as it was."""
    before = await _version(cluster)

    effect = await _try(cluster, f"kubectl -n {NAMESPACE} {line}")

    assert effect.status == "passed", effect.why
    assert expected in effect.diff
    assert await _version(cluster) == before


@pytest.mark.cluster
async def test_a_cordon_is_rehearsed_without_a_namespace(cluster: KubeClient) -> None:
    """Nodes belong to none, and take pods afterwards as before."""
    nodes = await cluster.get("/api/v1/nodes", seconds=5)
    name = nodes["items"][0]["metadata"]["name"]

    effect = await _try(cluster, f"kubectl cordon {name}")

    assert effect.status == "passed", effect.why
    assert "+  unschedulable: true" in effect.diff
    assert "unschedulable" not in (await cluster.get(f"/api/v1/nodes/{name}", seconds=5))["spec"]


@pytest.mark.cluster
async def test_equal_changes_have_equal_digests(cluster: KubeClient) -> None:
    """Rehearsed twice, also at another moment, the digest is the same; another value has another one."""
    first = await _try(cluster, f"kubectl -n {NAMESPACE} rollout restart deployment/web")
    await asyncio.sleep(1.1)
    again = await _try(cluster, f"kubectl -n {NAMESPACE} rollout restart deployment/web")
    other = await _try(cluster, f"kubectl -n {NAMESPACE} scale deployment/web --replicas=2")

    assert first.digest == again.digest != other.digest


@pytest.mark.cluster
async def test_what_would_be_refused_fails_with_the_servers_words(cluster: KubeClient) -> None:
    """An object that is wrong, or not there, is a failed rehearsal."""
    absent = await _try(cluster, f"kubectl -n {NAMESPACE} scale deployment/nope --replicas=2")
    invalid = await _try(cluster, f'kubectl -n {NAMESPACE} patch deployment/web -p \'{{"spec":{{"replicas":-1}}}}\'')

    assert (absent.status, invalid.status) == ("failed", "failed")
    assert "not found" in absent.why
    assert "replicas" in invalid.why


@pytest.mark.cluster
async def test_credentials_that_may_not_write_cannot_rehearse(cluster: KubeClient) -> None:
    """Refused for who asks, not for what: nothing is known about the change."""
    effect = await _try(
        cluster, f"kubectl -n {NAMESPACE} scale deployment/web --replicas=2", identity=Identity(user="nobody-at-all")
    )

    assert effect.status in {"not possible", "failed"}
    assert "forbidden" in effect.why.lower()


@pytest.mark.parametrize(
    "line",
    [
        "helm upgrade x",
        "kubectl exec web -- sh",
        "kubectl get pods",
        "kubectl apply -f x.yaml",
        "kubectl delete -f x.yaml",
        "kubectl delete -Rf folder",
        "kubectl delete -fx.yaml pod x",
        "kubectl scale deployment/web --replicas=1 --kubeconfig=/root/.kube/config",
        "kubectl scale deployment/web --replicas=1 --server https://elsewhere",
        "kubectl scale deployment/web --replicas=1 -s=https://elsewhere",
        "kubectl scale deployment/web --replicas=1 --as=system:admin",
        "kubectl --token x scale deployment/web --replicas=1",
        "kubectl my-plugin",
    ],
)
async def test_what_leads_past_the_proxy_is_not_started(line: str) -> None:
    """No flag may point kubectl to another server, identity or file; no plugin and no other program is run."""
    effect = await rehearse(None, ShellCommand(tuple(shlex.split(line)), line), kubectl="/nonexistent")  # type: ignore[arg-type]

    assert effect.status == "not possible"
    assert "could not be started" not in effect.why


class _Recorder:
    """Stands in for the client behind the proxy and notes what would have reached the API server."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, bytes]] = []

    async def send(
        self, method: str, path: str, *, params: str = "", headers: object = (), body: bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        self.sent.append((method, path, params, body or b""))
        return 200, {}, b"{}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "query", ["", "?dryRun=", "?dryRun=None&dryRun=", "?dryrun=All", "?fieldManager=x&dryRun=Nothing"]
)
async def test_no_write_gets_through_without_dry_run(method: str, query: str) -> None:
    """Whatever a client asks for, the API server is asked for exactly one dryRun=All."""
    recorder = _Recorder()
    async with DryRunProxy(recorder, Identity()) as proxy, aiohttp.ClientSession() as session:  # type: ignore[arg-type]
        body = b'{"dryRun": [], "DryRun": ["x"], "propagationPolicy": "Background"}'
        await session.request(method, f"{proxy.url}/api/v1/namespaces/x/pods/p{query}", data=body)

    writes = [sent for sent in recorder.sent if sent[0] != "GET"]
    assert len(writes) == 1
    assert [part for part in writes[0][2].split("&") if part.lower().startswith("dryrun")] == ["dryRun=All"]
    if method == "DELETE":
        assert orjson.loads(writes[0][3]) == {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": "Background",
            "dryRun": ["All"],
        }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/namespaces/x/pods/p/exec?command=sh"),
        ("GET", "/api/v1/namespaces/x/pods/p/exec?command=sh"),
        ("GET", "/api/v1/namespaces/x/services/s/proxy/delete-all"),
        ("GET", "/api/v1/nodes/n/proxy/run"),
        ("GET", "/api/v1/namespaces/x/pods/p/portforward"),
        ("POST", "/api/v1/namespaces/x/pods/p/eviction"),
        ("POST", "/api/v1/namespaces/x/pods/p/binding"),
        ("POST", "/api/v1/namespaces/x/serviceaccounts/s/token"),
        ("PUT", "/api/v1/namespaces/x/finalize"),
        ("PATCH", "/apis/someone.example/v1/namespaces/x/things/t"),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        ("POST", "/api/v1/namespaces/x/secrets"),
        ("DELETE", "/api/v1/namespaces/x/pods/../secrets/s"),
        ("POST", "/healthz"),
        ("OPTIONS", "/api/v1/pods"),
    ],
)
async def test_what_a_dry_run_cannot_tame_is_refused(method: str, path: str) -> None:
    """Whatever acts when read, ignores dryRun or is none of a rehearsal's business never reaches the server."""
    recorder = _Recorder()
    async with DryRunProxy(recorder, Identity()) as proxy, aiohttp.ClientSession() as session:  # type: ignore[arg-type]
        from yarl import URL

        answer = await session.request(method, URL(proxy.url + path, encoded=True), data=b"{}")

    assert answer.status in {403, 404}
    assert recorder.sent == []


async def test_only_its_own_kubectl_finds_the_proxy() -> None:
    """Another user on the machine who finds the port gets nothing, since the path is a secret."""
    recorder = _Recorder()
    async with DryRunProxy(recorder, Identity()) as proxy, aiohttp.ClientSession() as session:  # type: ignore[arg-type]
        answer = await session.get(proxy.url.rpartition("/")[0] + "/api/v1/pods")

    assert answer.status == 404
    assert recorder.sent == []


def test_the_query_keeps_everything_but_the_dry_run() -> None:
    """Other parameters decide what happens, so they stay."""
    assert dry("fieldManager=a&dryRun=None&force=true") == "fieldManager=a&force=true&dryRun=All"


def test_options_that_cannot_be_read_stop_a_delete() -> None:
    """A DELETE whose body we cannot make a dry run of is not sent."""
    with pytest.raises(Exception, match="not JSON"):
        dry_options(b"k8s\x00protobuf")
