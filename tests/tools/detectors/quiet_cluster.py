"""A cluster with nothing wrong after a day of rollouts: everything that looks like trouble here is ordinary life."""

import json
import random
from collections.abc import Iterator
from typing import Any

from domain.cluster_state import ClusterState
from tests.tools.detectors import things as k

_NAMES = ("api", "web", "worker", "search", "billing", "mailer", "feed", "auth", "cart", "report", "sync", "push")
_IMAGES = ("registry.example/{}:{}", "ghcr.io/acme/{}:v{}", "{}:{}")


def quiet_cluster(seed: int, pods: int = 500) -> ClusterState:
    """About so many pods in some namespaces; which oddities appear where is drawn from the seed."""
    rng = random.Random(seed)
    items: list[k.Json] = [k.node(f"node-{n}", cordoned=rng.random() < 0.1) for n in range(20)]
    namespaces = [f"team-{n}" for n in range(rng.randint(3, 8))]
    items += [k.thing("Namespace", name, "") for name in namespaces]
    makers = (
        _steady,
        _rolling,
        _just_rolled,
        _recovered,
        _stateful,
        _daemon,
        _batch,
        _off,
        _canary,
        _paused_whole,
        _leftovers,
        _scaled,
        _stored,
    )
    number = 0
    while sum(1 for item in items if item["kind"] == "Pod") < pods:
        number += 1
        maker = rng.choice((*makers, _steady, _just_rolled))
        items += maker(rng, f"{rng.choice(_NAMES)}-{number}", rng.choice(namespaces))
    rng.shuffle(items)
    return k.state(*items)


def _app(rng: random.Random, name: str, version: int) -> k.Json:
    image = rng.choice(_IMAGES).format(name, version)
    return k.container(
        rng.choice(("app", "main", name)),
        image,
        ports=[{"containerPort": 8080, "name": "http"}],
        readinessProbe={"httpGet": {"path": "/ready", "port": rng.choice((8080, "http"))}},
        livenessProbe={"httpGet": {"path": "/live", "port": 8080}},
        envFrom=[{"configMapRef": {"name": f"{name}-config"}}, {"configMapRef": {"name": "extras", "optional": True}}],
        resources={"limits": {"memory": "128Mi"}, "requests": {"cpu": "50m"}},
    )


def _ready_pod(
    rng: random.Random, owner: k.Json, number: int, labels: dict[str, str], app: k.Json, age: float
) -> k.Json:
    name = f"{owner['metadata']['name']}-{number:05x}"
    state = k.status(app["name"], ready=True, **k.running(max(age - 3, 1)))
    return k.pod(
        name,
        state,
        owner=owner,
        namespace=owner["metadata"]["namespace"],
        containers=[app],
        labels=labels,
        age=age,
        ready_since=max(age - 10, 0),
    )


def _front(rng: random.Random, name: str, namespace: str, ready: int, *, waiting: int = 0) -> Iterator[k.Json]:
    """A Service with its endpoints, sometimes headless, and the workload's settings, sometimes edited by hand."""
    target: Any = rng.choice((8080, "http"))
    made = k.service(name, namespace=namespace, ports=[{"port": 80, "targetPort": target}])
    if rng.random() < 0.2:
        made["spec"]["clusterIP"] = "None"
    yield made
    yield k.endpoints(made, ready=ready, not_ready=waiting)
    data = {"LOG_LEVEL": "info", "WORKERS": "4"}
    applied = {"data": {**data, "OLD_SWITCH": "on"} if rng.random() < 0.3 else data}
    yield k.config_map(
        f"{name}-config",
        data,
        namespace=namespace,
        annotations={"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)},
        managedFields=[{"manager": "kubectl-edit", "time": k.at(rng.randint(60, 80_000)), "fieldsV1": {"f:data": {}}}],
    )


def _steady(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Months old, never changed; a restart long ago."""
    count, app = rng.randint(1, 12), _app(rng, name, 1)
    owner = k.deployment(name, namespace=namespace, replicas=count, containers=[app])
    revision = k.replica_set(owner, 1, replicas=count, age=8_000_000)
    yield from (owner, revision)
    for number in range(count):
        made = _ready_pod(rng, revision, number, {"app": name}, app, 8_000_000)
        if rng.random() < 0.1:
            made["status"]["containerStatuses"][0].update(
                restartCount=rng.randint(1, 9),
                lastState={"terminated": k.ended(rng.choice((1, 137, 143)), ago=rng.randint(3600, 90_000))},
            )
            made["status"]["containerStatuses"][0]["state"] = k.running(3599)
        yield made
    yield from _front(rng, name, namespace, count)


def _just_rolled(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Several rollouts today, all through; old ReplicaSets are empty, their last pods are leaving."""
    count, app = rng.randint(2, 10), _app(rng, name, 9)
    owner = k.deployment(
        name,
        namespace=namespace,
        replicas=count,
        containers=[app],
        conditions=[
            {
                "type": "Progressing",
                "status": "True",
                "reason": "NewReplicaSetAvailable",
                "lastTransitionTime": k.at(900),
            }
        ],
    )
    yield owner
    for revision in range(1, 9):
        yield k.replica_set(
            owner, revision, replicas=0, age=40_000 - 1000 * revision, containers=[_app(rng, name, revision)]
        )
    current = k.replica_set(owner, 9, replicas=count, age=900)
    yield current
    for number in range(count):
        made = _ready_pod(rng, current, number, {"app": name}, app, 850)
        yield made
        # While it started its probe was refused, as it should be.
        yield k.event(made, "Unhealthy", "Readiness probe failed: connection refused", ago=845, times=2)
    leaving = _ready_pod(rng, k.replica_set(owner, 8, replicas=0), 99, {"app": name}, app, 9000)
    leaving["metadata"]["deletionTimestamp"] = k.at(5)
    leaving["status"]["containerStatuses"][0].update(ready=False, state={"terminated": k.ended(143, ago=3)})
    yield leaving
    yield from _front(rng, name, namespace, count)


def _rolling(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Right in the middle: new pods pull, start, warm up; old ones serve; one more than wanted exists."""
    count, app = rng.randint(3, 8), _app(rng, name, 3)
    owner = k.deployment(
        name,
        namespace=namespace,
        replicas=count,
        ready=count,
        containers=[app],
        conditions=[
            {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastTransitionTime": k.at(30)}
        ],
    )
    old = k.replica_set(owner, 2, replicas=count, age=50_000, containers=[_app(rng, name, 2)])
    new = k.replica_set(owner, 3, replicas=1, ready=0, age=30)
    yield from (owner, old, new)
    for number in range(count):
        yield _ready_pod(rng, old, number, {"app": name}, app, 50_000)
    how = rng.choice(("creating", "warming", "initialising", "pending"))
    base: k.Json = {"owner": new, "namespace": namespace, "labels": {"app": name}, "age": 25.0}
    match how:
        case "creating":
            starting = k.pod(
                f"{name}-new",
                k.status(app["name"], **k.waiting("ContainerCreating")),
                containers=[app],
                phase="Pending",
                **base,
            )
        case "warming":
            starting = k.pod(f"{name}-new", k.status(app["name"], **k.running(20)), containers=[app], **base)
            yield k.event(
                starting, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", ago=2, times=2
            )
        case "initialising":
            spec = {"initContainers": [k.container("migrate")]}
            starting = k.pod(
                f"{name}-new",
                k.status(app["name"], **k.waiting("PodInitializing")),
                containers=[app],
                phase="Pending",
                spec=spec,
                **base,
            )
        case _:
            starting = k.pod(
                f"{name}-new", k.status(app["name"]), containers=[app], phase="Pending", node="", **{**base, "age": 4.0}
            )
            starting["status"]["conditions"][0].update(
                reason="Unschedulable", message="0/20 nodes are available: 20 Insufficient cpu."
            )
    yield starting
    yield from _front(rng, name, namespace, count, waiting=1)


def _recovered(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """It was bad for a while: killed for memory, crashed, or failed its probe; now it has been fine for long enough."""
    count, app = rng.randint(2, 5), _app(rng, name, 2)
    owner = k.deployment(name, namespace=namespace, replicas=count, containers=[app])
    revision = k.replica_set(owner, 2, replicas=count, age=70_000)
    yield from (owner, revision)
    for number in range(count):
        made = _ready_pod(rng, revision, number, {"app": name}, app, 70_000)
        over = rng.randint(1_200, 20_000)
        reason, code = rng.choice((("OOMKilled", 137), ("Error", 1), ("Error", 143)))
        made["status"]["containerStatuses"][0].update(
            restartCount=rng.randint(1, 6),
            lastState={"terminated": k.ended(code, ago=over, ran=600, reason=reason)},
            state=k.running(over - 1),
        )
        yield made
        yield k.event(made, "BackOff", "Back-off restarting failed container", ago=over, times=7)
        yield k.event(made, "Unhealthy", "Liveness probe failed: timeout", ago=over, times=3)
    yield from _front(rng, name, namespace, count)


def _stateful(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """One replica after the other is replaced; the newest has just started."""
    count, app = rng.randint(2, 5), _app(rng, name, 5)
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [app]}}
    owner = k.thing(
        "StatefulSet",
        name,
        namespace,
        spec={"replicas": count, "template": template, "serviceName": name},
        status={
            "replicas": count,
            "readyReplicas": count - 1,
            "currentRevision": "a",
            "updateRevision": "b",
            "updatedReplicas": 1,
        },
    )
    yield owner
    for number in range(count - 1):
        yield _ready_pod(rng, owner, number, {"app": name}, app, 400_000)
    yield k.pod(
        f"{name}-{count}",
        k.status(app["name"], **k.running(8)),
        owner=owner,
        namespace=namespace,
        containers=[app],
        labels={"app": name},
        age=12,
    )
    yield from _front(rng, name, namespace, count - 1, waiting=1)


def _daemon(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """On every node; on a node that has just joined it is still being created."""
    count, app = rng.randint(3, 6), k.container("agent", f"agent:{rng.randint(1, 9)}")
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [app]}}
    status = {"desiredNumberScheduled": count, "numberReady": count - 1, "updatedNumberScheduled": count}
    owner = k.thing("DaemonSet", name, namespace, spec={"template": template}, status=status)
    yield owner
    for number in range(count - 1):
        yield _ready_pod(rng, owner, number, {"app": name}, app, 300_000)
    yield k.pod(
        f"{name}-new",
        k.status("agent", **k.waiting("ContainerCreating")),
        owner=owner,
        namespace=namespace,
        containers=[app],
        phase="Pending",
        age=20,
    )


def _batch(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Jobs that succeeded, one whose first try failed, one that failed before the next run was fine, one running."""
    app = k.container("job", "job:1")
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [app]}}
    cron = k.thing(
        "CronJob", name, namespace, spec={"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": template}}}
    )
    yield cron
    for number, (age, outcome) in enumerate(((4000, "Failed"), (2000, "Complete"), (40, ""))):
        conditions = (
            [
                {
                    "type": outcome,
                    "status": "True",
                    "reason": "BackoffLimitExceeded",
                    "lastTransitionTime": k.at(age - 30),
                }
            ]
            if outcome
            else []
        )
        job = k.thing(
            "Job",
            f"{name}-{number}",
            namespace,
            age=age,
            metadata=k.owned_by(cron),
            spec={"template": template},
            status={"conditions": conditions},
        )
        yield job
        failed = k.status("job", terminated=k.ended(1, ago=age - 10))
        yield k.pod(
            f"{name}-{number}-a",
            failed,
            owner=job,
            namespace=namespace,
            containers=[app],
            phase="Failed",
            age=age,
            labels={"app": name},
        )
        if outcome != "Failed":
            phase, state = (
                ("Succeeded", {"terminated": k.ended(0, ago=age - 20, reason="Completed")})
                if outcome
                else ("Running", k.running(5))
            )
            yield k.pod(
                f"{name}-{number}-b",
                k.status("job", ready=not outcome, **state),
                owner=job,
                namespace=namespace,
                containers=[app],
                phase=phase,
                age=age,
                labels={"app": name},
            )
    # A Service in front of a batch job has endpoints only while it runs.
    made = k.service(name, namespace=namespace)
    yield from (made, k.endpoints(made))


def _off(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Scaled to nothing on purpose, its Service waiting; a Service of outside; one with endpoints made by hand."""
    owner = k.deployment(name, namespace=namespace, replicas=0)
    made = k.service(name, namespace=namespace)
    yield from (owner, k.replica_set(owner, 1, replicas=0), made, k.endpoints(made))
    yield k.service(
        f"{name}-outside", {}, namespace=namespace, spec={"type": "ExternalName", "externalName": "db.example"}
    )
    yield k.service(f"{name}-manual", {}, namespace=namespace)
    yield k.thing("PersistentVolumeClaim", f"{name}-data", namespace, spec={}, status={"phase": "Pending"})


def _canary(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Stable and canary side by side; the Service of an older version was left behind and nobody calls it."""
    for track, count in (("stable", 3), ("canary", 1)):
        app = _app(rng, name, 4)
        labels = {"app": name, "track": track}
        owner = k.deployment(f"{name}-{track}", namespace=namespace, replicas=count, containers=[app], labels=labels)
        revision = k.replica_set(owner, 1, replicas=count, age=20_000)
        yield from (owner, revision)
        for number in range(count):
            yield _ready_pod(rng, revision, number, labels, app, 20_000)
    yield from _front(rng, name, namespace, 4)
    left = k.service(f"{name}-old", {"app": name, "track": "legacy"}, namespace=namespace)
    yield from (left, k.endpoints(left))


def _paused_whole(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Paused by somebody, with all its pods."""
    app = _app(rng, name, 2)
    owner = k.deployment(
        name,
        namespace=namespace,
        replicas=2,
        containers=[app],
        conditions=[
            {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused", "lastUpdateTime": k.at(9000)}
        ],
        spec={"paused": True},
    )
    revision = k.replica_set(owner, 1, replicas=2, age=20_000)
    yield from (owner, revision)
    for number in range(2):
        yield _ready_pod(rng, revision, number, {"app": name}, app, 20_000)
    yield from _front(rng, name, namespace, 2)


def _leftovers(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """Evicted pods that nobody cleaned up, and events of pods that are long gone but had the same name."""
    count, app = 3, _app(rng, name, 1)
    owner = k.deployment(name, namespace=namespace, replicas=count, containers=[app])
    revision = k.replica_set(owner, 1, replicas=count, age=90_000)
    yield from (owner, revision)
    for number in range(count):
        made = _ready_pod(rng, revision, number, {"app": name}, app, 90_000)
        yield made
        namesake = {**made, "metadata": {**made["metadata"], "uid": "another"}}
        yield k.event(namesake, "Failed", 'Failed to pull image "x": not found', ago=30, times=9)
        yield k.event(namesake, "Unhealthy", "Readiness probe failed: connection refused", ago=10, times=50)
    for number in range(rng.randint(1, 4)):
        yield k.pod(
            f"{name}-evicted-{number}",
            k.status(app["name"], terminated=k.ended(137, ago=5000)),
            owner=revision,
            namespace=namespace,
            containers=[app],
            labels={"app": name},
            phase="Failed",
            age=9000,
            status={"reason": "Evicted", "phase": "Failed"},
        )
    yield from _front(rng, name, namespace, count)


def _scaled(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """An autoscaler that is as it should be: on target at its limit, far from it, or only just there."""
    count, app = rng.randint(2, 8), _app(rng, name, 3)
    owner = k.deployment(name, namespace=namespace, replicas=count, containers=[app])
    revision = k.replica_set(owner, 3, replicas=count, age=700_000)
    yield from (owner, revision)
    for number in range(count):
        yield _ready_pod(rng, revision, number, {"app": name}, app, 600_000)
    limited, used, since = rng.choice(((True, 63, 9000), (True, 140, 12), (False, 40, 9000), (False, 0, 9000)))
    measured = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": used}}}
    yield k.thing(
        "HorizontalPodAutoscaler",
        name,
        namespace,
        spec={
            "maxReplicas": count if limited else count + 4,
            "scaleTargetRef": {"kind": "Deployment", "name": name},
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
                }
            ],
        },
        status={
            "currentReplicas": count,
            "currentMetrics": [measured] if used else [{"type": ""}],
            "conditions": [
                {
                    "type": "ScalingLimited",
                    "status": str(limited),
                    "reason": "TooManyReplicas" if limited else "DesiredWithinRange",
                    "lastTransitionTime": k.at(since),
                }
            ],
        },
    )
    yield from _front(rng, name, namespace, count)


def _stored(rng: random.Random, name: str, namespace: str) -> Iterator[k.Json]:
    """A claim that is bound, one that is being bound for a pod that has just come, and one that nobody mounts."""
    app = _app(rng, name, 1)
    owner = k.deployment(name, namespace=namespace, replicas=2, ready=1, containers=[app])
    revision = k.replica_set(owner, 1, replicas=2, ready=1, age=50)
    serving = _ready_pod(rng, revision, 0, {"app": name}, app, 300_000)
    serving["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": f"{name}-0"}}]
    fresh = k.pod(
        f"{name}-fresh",
        k.status(app["name"], **k.waiting("ContainerCreating")),
        owner=revision,
        namespace=namespace,
        containers=[app],
        labels={"app": name},
        phase="Pending",
        age=40,
        node="",
        spec={"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"{name}-1"}}]},
    )
    yield from (owner, revision, serving, fresh)
    yield k.thing("StorageClass", f"{name}-class", "", provisioner="csi.example")
    for number, phase in (("0", "Bound"), ("1", "Pending"), ("spare", "Pending")):
        spec = {"storageClassName": f"{name}-class" if number != "spare" else "long-gone"}
        yield k.thing(
            "PersistentVolumeClaim", f"{name}-{number}", namespace, age=45, spec=spec, status={"phase": phase}
        )
    yield from _front(rng, name, namespace, 1, waiting=1)
