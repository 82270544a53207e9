"""Our kubelet plays pods by their spec and what it refers to, as a real one would tell it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from practice.api import Api, ApiError, Json, path_of
from practice.control_plane import ControlPlane
from practice.kubectl import KubectlFailed, kubectl
from practice.series import samples
from practice.telemetry import plays
from practice.waiting import until
from practice.worlds import Program, Requirement, World
from tests.needs import needs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

NAMESPACE = "kubelet-tests"
IMAGE = "registry.example/tests/greeter"


@pytest.fixture
async def api(control_plane: ControlPlane) -> AsyncIterator[Api]:
    world = World(
        "kubelet-tests",
        (NAMESPACE,),
        (
            Program(IMAGE, tags=("1.0",), requires=(Requirement("GREETING", "fatal: no GREETING"),)),
            Program(f"{IMAGE}-large", memory_mib=200),
        ),
    )
    world.write(control_plane.worlds)
    async with Api(control_plane.kubeconfig) as api:
        await api.ensure({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        account = path_of("v1", "ServiceAccount", NAMESPACE, "default")

        async def exists() -> bool:
            return await api.find(account) is not None

        await until("the service account", exists)
        yield api
        await api.request("DELETE", path_of("v1", "Pod", NAMESPACE), params={"gracePeriodSeconds": "0"})


async def test_a_pod_runs_writes_logs_and_goes(api: Api, control_plane: ControlPlane) -> None:
    """From binding to kubectl logs to deletion."""
    await _create(api, "good", f"{IMAGE}:1.0", env=[{"name": "GREETING", "value": "hello"}])

    await _comes_to(api, "good", lambda status: status["ready"] and "running" in status["state"])
    written = await _logs(control_plane, "good")
    stamped = await _logs(control_plane, "good", "--timestamps", "--tail=1")
    await api.delete(path_of("v1", "Pod", NAMESPACE, "good"))

    assert [line.split(" ", 1)[1] for line in written.splitlines()[:2]] == [
        "INFO starting greeter",
        "INFO listening on :8080",
    ]
    assert len(stamped.splitlines()) == 1
    assert stamped.count("Z ") == 2

    async def gone() -> bool:
        return await api.find(path_of("v1", "Pod", NAMESPACE, "good")) is None

    await until("the pod to be gone", gone, seconds=10)


async def test_a_crashing_pod_tells_why_now_and_before(api: Api, control_plane: ControlPlane) -> None:
    """CrashLoopBackOff, restarts counted, last words in both logs, the event of a real kubelet."""
    await _create(api, "crash", f"{IMAGE}:1.0")

    status = await _comes_to(api, "crash", lambda s: _reason(s) == "CrashLoopBackOff" and s["restartCount"] >= 2)
    current, previous = await _logs(control_plane, "crash"), await _logs(control_plane, "crash", "--previous")

    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["state"]["waiting"]["message"].startswith("back-off 40s restarting failed container=app pod=crash_")
    assert "fatal: no GREETING" in current
    assert "fatal: no GREETING" in previous
    (event,) = await _events(api, "crash", "BackOff")
    assert event["message"].startswith("Back-off restarting failed container app in pod crash_kubelet-tests(")
    assert event["count"] >= 2


async def test_a_pod_over_its_memory_limit_is_killed(api: Api) -> None:
    """OOMKilled, 137."""
    limits = {"resources": {"limits": {"memory": "128Mi"}}}
    await _create(api, "large", f"{IMAGE}-large:any", **limits)

    status = await _comes_to(api, "large", lambda status: "terminated" in status["lastState"])

    ended = status["lastState"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


async def test_an_image_that_is_not_there_cannot_be_pulled(api: Api, control_plane: ControlPlane) -> None:
    """The runtime's own message, and logs that say why there are none."""
    await _create(api, "tag", f"{IMAGE}:1.1")

    status = await _comes_to(api, "tag", lambda status: _reason(status) == "ImagePullBackOff")

    assert f"{IMAGE}:1.1: not found" in status["state"]["waiting"]["message"]
    with pytest.raises(KubectlFailed, match="trying and failing to pull image"):
        await _logs(control_plane, "tag")


async def test_a_missing_key_holds_the_container_until_it_is_there(api: Api) -> None:
    """First the ConfigMap is missing, then its key; with both it runs, without anybody touching the pod."""
    reference = {"configMapKeyRef": {"name": "words", "key": "greeting"}}
    words = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "words", "namespace": NAMESPACE}}
    place = path_of("v1", "ConfigMap", NAMESPACE, "words")
    await api.delete(place)
    await _create(api, "keys", f"{IMAGE}:1.0", env=[{"name": "GREETING", "valueFrom": reference}])

    absent = await _comes_to(api, "keys", lambda status: _reason(status) == "CreateContainerConfigError")
    await api.create({**words, "data": {"other": "x"}})
    keyless = await _comes_to(api, "keys", lambda status: "couldn't find key" in _message(status))
    await api.patch(place, {"data": {"greeting": "hello"}}, kind="merge")
    running = await _comes_to(api, "keys", lambda status: status["ready"])

    assert _message(absent) == 'configmap "words" not found'
    assert _message(keyless) == f"couldn't find key greeting in ConfigMap {NAMESPACE}/words"
    assert running["restartCount"] == 0


async def test_failing_probes_keep_a_pod_unready_and_restart_it(api: Api) -> None:
    """A readiness probe on a wrong path, a liveness probe on a wrong port."""
    probes = {
        "readinessProbe": {"httpGet": {"path": "/nowhere", "port": 8080}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 9}},
    }
    await _create(api, "probes", f"{IMAGE}:1.0", env=[{"name": "GREETING", "value": "x"}], **probes)

    status = await _comes_to(api, "probes", lambda status: status["restartCount"] >= 1)

    messages = [event["message"] for event in await _events(api, "probes", "Unhealthy")]
    assert not status["ready"]
    assert "Readiness probe failed: HTTP probe failed with statuscode: 404" in messages
    assert any("connection refused" in message for message in messages)


async def test_what_pods_use_is_served_as_resource_metrics(api: Api, control_plane: ControlPlane) -> None:
    """By pod, by label and by node, through the API server; what is not there is not found."""
    await _create(api, "large", f"{IMAGE}-large:any")
    await _comes_to(api, "large", lambda status: status["ready"])
    root = "/apis/metrics.k8s.io/v1beta1"

    pod = await api.get(f"{root}/namespaces/{NAMESPACE}/pods/large")
    chosen = await api.items(f"{root}/namespaces/{NAMESPACE}/pods", labelSelector="app=other")
    nodes = await api.items(f"{root}/nodes")
    refusals = {}
    for path, asked in ((f"{root}/namespaces/{NAMESPACE}/pods/gone", {}), (f"{root}/pods", {"labelSelector": "a in"})):
        with pytest.raises(ApiError) as refused:
            await api.get(path, **asked)
        refusals[refused.value.status] = str(refused.value)

    assert [(each["name"], each["usage"]["memory"]) for each in pod["containers"]] == [("app", f"{200 * 1024}Ki")]
    assert chosen == []
    assert len(nodes) == 3
    assert 'pods.metrics.k8s.io "gone" not found' in refusals[404]
    assert 400 in refusals


async def test_a_pod_without_a_node_is_counted_until_it_has_one(api: Api, control_plane: ControlPlane) -> None:
    """Prometheus hears that it is pending, and nothing of containers that there are not."""
    await _create(api, "homeless", f"{IMAGE}:1.0", on={"nowhere": "yes"})

    async def counted() -> bool:
        return bool(await plays(control_plane, [NAMESPACE]))

    await until("the pod to be counted", counted, seconds=10)
    (play,) = await plays(control_plane, [NAMESPACE])
    told = {sample.name: sample.value for sample in samples(play, {})}
    await api.delete(path_of("v1", "Pod", NAMESPACE, "homeless"), {"gracePeriodSeconds": 0})

    async def forgotten() -> bool:
        return not await counted()

    assert (play.pod, play.node, play.phase) == ("homeless", "", "Pending")
    assert told == {"kube_pod_info": 1, "kube_pod_status_phase": 1, "kube_pod_status_ready": 0}
    await until("the pod to be forgotten", forgotten, seconds=10)


async def _create(api: Api, name: str, image: str, *, on: dict[str, str] | None = None, **more: object) -> None:
    await api.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"containers": [{"name": "app", "image": image, **more}], "nodeSelector": on or {}},
        }
    )


async def _comes_to(api: Api, name: str, so: Callable[[Json], bool]) -> Json:
    """The container's status, once it is so."""
    found: list[Json] = []

    async def holds() -> bool:
        pod = await api.get(path_of("v1", "Pod", NAMESPACE, name))
        found[:] = pod.get("status", {}).get("containerStatuses", [])
        return bool(found) and so(found[0])

    await until(f"pod {name}", holds, seconds=20)
    return found[0]


async def _events(api: Api, pod: str, reason: str) -> list[Json]:
    chosen = f"involvedObject.name={pod},reason={reason}"
    return await api.items(path_of("v1", "Event", NAMESPACE), fieldSelector=chosen)


async def _logs(plane: ControlPlane, pod: str, *flags: str) -> str:
    program: Path = needs("kubectl")["kubectl"]
    return await kubectl(program, plane.kubeconfig, ["logs", pod, "-n", NAMESPACE, *flags])


def _reason(status: Json) -> str:
    return str(status["state"].get("waiting", {}).get("reason", ""))


def _message(status: Json) -> str:
    return str(status["state"].get("waiting", {}).get("message", ""))
