"""What kubectl really asks of a real API server is what the policy said it may ask: nothing more, nothing missing."""

import asyncio
import os
from pathlib import Path

import pytest

from domain.proposals import READ_VERBS
from policy.shell import parse
from policy.verdict import judge
from practice.control_plane import ControlPlane
from tests.needs import needs
from tests.policy.recording_proxy import recording

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

NAMESPACE = "policy-proof"
_POD = """
    metadata: {labels: {app: NAME}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: web, image: "registry.example/web:1", env: [{name: MODE, value: plain}]}]
"""
OBJECTS = "\n---\n".join(
    [
        f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {NAMESPACE}}}",
        *(
            f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {NAMESPACE}}}\nspec:\n"
            f"  {extra}\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:{_POD.replace('NAME', name)}"
            for kind, name, extra in (
                ("Deployment", "web", "replicas: 1"),
                ("Deployment", "second", "replicas: 1"),
                ("StatefulSet", "db", "serviceName: db"),
                ("DaemonSet", "agent", "updateStrategy: {type: RollingUpdate}"),
            )
        ),
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {NAMESPACE}}}\ndata: {{a: b}}",
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {NAMESPACE}}}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}",
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: lonely, namespace: {NAMESPACE}}}\n"
        "spec: {schedulerName: nobody, containers: [{name: web, image: i}]}",
        "apiVersion: v1\nkind: Node\nmetadata: {name: policy-node}",
        f"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web, namespace: {NAMESPACE}}}\n"
        "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: absent}}",
        f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: {NAMESPACE}}}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
    ]
)

WRITES = [
    "kubectl set image deploy/web web=registry.example/web:2",
    "kubectl set image deployment web second web=registry.example/web:3",
    "kubectl set image daemonset/agent web=registry.example/web:2",
    "kubectl set env deploy/web MODE=loud EXTRA-",
    "kubectl set env deploy/web --from=configmap/settings",
    "kubectl set resources deploy/web -c web --limits=memory=64Mi --requests=cpu=10m",
    "kubectl scale deploy web --replicas=2",
    "kubectl scale deploy/web --replicas=3 --current-replicas=2 --timeout=2s",
    "kubectl scale statefulset/db --replicas=2",
    "kubectl rollout undo deploy/web",
    "kubectl rollout undo deploy/web --to-revision=1",
    "kubectl rollout undo daemonset/agent",
    "kubectl rollout restart deploy/web deploy/second",
    "kubectl rollout restart sts/db",
    "kubectl rollout pause deploy/web",
    "kubectl rollout resume deploy/web",
    'kubectl patch deploy web -p \'{"spec":{"revisionHistoryLimit":5}}\'',
    'kubectl patch deploy/web --type=merge -p \'{"spec":{"replicas":1}}\'',
    'kubectl patch cm settings --type=json -p \'[{"op":"replace","path":"/data/a","value":"c"}]\'',
    'kubectl patch svc web -p \'{"spec":{"selector":{"app":"second"}}}\'',
    'kubectl patch hpa web --type=merge -p \'{"spec":{"maxReplicas":5}}\'',
    'kubectl patch deploy web --subresource=scale --type=merge -p \'{"spec":{"replicas":2}}\'',
    "kubectl label deploy web team=blue",
    "kubectl label --overwrite deployments.apps/web team=red",
    "kubectl label pod lonely team=blue",
    "kubectl label pod lonely team-",
    "kubectl annotate deploy web note='looked at it'",
    "kubectl annotate cm/settings note=x",
    "kubectl annotate cm/settings note-",
    "kubectl cordon policy-node",
    "kubectl uncordon node/policy-node",
    "kubectl delete pod lonely --grace-period=1",
]

READS = [
    "kubectl get pods",
    "kubectl get deploy,svc -o wide",
    "kubectl get deploy/web cm/settings -o yaml",
    "kubectl get pods -l app=web -o name",
    "kubectl get nodes",
    "kubectl get events --sort-by=.lastTimestamp",
    "kubectl events --for deploy/web",
    "kubectl describe deploy web",
    "kubectl describe svc web",
    "kubectl describe cm settings",
    "kubectl describe hpa web",
    "kubectl describe pvc data",
    "kubectl get pv",
    "kubectl get storageclasses",
    "kubectl rollout history deploy/web",
    "kubectl rollout history ds/agent --revision=1",
    "kubectl rollout status deploy/second --timeout=2s",
    "kubectl wait --for=create deploy/web --timeout=3s",
    "kubectl wait --for=condition=available deploy/web --timeout=1s",
    "kubectl wait hpa/web --for=condition=ScalingLimited=false --timeout=1s",
    "kubectl wait endpointslices -l kubernetes.io/service-name=web "
    "--for=jsonpath='{.endpoints[0].conditions.ready}'=true --timeout=1s",
    "kubectl set env deploy/web --list",
    "kubectl api-resources",
    "kubectl version",
    "kubectl explain deployment.spec",
    "kubectl scale deploy/web --replicas=9 --dry-run=client",
]


@pytest.fixture(scope="module")
def objects(control_plane: ControlPlane) -> str:
    """Workloads to work on, two revisions of some, and the kubeconfig of whoever may do everything."""
    kubectl = str(needs("kubectl")["kubectl"])
    kubeconfig = control_plane.kubeconfig

    async def prepare() -> None:
        code, output = await _run(kubectl, ["--kubeconfig", str(kubeconfig), "apply", "-f", "-"], OBJECTS)
        assert code == 0, output
        for kind in ("deploy/web", "ds/agent"):
            image = "web=registry.example/web:0"
            code, output = await _run(
                kubectl, ["--kubeconfig", str(kubeconfig), "-n", NAMESPACE, "set", "image", kind, image]
            )
            assert code == 0, output
        await asyncio.sleep(1.5)  # the controllers write the second revision

    asyncio.run(prepare())
    return kubeconfig.read_text()


async def test_every_write_is_one_that_was_compiled(objects: str, tmp_path: Path) -> None:
    """In order, on the same objects; and each command that changes something is seen to do so."""
    kubectl = str(needs("kubectl")["kubectl"])
    async with recording(objects) as seen:
        for text in WRITES:
            verdict = judge(text, namespace=NAMESPACE)
            assert verdict.runnable, (text, verdict.reasons)
            seen.requests.clear()

            (command,) = parse(text)
            code, output = await _run(kubectl, ["-s", seen.url, "-n", NAMESPACE, *command.argv[1:]], home=tmp_path)

            allowed = set(verdict.requests)
            assert code == 0 or "timed out" in output, (text, output)
            assert seen.writes, text
            assert seen.writes <= allowed, (text, seen.writes - allowed)
            assert _beyond(seen.reads, allowed) == set(), text


async def test_reading_commands_write_nothing_and_stay_where_they_said(objects: str, tmp_path: Path) -> None:
    """Also those that fail because what they wait for does not come."""
    kubectl = str(needs("kubectl")["kubectl"])
    async with recording(objects) as seen:
        for text in READS:
            verdict = judge(text, namespace=NAMESPACE)
            assert verdict.risk.name == "read", (text, verdict.reasons)
            seen.requests.clear()

            (command,) = parse(text)
            await _run(kubectl, ["-s", seen.url, "-n", NAMESPACE, *command.argv[1:]], home=tmp_path)

            assert seen.requests or not verdict.requests, text
            assert seen.writes == set(), text
            assert _beyond(seen.reads, set(verdict.requests)) == set(), text


def _beyond(reads: set, allowed: set) -> set:  # type: ignore[type-arg]
    """Reads that were neither compiled nor are of the command's own namespace, which the proxy lets through anyway."""
    names = {(r.verb, r.group, r.resource, r.namespace) for r in allowed if r.verb in READ_VERBS and not r.name}
    return {
        read
        for read in reads
        if read not in allowed
        and read.namespace != NAMESPACE
        and (read.verb, read.group, read.resource, read.namespace) not in names
    }


async def _run(kubectl: str, words: list[str], given: str = "", home: Path | None = None) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        kubectl,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"HOME": str(home or "/nonexistent"), "PATH": os.environ["PATH"]},
    )
    output, _ = await asyncio.wait_for(process.communicate(given.encode()), 60)
    return process.returncode or 0, output.decode()
