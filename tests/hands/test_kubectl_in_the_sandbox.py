"""The unmodified kubectl, in the real sandbox, against a real API server: what was approved happens, nothing else."""

import json
from collections.abc import AsyncIterator

import pytest

from domain.proposals import Identity
from domain.scripts import ApiRequest
from hands.proxy import ApiProxy
from hands.sandbox import Contents, Ran, Sandbox
from practice.api import Api, path_of
from practice.control_plane import ControlPlane
from tests.hands.cluster import Shop, writes_in
from tests.hands.proposals import as_it_is, proposal
from tests.hands.surroundings import AROUND
from tools.kubernetes.client import KubeClient

pytestmark = [pytest.mark.cluster, pytest.mark.sandbox]


@pytest.fixture
async def client(control_plane: ControlPlane) -> AsyncIterator[KubeClient]:
    async with await KubeClient.connect(str(control_plane.kubeconfig_of("executor"))) as client:
        yield client


async def run(sandbox: Sandbox, proxy: ApiProxy, script: str) -> Ran:
    async with proxy.listening() as socket:
        return await sandbox.start(Contents(script, AROUND, 64 * 1024, "practice", "default"), socket)


def allowed(client: KubeClient, shop: Shop, *writes: ApiRequest, user: str = "oncall", **more) -> ApiProxy:
    made = proposal("...", writes=writes, observed_namespaces=(shop.namespace,), identity=Identity(user), **more)
    return ApiProxy.to_run(client, made)


async def test_an_approved_rollout_happens_as_the_person_who_asked(sandbox, client, shop, control_plane):
    """set image and rollout status work, and the audit log names the person behind the executor."""
    patch = ApiRequest("patch", "apps", "deployments", shop.namespace, "web")
    proxy = allowed(client, shop, patch, preconditions=(as_it_is(await shop.get("Deployment", "web")),))

    ran = await run(
        sandbox,
        proxy,
        f"""
        set -e
        kubectl -n {shop.namespace} set image deployment/web web=registry.example/web:2
        kubectl -n {shop.namespace} rollout status deployment/web --timeout=20s
        """,
    )

    after = await shop.get("Deployment", "web")
    (write,) = writes_in(control_plane.audit_log, shop.namespace)
    assert ran.exit_code == 0, ran.output
    assert "successfully rolled out" in ran.output
    assert after["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:2"
    assert (write["user"]["username"], write["impersonatedUser"]["username"]) == ("executor", "oncall")
    assert (write["verb"], write["objectRef"]["name"]) == ("patch", "web")
    assert proxy.refusals == []


async def test_kubectl_says_why_something_did_not_pass(sandbox, client, shop, control_plane):
    """Secrets, other namespaces, unapproved writes, exec, other identities: each with a sentence, none done."""
    await shop.make("Secret", "web", stringData={"password": "canary-5511"})
    proxy = allowed(client, shop, ApiRequest("patch", "apps", "deployments", shop.namespace, "web"))
    ns = f"-n {shop.namespace}"

    ran = await run(
        sandbox,
        proxy,
        f"""
        kubectl {ns} get secrets -o yaml
        kubectl {ns} get secret web -o jsonpath={{.data}}
        kubectl get --raw /api/v1/namespaces/{shop.namespace}/secrets
        kubectl get pods -A
        kubectl {ns} scale deployment/web --replicas=3
        kubectl {ns} delete deployment web
        kubectl {ns} set image deployment/other web=x:1
        kubectl {ns} create configmap new --from-literal=a=b
        kubectl --as=admin --as-group=system:masters {ns} delete configmap settings
        kubectl --token=forged {ns} delete configmap settings
        echo over
        """,
    )

    assert ran.output.endswith("over\n")
    assert "canary-5511" not in ran.output
    assert "Y2FuYXJ5" not in ran.output
    assert ran.output.count("Hilda does not let this pass") >= 9, ran.output
    assert "secrets never pass" in ran.output
    assert f'nobody approved to patch deployments.apps/scale "web" in namespace "{shop.namespace}"' in ran.output
    assert writes_in(control_plane.audit_log, shop.namespace) == []


async def test_reads_work_as_people_know_them(sandbox, client, shop):
    """Tables, describe, history, events, a watch with its initial events."""
    proxy = allowed(client, shop)
    ns = f"-n {shop.namespace}"

    ran = await run(
        sandbox,
        proxy,
        f"""
        set -e
        kubectl {ns} get deployments
        kubectl {ns} get configmap settings -o 'jsonpath={{.data.mode}}{{"\\n"}}'
        kubectl {ns} describe deployment web
        kubectl {ns} rollout history deployment/web
        kubectl {ns} events
        kubectl {ns} wait deployment/web --for=condition=Available --timeout=10s
        """,
    )

    assert ran.exit_code == 0, ran.output
    assert "READY" in ran.output
    assert "fast" in ran.output
    assert "condition met" in ran.output


async def test_rbac_of_the_person_still_holds(sandbox, client, shop, control_plane):
    """Approved is not enough: nobody does through Hilda what the API server forbids them."""
    account = ApiRequest("patch", "", "serviceaccounts", shop.namespace, "small")
    await shop.make("ServiceAccount", "small")
    patch = json.dumps({"metadata": {"labels": {"a": "b"}}})

    ran = await run(
        sandbox,
        allowed(client, shop, account),
        f"kubectl -n {shop.namespace} patch serviceaccount small --type=merge -p '{patch}'",
    )

    assert ran.exit_code != 0
    assert 'User "oncall" cannot patch resource "serviceaccounts"' in ran.output


async def test_somebody_who_may_not_be_impersonated_is_not(sandbox, client, shop):
    """The executor's own rights name the people it may speak for."""
    ran = await run(sandbox, allowed(client, shop, user="guest"), f"kubectl -n {shop.namespace} get deployments")

    assert ran.exit_code != 0
    assert "Forbidden" in ran.output


async def test_a_changed_object_is_left_alone(sandbox, client, shop, control_plane):
    """Somebody was faster: the first write is refused and says what is different."""
    before = as_it_is(await shop.get("Deployment", "web"))
    async with Api(control_plane.kubeconfig) as admin:
        path = path_of("apps/v1", "Deployment", shop.namespace, "web")
        await admin.patch(path, {"spec": {"revisionHistoryLimit": 3}})
    patch = ApiRequest("patch", "apps", "deployments", shop.namespace, "web")

    proxy = allowed(client, shop, patch, preconditions=(before,))
    ran = await run(sandbox, proxy, f"kubectl -n {shop.namespace} set image deployment/web web=registry.example/web:3")

    assert ran.exit_code != 0
    assert "was changed since: generation 2, not 1" in ran.output
    assert [w for w in writes_in(control_plane.audit_log, shop.namespace) if w["user"]["username"] == "executor"] == []


async def test_each_approved_kind_of_write_works_when_it_is_pinned(sandbox, client, shop):
    """Strategic, merge and JSON patches, scale, delete: tied to the version that was compared, and still accepted."""
    names = ["web", "other"]
    deployments = {name: as_it_is(await shop.get("Deployment", name)) for name in names}
    settings = as_it_is(await shop.get("ConfigMap", "settings"))
    spare = as_it_is(await shop.get("ConfigMap", "spare"))
    await shop.make(
        "Pod", "lonely", spec={"containers": [{"name": "a", "image": "a:1"}], "nodeSelector": {"no": "where"}}
    )
    pod = as_it_is(await shop.get("Pod", "lonely"))
    ns = shop.namespace
    writes = (
        ApiRequest("patch", "apps", "deployments", ns, "web"),
        ApiRequest("patch", "apps", "deployments", ns, "other", "scale"),
        ApiRequest("patch", "", "configmaps", ns, "settings"),
        ApiRequest("patch", "", "configmaps", ns, "spare"),
        ApiRequest("delete", "", "pods", ns, "lonely"),
    )
    proxy = allowed(client, shop, *writes, preconditions=(*deployments.values(), settings, spare, pod))

    ran = await run(
        sandbox,
        proxy,
        f"""
        set -e
        kubectl -n {ns} rollout restart deployment/web
        kubectl -n {ns} rollout status deployment/web --timeout=20s
        kubectl -n {ns} rollout undo deployment/web
        kubectl -n {ns} scale deployment/other --replicas=0
        kubectl -n {ns} label configmap settings team=shop
        kubectl -n {ns} patch configmap spare --type=json -p '[{{"op":"add","path":"/data/x","value":"y"}}]'
        kubectl -n {ns} delete pod lonely --timeout=10s
        """,
    )

    assert ran.exit_code == 0, ran.output
    assert (await shop.get("ConfigMap", "spare"))["data"]["x"] == "y"
    assert len(proxy.writes) == 6
