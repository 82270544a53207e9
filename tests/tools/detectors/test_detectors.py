"""What each detector finds, and what it leaves alone."""

import json
from datetime import timedelta
from typing import Any

import pytest

from domain.cluster_state import ClusterState, LogKey
from domain.findings import Finding, Severity
from tests.tools.detectors import things as k
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold

IMAGE = "registry.example/app:2"


def found(state: ClusterState, code: str) -> list[Finding]:
    return [finding for finding in find_all(state) if finding.code == code and finding.severity > Severity.info]


def one(state: ClusterState, code: str) -> Finding:
    findings = found(state, code)
    assert len(findings) == 1, [f.title for f in find_all(state)]
    return findings[0]


def app(
    *statuses: k.Json, pods: int = 2, containers: Any = (), logs: Any = None, also: Any = (), **more: Any
) -> ClusterState:
    """A Deployment at its second revision whose new pods are as given, next to nothing else."""
    containers = list(containers) or [k.container(image=IMAGE)]
    owner = k.deployment("web", replicas=pods, ready=0, containers=containers)
    before = [{**containers[0], "image": "registry.example/app:1", **more.pop("previous", {})}, *containers[1:]]
    old = k.replica_set(owner, 4, replicas=0, containers=before)
    new = k.replica_set(owner, 5, replicas=pods, ready=0, age=300, containers=containers)
    age = more.pop("age", 300)
    made = [
        k.pod(f"web-{n}", *statuses, owner=new, containers=containers, labels={"app": "web"}, age=age, **more)
        for n in range(pods)
    ]
    items = [owner, old, new, *made, *[thing(made[0]) if callable(thing) else thing for thing in also]]
    keyed = {
        LogKey("shop", f"web-{n}", "app", previous): text
        for n in range(pods)
        for previous, text in (logs or {}).items()
    }
    return k.state(*items, logs=keyed)


@pytest.mark.parametrize(
    ("reason", "message", "why"),
    [
        (
            "ImagePullBackOff",
            f'Back-off pulling image "{IMAGE}": rpc error: code = NotFound desc = not found',
            "not-found",
        ),
        ("ErrImagePull", "manifest unknown: manifest unknown", "not-found"),
        ("ErrImagePull", "401 Unauthorized: authentication required", "no-access"),
        ("ErrImagePull", "pull access denied, repository does not exist or may require authorization", "no-access"),
        ("ErrImagePull", "dial tcp: lookup registry.example: no such host", "unreachable"),
        ("ErrImagePull", "net/http: TLS handshake timeout", "unreachable"),
        ("ErrImagePull", "toomanyrequests: You have reached your pull rate limit", "rate-limited"),
        ("ErrImagePull", "no matching manifest for linux/arm64 in the manifest list entries", "wrong-platform"),
        ("ErrImageNeverPull", 'Container image "x" is not present with pull policy of Never', "never-pull"),
        ("InvalidImageName", 'Failed to apply default image tag "Web:1"', "invalid-name"),
        ("ErrImagePull", "something new", "unknown"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_found_with_its_reason(reason: str, message: str, why: str) -> None:
    """One finding for the workload, with both images and both revisions."""
    state = app(k.status(**k.waiting(reason, message)), phase="Pending")

    finding = one(state, "image-pull")

    assert finding.object.kind == "Deployment"
    assert finding.facts["why"] == why
    assert (finding.facts["image"], finding.facts["previous_image"]) == (IMAGE, "registry.example/app:1")
    assert (finding.facts["current_revision"], finding.facts["previous_revision"]) == ("5", "4")
    assert all("--context test" in piece.check for piece in finding.evidence)


def test_a_missing_pull_secret_is_named_as_the_reason() -> None:
    """Access refused while the kubelet says that the imagePullSecret is not there."""
    state = app(
        k.status(**k.waiting("ImagePullBackOff", "unauthorized")),
        phase="Pending",
        also=[
            lambda pod: k.event(
                pod, "FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (reg)"
            )
        ],
    )

    assert one(state, "image-pull").facts["why"] == "pull-secret-missing"


def test_a_crash_loop_tells_exit_code_and_last_line() -> None:
    """What it said before it ended, and what its exit code means."""
    crashing = k.status(restarts=5, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    state = app(crashing, logs={True: "starting\nfatal: no route to host db:5432\n"})

    finding = one(state, "crash-loop")

    assert finding.facts["exit_code"] == "1"
    assert finding.facts["last_line"] == "fatal: no route to host db:5432"
    assert "exit code 1" in finding.title
    assert any(piece.source == "logs" and "--previous" in piece.check for piece in finding.evidence)


@pytest.mark.parametrize(
    ("code", "words"), [(127, "not found"), (126, "may not be executed"), (139, "segmentation"), (134, "aborted")]
)
def test_exit_codes_are_explained(code: int, words: str) -> None:
    """What a person would have to look up."""
    state = app(k.status(restarts=3, last=k.ended(code), **k.waiting("CrashLoopBackOff")))

    assert words in one(state, "crash-loop").title


def test_an_init_container_that_crashes_is_named() -> None:
    """The container in question is the init container, not the app that waits for it."""
    init = {"initContainers": [k.container("migrate", "migrate:1")]}
    crashed = k.status("migrate", restarts=4, last=k.ended(3), **k.waiting("CrashLoopBackOff"))
    state = app(
        k.status(**k.waiting("PodInitializing")),
        spec=init,
        status={"initContainerStatuses": [crashed]},
        phase="Pending",
    )

    assert one(state, "crash-loop").facts["container"] == "migrate"


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(
            k.status(ready=True, restarts=3, last=k.ended(1, ago=3, ran=20), **k.running(2)), id="up for 2 seconds"
        ),
        pytest.param(
            k.status(ready=True, restarts=7, last=k.ended(1, ago=56, ran=30), **k.running(55)), id="a longer try"
        ),
        pytest.param(
            k.status(ready=True, restarts=7, last=k.ended(1, ago=26, ran=1), **k.running(25)), id="after a short try"
        ),
        pytest.param(
            k.status(ready=True, restarts=1, last=k.ended(1, ago=21, ran=30), **k.running(20)), id="the second try"
        ),
        pytest.param(
            k.status(ready=True, restarts=1, last=k.ended(1, ago=4, ran=1), **k.running(3)), id="a quick second try"
        ),
        pytest.param(k.status(restarts=4, last=k.ended(1, ago=1200), **k.running(0)), id="after a long pause"),
        pytest.param(k.status(restarts=0, terminated=k.ended(1, ago=0)), id="just ended for the first time"),
        pytest.param(
            k.status(ready=True, restarts=6, last=k.ended(1, ago=721, ran=900), **k.running(720)), id="a habit"
        ),
    ],
)
def test_a_container_between_two_crashes_is_still_crashing(status: k.Json) -> None:
    """That it runs at the moment, or is ready, is no recovery: each try of a crash loop begins like that."""
    state = app(status, pods=1, age=6000)

    (cause,) = fold(find_all(state), state)

    assert cause.finding.code == "crash-loop"


def test_a_container_that_runs_again_at_the_moment_is_told_as_that() -> None:
    """Who looks with kubectl a moment later must not think that it is over."""
    state = app(k.status(ready=True, restarts=3, last=k.ended(1, ago=5, ran=20), **k.running(4)))

    assert "it has been running again for 4 s" in one(state, "crash-loop").evidence[0].summary


@pytest.mark.parametrize(
    "status",
    [
        k.status(ready=True, restarts=6, last=k.ended(1, ago=1200), **k.running(1199)),
        k.status(ready=True, restarts=6, last=k.ended(1, ago=61, ran=1), **k.running(60)),
        k.status(ready=True, restarts=6, last=k.ended(1, ago=1200, ran=9000), **k.running(1199)),
        k.status(ready=True, restarts=1, last=k.ended(137, ago=1200, reason="OOMKilled"), **k.running(1199)),
        k.status(ready=True, restarts=1, last=k.ended(137, ago=90, ran=9000, reason="OOMKilled"), **k.running(89)),
        k.status(ready=True, restarts=1, last=k.ended(1, ago=31, ran=9000), **k.running(30)),
        k.status(ready=True, restarts=1, last=k.ended(1, ago=12, ran=1), **k.running(11)),
        k.status(ready=True, restarts=9, last=k.ended(1, ago=721, ran=120), **k.running(720)),
    ],
)
def test_what_has_recovered_is_no_trouble(status: k.Json) -> None:
    """A pod that holds longer than its last try, or was killed once and came back, needs nobody at night."""
    state = app(status, pods=1, age=90_000)

    assert fold(find_all(state), state) == ()


def test_an_oom_kill_is_told_with_the_limit_and_what_it_was() -> None:
    """The limit now and the one before the rollout."""
    containers = [k.container(image="registry.example/app:1", resources={"limits": {"memory": "64Mi"}})]
    killed = k.status(restarts=4, last=k.ended(137, reason="OOMKilled"), **k.waiting("CrashLoopBackOff"))
    state = app(killed, containers=containers, previous={"resources": {"limits": {"memory": "256Mi"}}})

    finding = one(state, "out-of-memory")

    assert (finding.facts["memory_limit"], finding.facts["previous_memory_limit"]) == ("64Mi", "256Mi")
    assert found(state, "crash-loop") == []


@pytest.mark.parametrize(
    ("message", "kind", "name", "key"),
    [
        ("couldn't find key DB_HOST in ConfigMap shop/settings", "ConfigMap", "settings", "DB_HOST"),
        ('configmap "settings" not found', "ConfigMap", "settings", ""),
        ('secret "api" not found', "Secret", "api", ""),
        ("couldn't find key token in Secret shop/api", "Secret", "api", "token"),
    ],
)
def test_missing_configuration_is_named(message: str, kind: str, name: str, key: str) -> None:
    """Kind, name and key, as facts to act on."""
    state = app(k.status(**k.waiting("CreateContainerConfigError", message)), phase="Pending")

    finding = one(state, "config-missing")

    assert (finding.facts["config_kind"], finding.facts["config_name"], finding.facts["config_key"]) == (
        kind,
        name,
        key,
    )


def test_a_volume_that_cannot_be_mounted_for_want_of_a_config_map() -> None:
    """The kubelet says it in an event only; the container never gets that far."""
    spec = {"volumes": [{"name": "v", "configMap": {"name": "files"}}]}
    message = 'MountVolume.SetUp failed for volume "v" : configmap "files" not found'
    state = app(
        k.status(**k.waiting("ContainerCreating")),
        phase="Pending",
        spec=spec,
        also=[lambda pod: k.event(pod, "FailedMount", message)],
    )

    (cause,) = fold(find_all(state), state)

    assert cause.finding.code == "config-missing"
    assert cause.finding.facts["config_name"] == "files"


def _edited(data: dict[str, str], applied: dict[str, str] | None) -> k.Json:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": applied})} if applied else {}
    fields = [{"manager": "kubectl-edit", "time": k.at(240), "fieldsV1": {"f:data": {}}}]
    return k.config_map("settings", data, annotations=annotations, managedFields=fields)


@pytest.mark.parametrize(
    "line", ["KeyError: 'ORDERS_URL'", "fatal: environment variable ORDERS_URL is not set", "panic: missing ORDERS_URL"]
)
def test_a_crash_that_names_a_vanished_key_is_missing_configuration(line: str) -> None:
    """The log names a key that the ConfigMap lost since it was applied: the key is the cause, with its old value."""
    containers = [k.container(image=IMAGE, envFrom=[{"configMapRef": {"name": "settings"}}])]
    crashing = k.status(restarts=5, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    settings = _edited({"LOG_LEVEL": "info"}, {"LOG_LEVEL": "info", "ORDERS_URL": "http://orders:80"})
    state = app(crashing, containers=containers, logs={True: f"starting\n{line}\n"}, also=[settings])

    (cause,) = fold(find_all(state), state)

    assert cause.finding.code == "config-missing"
    assert (cause.finding.facts["config_name"], cause.finding.facts["config_key"]) == ("settings", "ORDERS_URL")
    assert cause.finding.facts["config_value"] == "http://orders:80"
    assert [finding.code for finding in cause.consequences] == ["crash-loop"]


def test_the_old_value_of_a_secret_looking_key_is_not_told() -> None:
    """It could end up in a command, so it stays unknown."""
    containers = [k.container(image=IMAGE, envFrom=[{"configMapRef": {"name": "settings"}}])]
    crashing = k.status(restarts=5, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    settings = _edited({}, {"API_PASSWORD": "correct-horse-battery"})
    state = app(crashing, containers=containers, logs={True: "API_PASSWORD is not set\n"}, also=[settings])

    finding = one(state, "config-missing")

    assert "config_value" not in finding.facts
    assert "horse" not in str(finding)


def test_an_edited_config_map_without_a_record_still_points_the_way() -> None:
    """Never applied, so the old value is unknown; the log asks for a variable nobody gives, after an edit."""
    containers = [k.container(image=IMAGE, envFrom=[{"configMapRef": {"name": "settings"}}])]
    crashing = k.status(restarts=5, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    state = app(
        crashing,
        containers=containers,
        logs={True: "error: ORDERS_URL must be set\n"},
        also=[_edited({"A": "b"}, None)],
    )

    finding = one(state, "config-missing")

    assert (finding.facts["config_name"], finding.facts["config_key"]) == ("settings", "ORDERS_URL")


def test_a_crash_about_something_else_is_not_blamed_on_an_edit() -> None:
    """A key vanished too, but the log speaks of another thing."""
    containers = [k.container(image=IMAGE, envFrom=[{"configMapRef": {"name": "settings"}}])]
    crashing = k.status(restarts=5, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    settings = _edited({}, {"UNUSED": "1"})
    state = app(crashing, containers=containers, logs={True: "disk is full\n"}, also=[settings])

    assert found(state, "config-missing") == []
    assert one(state, "crash-loop")


def _probed(**probe: Any) -> list[k.Json]:
    return [k.container(image=IMAGE, ports=[{"containerPort": 8080}], readinessProbe=probe)]


def _unhealthy(message: str, times: int = 12) -> Any:
    return lambda pod: k.event(pod, "Unhealthy", message, times=times, field="spec.containers{app}")


def test_a_readiness_probe_on_a_wrong_port_is_told_as_that() -> None:
    """Connection refused on a port that the container does not declare."""
    state = app(
        k.status(**k.running(200)),
        containers=_probed(httpGet={"port": 9090, "path": "/"}),
        also=[_unhealthy('Readiness probe failed: Get "http://10.0.0.1:9090/": connection refused')],
    )

    finding = one(state, "probe-failing")

    assert (finding.facts["probe"], finding.facts["port"], finding.facts["why"]) == ("readiness", "9090", "wrong-port")
    assert "8080" in finding.title


def test_a_pod_that_stopped_being_ready_is_found_by_its_events() -> None:
    """It was ready before, so no start explains it."""
    state = app(
        k.status(**k.running(200)),
        containers=_probed(httpGet={"port": 8080}),
        ready_since=60,
        also=[_unhealthy("Readiness probe failed: HTTP probe failed with statuscode: 500")],
    )

    assert one(state, "probe-failing").facts["why"] == "unhealthy"


def test_liveness_kills_are_no_crashes() -> None:
    """Exit code 137 because the kubelet killed it, which it says in an event."""
    containers = [k.container(image=IMAGE, livenessProbe={"httpGet": {"port": 8080}})]
    state = app(
        k.status(restarts=4, last=k.ended(137), **k.waiting("CrashLoopBackOff")),
        containers=containers,
        also=[
            lambda pod: k.event(pod, "Killing", "Container app failed liveness probe, will be restarted", kind="Normal")
        ],
    )

    assert one(state, "probe-failing").facts["probe"] == "liveness"


def test_a_selector_with_a_typo_finds_the_pods_that_were_meant() -> None:
    """No pod has the labels; the nearest workload is named with what it has."""
    owner = k.deployment("checkout", labels={"app": "checkout"})
    revision = k.replica_set(owner, 1, replicas=1)
    service = k.service("checkout", {"app": "chekout"})
    state = k.state(
        owner, revision, k.pod("checkout-1", owner=revision, labels={"app": "checkout"}), service, k.endpoints(service)
    )

    finding = one(state, "service-without-endpoints")

    assert finding.severity is Severity.critical
    assert finding.facts["selector"] == "app=chekout"
    assert finding.facts["workload"] == "checkout"
    assert "app=checkout" in finding.title


def test_a_named_target_port_that_nobody_has() -> None:
    """Pods are ready, but there is no such port on them."""
    owner = k.deployment("web")
    revision = k.replica_set(owner, 1, replicas=1)
    running = k.pod(
        "web-1",
        owner=revision,
        labels={"app": "web"},
        containers=[k.container(ports=[{"name": "http", "containerPort": 8080}])],
    )
    service = k.service("web", ports=[{"port": 80, "targetPort": "https"}])
    state = k.state(owner, revision, running, service, k.endpoints(service))

    assert one(state, "service-without-endpoints").facts["why"] == "port"


def test_a_target_port_that_no_container_declares() -> None:
    """There are endpoints, and nothing listens behind them."""
    owner = k.deployment("web")
    revision = k.replica_set(owner, 1, replicas=1)
    running = k.pod(
        "web-1", owner=revision, labels={"app": "web"}, containers=[k.container(ports=[{"containerPort": 3000}])]
    )
    service = k.service("web", ports=[{"port": 80, "targetPort": 8080}])
    state = k.state(owner, revision, running, service, k.endpoints(service, ready=1))

    finding = one(state, "service-without-endpoints")

    assert (finding.facts["target_port"], finding.facts["container_ports"]) == ("8080", "3000")


def test_nothing_is_absent_that_could_not_be_read() -> None:
    """Without the right to read pods or endpoints, nobody can say that a Service has none."""
    service = k.service("web")

    state = k.state(service, coverage={"Pod": "forbidden", "EndpointSlice": "read"})

    assert find_all(state) == ()


def _pending(message: str, **more: Any) -> k.Json:
    made = k.pod("web-0", k.status(), phase="Pending", node="", labels={"app": "web"}, **more)
    made["status"]["containerStatuses"] = []
    made["status"]["conditions"][0].update(reason="Unschedulable", message=message)
    return made


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available.", "resources"),
        (
            "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
            "2 Insufficient memory.",
            "resources",
        ),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {gpu: true}.", "taint"),
        ("0/3 nodes are available: 3 node(s) were unschedulable.", "cordoned"),
        ("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.", "affinity"),
        ("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.", "affinity"),
        ('0/3 nodes are available: persistentvolumeclaim "data" not found.', "volume"),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "volume"),
        ("no nodes available to schedule pods", "no-nodes"),
    ],
)
def test_a_pod_without_a_node_tells_why(message: str, why: str) -> None:
    """The scheduler's words, sorted by what would help."""
    state = k.state(_pending(message))

    assert one(state, "unschedulable").facts["why"] == why


def test_many_pods_without_an_owner_are_one_thing_to_say() -> None:
    """Thousands that wait for the same reason make one finding, told in a moment."""
    message = "0/3 nodes are available: 3 Too many pods."
    waiting = [{**(made := _pending(message)), "metadata": {**made["metadata"], "name": f"p-{n}"}} for n in range(1500)]

    finding = one(k.state(*waiting), "unschedulable")

    assert finding.facts["pods"] == "1500"


def test_the_missing_room_is_told_in_numbers() -> None:
    """What the pod asks for, next to what the emptiest node has left."""
    busy = k.pod("busy", containers=[k.container(resources={"requests": {"cpu": "3"}})])
    asking = _pending(
        "0/1 nodes are available: 1 Insufficient cpu.",
        containers=[k.container(resources={"requests": {"cpu": "1500m"}})],
    )
    state = k.state(k.node(cpu="4"), busy, asking)

    facts = one(state, "unschedulable").facts

    assert (facts["requested_cpu"], facts["largest_free_cpu"]) == ("1.5 cores", "1 cores")


def test_a_pod_that_an_autoscaler_makes_room_for_is_waited_for() -> None:
    """A node is on its way."""
    waits = _pending("0/1 nodes are available: 1 Insufficient cpu.", age=120)
    state = k.state(waits, k.event(waits, "TriggeredScaleUp", kind="Normal"))

    assert find_all(state) == ()


def test_a_quota_that_stops_a_rollout_half_way_is_found() -> None:
    """Three of five pods exist and serve; the quota refuses the other two."""
    refused = 'pods "web-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3'
    failure = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": refused,
        "lastTransitionTime": k.at(300),
    }
    owner = k.deployment("web", replicas=5, ready=3, conditions=[failure])
    revision = k.replica_set(owner, 1, replicas=5, ready=3)
    state = k.state(owner, revision, *(k.pod(f"web-{n}", owner=revision) for n in range(3)))

    finding = one(state, "rollout-stuck")

    assert (finding.facts["why"], finding.facts["quota"]) == ("quota", "compute")
    assert finding.severity is Severity.warning


def test_a_rollout_past_its_deadline_is_stuck_while_old_pods_serve() -> None:
    """The condition says so; who still serves is told."""
    late = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "lastTransitionTime": k.at(60),
    }
    owner = k.deployment("web", replicas=2, ready=2, conditions=[late])
    old, new = k.replica_set(owner, 1, replicas=2), k.replica_set(owner, 2, replicas=1, ready=0, age=650)
    state = k.state(owner, old, new, *(k.pod(f"web-{n}", owner=old) for n in range(2)))

    finding = one(state, "rollout-stuck")

    assert "2 old pods still serve" in finding.title
    assert finding.since == k.NOW - timedelta(seconds=650), "no rollout is stuck before it was begun"


def test_a_job_that_gave_up_is_told_with_its_last_words() -> None:
    """No retries are left, and no later run succeeded."""
    gave_up = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": k.at(300)}
    job = k.thing("Job", "migrate", status={"conditions": [gave_up]}, age=600)
    tried = k.pod("migrate-1", k.status(terminated=k.ended(2)), owner=job, phase="Failed")
    state = k.state(job, tried, logs={LogKey("shop", "migrate-1", "app", False): "no such table\n"})

    finding = one(state, "crash-loop")

    assert (finding.object.kind, finding.facts["exit_code"], finding.facts["last_line"]) == (
        "Job",
        "2",
        "no such table",
    )


def test_an_event_of_a_namesake_proves_nothing() -> None:
    """Events are matched by uid: a pod that is gone must not speak for the one that took its name."""
    containers = _probed(httpGet={"port": 8080})
    starting = k.pod("web-0", k.status(**k.running(20)), containers=containers, age=25)
    namesake = {**starting, "metadata": {**starting["metadata"], "uid": "gone"}}
    said = "Readiness probe failed: HTTP probe failed with statuscode: 404"

    quiet = k.state(starting, k.event(namesake, "Unhealthy", said, times=99))
    loud = k.state(starting, k.event(starting, "Unhealthy", said, times=99))

    assert find_all(quiet) == ()
    assert one(loud, "probe-failing")


def test_a_pod_that_warms_up_beside_pods_that_serve_is_waited_for() -> None:
    """Its probe is refused again and again for two minutes, as with every slow starter."""
    containers = _probed(httpGet={"port": 8080})
    owner = k.deployment("web", replicas=1, containers=containers)
    old, new = k.replica_set(owner, 1, replicas=1), k.replica_set(owner, 2, replicas=1, ready=0)
    serving = k.pod("web-old", owner=old, containers=containers, labels={"app": "web"})
    warming = k.pod("web-new", k.status(**k.running(120)), owner=new, containers=containers, age=125)
    said = "Readiness probe failed: HTTP probe failed with statuscode: 503"

    state = k.state(owner, old, new, serving, warming, k.event(warming, "Unhealthy", said, times=12))

    assert find_all(state) == ()


def test_logs_in_evidence_cannot_drive_a_terminal() -> None:
    """Whatever a container writes is cleaned before it is anybody's evidence."""
    evil = "\x1b[2J\u202egnp.exe\x00 done\n"
    state = app(k.status(restarts=3, last=k.ended(1), **k.waiting("CrashLoopBackOff", evil)), logs={True: evil})

    told = str([(e.sample, e.summary) for f in find_all(state) for e in f.evidence])

    assert "\\x1b" not in told
    assert "\\u202e" not in told
