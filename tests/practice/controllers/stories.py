"""Stories that must come to the same under Kubernetes' own controllers and under practice's."""

from collections.abc import Sequence
from functools import partial

from practice.api import ApiError, Json
from practice.controllers.conditions import condition, holds
from practice.controllers.kinds import (
    AUTOSCALER,
    BUDGET,
    CLAIM,
    CONFIG_MAP,
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    ENDPOINTS,
    JOB,
    NAMESPACE,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
    STORAGE_CLASS,
    VOLUME,
)
from practice.controllers.taints import UNSCHEDULABLE
from tests.practice.controllers.stage import CONTAINER, Stage

NOWHERE = {"nodeSelector": {"disk": "none-has-this"}}


async def a_release_and_its_undoing(stage: Stage) -> Sequence[object]:
    """Revisions, annotations, conditions and events of a rollout, a rollback and a change of size."""
    note = {"annotations": {"kubernetes.io/change-cause": "two"}}
    await stage.deployment("web", 3)
    await stage.rolled_out("web")
    two = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "registry.example/main:2"}]}}}}
    one = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "registry.example/main:1"}]}}}}
    await stage.change(DEPLOYMENT, "web", {"metadata": note, **two})
    await stage.rolled_out("web")
    await stage.change(DEPLOYMENT, "web", one)
    await stage.rolled_out("web")
    await stage.change(DEPLOYMENT, "web", {"spec": {"replicas": 1}})
    await stage.rolled_out("web")
    return await stage.picture(DEPLOYMENT, REPLICA_SET, POD)


async def a_release_that_gets_nowhere(stage: Stage) -> Sequence[object]:
    """Pods that fit nowhere, a deadline missed, a size changed meanwhile, a pause, and the way out."""
    await stage.deployment("web", 4)
    await stage.rolled_out("web")
    await stage.change(DEPLOYMENT, "web", {"spec": {"progressDeadlineSeconds": 2, "template": {"spec": NOWHERE}}})
    await stage.says(DEPLOYMENT, "web", "ProgressDeadlineExceeded")
    before = await stage.picture(DEPLOYMENT, REPLICA_SET)
    await stage.change(DEPLOYMENT, "web", {"spec": {"replicas": 8}})

    async def grown() -> bool:
        return sum(each["spec"]["replicas"] for each in await stage.all(REPLICA_SET)) == 10

    await stage.until("both ReplicaSets to have grown", grown)
    sizes = sorted(each["spec"]["replicas"] for each in await stage.all(REPLICA_SET))
    await stage.change(DEPLOYMENT, "web", {"spec": {"template": {"spec": {"nodeSelector": None}}}})
    await stage.rolled_out("web")
    return [before, sizes]


async def a_pause(stage: Stage) -> Sequence[object]:
    """What is changed while paused is rolled out on resuming, and old revisions beyond the limit are forgotten."""
    await stage.deployment("web", 1, revisionHistoryLimit=0)
    await stage.rolled_out("web")
    await stage.change(DEPLOYMENT, "web", {"spec": {"paused": True, "template": {"metadata": {"labels": {"v": "2"}}}}})
    await stage.says(DEPLOYMENT, "web", "DeploymentPaused")

    async def counted() -> bool:
        return "updatedReplicas" not in (await stage.get(DEPLOYMENT, "web"))["status"]

    await stage.until("the new revision to be found empty", counted)
    paused = await stage.picture(DEPLOYMENT, REPLICA_SET)
    await stage.change(DEPLOYMENT, "web", {"spec": {"paused": False}})

    async def alone() -> bool:
        return len(await stage.all(REPLICA_SET)) == 1

    await stage.until("the old revision to be forgotten", alone)
    await stage.rolled_out("web")
    return [paused, await stage.picture(DEPLOYMENT, REPLICA_SET)]


async def a_recreation(stage: Stage) -> Sequence[object]:
    """All old pods go before the first new one comes."""
    await stage.deployment("web", 2, strategy={"type": "Recreate"})
    await stage.rolled_out("web")
    await stage.change(DEPLOYMENT, "web", {"spec": {"template": {"metadata": {"labels": {"v": "2"}}}}})
    await stage.rolled_out("web")
    return await stage.picture(DEPLOYMENT, REPLICA_SET)


async def pods_that_may_not_be_made(stage: Stage) -> Sequence[object]:
    """The refusal is on the ReplicaSet and on the Deployment."""
    await stage.deployment("web", 2, pod={"serviceAccountName": "nobody"})

    async def told() -> bool:
        conditions = (await stage.get(DEPLOYMENT, "web")).get("status", {}).get("conditions", [])
        return any(each["type"] == "ReplicaFailure" for each in conditions)

    await stage.until("the Deployment to tell of it", told)
    objects = await stage.picture(DEPLOYMENT, REPLICA_SET)
    return sorted(set(objects))


async def pods_taken_in_and_let_go(stage: Stage) -> Sequence[object]:
    """A ReplicaSet adopts what matches, and replaces what no longer does."""
    await stage.make(POD, "early", {"spec": {"containers": [CONTAINER]}}, labels={"app": "web"})
    await stage.until("the early one to be known", lambda: stage.has_pods(1))
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
    body = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    await stage.make(REPLICA_SET, "web", {"spec": body})

    async def settled() -> bool:
        status = (await stage.get(REPLICA_SET, "web")).get("status", {})
        ready = [pod for pod in await stage.all(POD) if holds(pod, "Ready")]
        return status.get("availableReplicas") == 2 and len(ready) == len(await stage.all(POD))

    await stage.until("two pods", settled)
    await stage.change(POD, "early", {"metadata": {"labels": {"app": "nobody"}}})

    async def replaced() -> bool:
        return len(await stage.all(POD)) == 3 and await settled()

    await stage.until("three pods", replaced)
    owners = sorted(str(len(pod["metadata"].get("ownerReferences", []))) for pod in await stage.all(POD))
    return [owners, await stage.picture(REPLICA_SET)]


async def pods_that_fit_nowhere(stage: Stage) -> Sequence[object]:
    """Each reason in the scheduler's words."""
    spread = {"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}
    terms = [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "NotIn", "values": ["linux"]}]}]
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    friend = {"labelSelector": {"matchLabels": {"app": "nobody"}}, "topologyKey": "kubernetes.io/hostname"}
    greedy = {"requests": {"cpu": "40", "memory": "1Ti", "example.com/gpu": "1"}, "limits": {"example.com/gpu": "1"}}
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "nothing"}}
    specs = {
        "selected": NOWHERE,
        "affine": {"affinity": {"nodeAffinity": affinity}},
        "greedy": {"containers": [{**CONTAINER, "resources": greedy}]},
        "claiming": {"volumes": [claim]},
        "spread": {"topologySpreadConstraints": [{**spread, "labelSelector": {"matchLabels": {"a": "b"}}}]},
        "lonely": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [friend]}}},
    }
    for name, spec in specs.items():
        await stage.make(POD, name, {"spec": {"containers": [CONTAINER], **spec}})

    async def refused() -> bool:
        return len([pod for pod in await stage.all(POD) if pod.get("status", {}).get("conditions")]) == len(specs)

    await stage.until("all to be refused", refused)

    async def told() -> bool:
        return len({each for each in await stage.glance() if "FailedScheduling" in each}) == len(specs)

    await stage.until("the events", told)
    # How often they are tried is chance.
    return sorted(set(await stage.picture(POD)))


async def answering_for_a_service(stage: Stage) -> Sequence[object]:
    """Ready pods, unready ones, a name that no port has, nobody, and a headless one."""
    unready = {**CONTAINER, "readinessProbe": {"tcpSocket": {"port": 8080}, "initialDelaySeconds": 1200}}
    await stage.deployment("web", 2)
    await stage.deployment("late", 1, pod={"containers": [unready]})
    await stage.service("web", ports=[{"name": "a", "port": 80, "targetPort": "http"}, {"name": "b", "port": 81}])
    await stage.service("late")
    await stage.service("unnamed", selector={"app": "web"}, ports=[{"port": 80, "targetPort": "nothing"}])
    await stage.service("nobody")
    await stage.service("headless", selector={"app": "web"}, clusterIP="None")
    await stage.rolled_out("web")

    async def answered() -> bool:
        found = {each["metadata"]["name"]: each.get("subsets") for each in await stage.all(ENDPOINTS)}
        ready = [
            one["targetRef"]["name"]
            for each in await stage.all(ENDPOINT_SLICE)
            for one in each["endpoints"] or ()
            if one["conditions"]["ready"]
        ]
        return bool(len(found) == 5 and found["late"] and len(found["web"][0].get("addresses", [])) == 2) and (
            len(ready) == 6
        )

    await stage.until("the endpoints", answered)
    first = await stage.picture(ENDPOINTS, ENDPOINT_SLICE)
    await stage.change(SERVICE, "web", {"spec": {"selector": {"app": "typo"}}})
    await stage.delete(SERVICE, "late")

    async def changed() -> bool:
        found = {each["metadata"]["name"]: each.get("subsets") for each in await stage.all(ENDPOINTS)}
        return len(found) == 4 and not found["web"] and len(await stage.all(ENDPOINT_SLICE)) == 4

    await stage.until("nobody to answer", changed)
    return [first, await stage.picture(ENDPOINTS, ENDPOINT_SLICE)]


async def owners_that_go(stage: Stage) -> Sequence[object]:
    """In the background, in the foreground, and leaving orphans behind."""
    for name in ("back", "front", "left"):
        await stage.deployment(name)
    for name in ("back", "front", "left"):
        await stage.rolled_out(name)
    await stage.delete(DEPLOYMENT, "back", propagationPolicy="Background")
    await stage.delete(DEPLOYMENT, "front", propagationPolicy="Foreground")
    await stage.delete(DEPLOYMENT, "left", propagationPolicy="Orphan")

    async def gone() -> bool:
        counts = [len(await stage.all(kind)) for kind in (DEPLOYMENT, REPLICA_SET, POD)]
        return counts == [0, 1, 1]

    await stage.until("what was owned to be gone", gone)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "never", "uid": "00000000-0000-0000-0000-000000000000"}
    await stage.make(CONFIG_MAP, "orphan", {"data": {}}, ownerReferences=[owner])

    async def collected() -> bool:
        return all(each["metadata"]["name"] != "orphan" for each in await stage.all(CONFIG_MAP))

    await stage.until("the orphan to be collected", collected)
    return await stage.picture(REPLICA_SET)


async def a_namespace_that_goes(stage: Stage) -> Sequence[object]:
    """It comes with an account and the authority, and tells what holds it up."""
    settings = await stage.get(CONFIG_MAP, "kube-root-ca.crt")
    born = [sorted(settings["data"]), settings["metadata"]["annotations"], len(await stage.all(SERVICE_ACCOUNT))]
    held = {"finalizers": ["example.com/held"]}
    await stage.make(CONFIG_MAP, "held", {}, **held)
    await stage.api.delete(NAMESPACE.path("", stage.namespace))

    async def told() -> bool:
        conditions = (await stage.api.get(NAMESPACE.path("", stage.namespace)))["status"].get("conditions", [])
        return any("configmaps. has 1" in each["message"] for each in conditions)

    await stage.until("the namespace to tell what is left", told)
    status = (await stage.api.get(NAMESPACE.path("", stage.namespace)))["status"]
    said = [(each["type"], each["status"], each["reason"], each["message"]) for each in status["conditions"]]
    await stage.change(CONFIG_MAP, "held", {"metadata": {"finalizers": None}})
    return [born, status["phase"], said]


async def a_load_that_grows(stage: Stage) -> Sequence[object]:
    """An autoscaler grows its target to its limit, says so, and shrinks it when the target is raised."""
    asking = {**CONTAINER, "resources": {"requests": {"cpu": "2m", "memory": "1Gi"}}}
    await stage.deployment("web", 1, pod={"containers": [asking]})
    await stage.rolled_out("web")
    await stage.autoscaler("web", 3, cpu=50, memory=70)
    await stage.says(AUTOSCALER, "web", "TooManyReplicas", "ScalingLimited")
    await stage.until("three pods", lambda: stage.has_pods(3))
    await stage.says(AUTOSCALER, "web", "ReadyForNewScale", "AbleToScale")
    grown = _of_autoscalers(await stage.picture(AUTOSCALER))
    await stage.change(AUTOSCALER, "web", {"spec": {"minReplicas": 2, "metrics": [stage.use("cpu", 5000)]}})
    await stage.says(AUTOSCALER, "web", "TooFewReplicas", "ScalingLimited")
    await stage.until("two pods", lambda: stage.has_pods(2))
    return [grown, _of_autoscalers(await stage.picture())]


async def loads_that_say_nothing(stage: Stage) -> Sequence[object]:
    """No target, no request, no pods, nothing to scale."""
    await stage.deployment("unasked", 1)
    await stage.deployment("off", 0)
    await stage.rolled_out("unasked")
    for name in ("unasked", "off", "missing"):
        await stage.autoscaler(name, 3, cpu=50)
    await stage.says(AUTOSCALER, "unasked", "FailedGetResourceMetric", "ScalingActive")
    await stage.says(AUTOSCALER, "off", "ScalingDisabled", "ScalingActive")
    await stage.says(AUTOSCALER, "missing", "FailedGetScale", "AbleToScale")

    async def told() -> bool:
        return any("missing request for cpu" in each for each in await stage.glance())

    await stage.until("the missing request to be told", told)
    return _of_autoscalers(await stage.picture(AUTOSCALER))


async def volumes_claimed(stage: Stage) -> Sequence[object]:
    """Bound, meant for another, of a missing class, waiting for a pod; and gone when nobody uses them."""
    own = stage.namespace
    late = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
    await stage.make(STORAGE_CLASS, f"{own}-late", late)
    await stage.volume(f"{own}-plain", "5Gi", "")
    await stage.volume(f"{own}-small", "1Gi", "")
    await stage.volume(f"{own}-meant", "1Gi", "", claimRef={"namespace": own, "name": "meant"})
    await stage.volume(f"{own}-late", "1Gi", f"{own}-late")

    async def offered() -> bool:
        return sum('"Available"' in each for each in await stage.volumes()) == 4

    await stage.until("the volumes to be there", offered)
    await stage.claim("plain", "2Gi", "")
    await stage.claim("meant", "1Gi", "")
    await stage.claim("huge", "99Gi", "")
    await stage.claim("missing", "1Gi", "fast")
    await stage.claim("late", "1Gi", f"{own}-late")
    await stage.claim("named", "1Gi", "", volumeName=f"{own}-small")

    async def bound(*names: str) -> bool:
        return all([(await stage.get(CLAIM, name)).get("status", {}).get("phase") == "Bound" for name in names])

    await stage.until("claims to be bound", lambda: bound("plain", "meant", "named"))
    for name in ("late", "missing"):
        claim = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
        await stage.make(POD, name, {"spec": {"containers": [CONTAINER], "volumes": [claim]}})
    await stage.until("the waiting claim to be bound", lambda: bound("late"))

    async def told() -> bool:
        reasons = ("ProvisioningFailed", "FailedBinding", "WaitForFirstConsumer", "FailedScheduling", "Scheduled")
        lines = [each for each in await stage.glance() if each.startswith("Event")]
        return all(any(reason in line for line in lines) for reason in reasons)

    await stage.until("the events", told)
    first = sorted(set(await stage.picture(CLAIM)))
    volumes = await stage.volumes()
    await stage.delete(CLAIM, "late")
    await stage.delete(CLAIM, "plain")

    async def released() -> bool:
        phases = {each["metadata"]["name"]: each["status"]["phase"] for each in await stage.api.items(VOLUME.path())}
        return phases[f"{own}-plain"] == "Released"

    await stage.until("the volume to be released", released)
    kept = "deletionTimestamp" in (await stage.get(CLAIM, "late"))["metadata"]
    await stage.delete(POD, "late", gracePeriodSeconds=0)

    async def gone() -> bool:
        return len(await stage.all(CLAIM)) == 4

    await stage.until("the claim to be gone with its pod", gone)
    for each in await stage.api.items(VOLUME.path()):
        if each["metadata"]["name"].startswith(own):
            await stage.delete(VOLUME, each["metadata"]["name"])
    await stage.delete(STORAGE_CLASS, f"{own}-late")
    return [first, volumes, kept]


async def pods_with_numbers(stage: Stage) -> Sequence[object]:
    """A StatefulSet grows, is renewed and shrinks, one pod after the other; its claims stay."""
    labels = {"app": "db"}
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": ""}
    for number in range(2):
        ref = {"namespace": stage.namespace, "name": f"data-db-{number}"}
        await stage.volume(f"{stage.namespace}-{number}", "1Gi", "", claimRef=ref)
    mounted = {**CONTAINER, "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [mounted]}}
    body = {"replicas": 2, "serviceName": "db", "selector": {"matchLabels": labels}, "template": template}
    claims = [{"metadata": {"name": "data"}, "spec": asked}]
    await stage.make(STATEFUL_SET, "db", {"spec": {**body, "volumeClaimTemplates": claims}})
    await stage.steady(STATEFUL_SET, "db", 2)
    first = _but_scheduling(await stage.picture(STATEFUL_SET, POD, CLAIM, CONTROLLER_REVISION))
    await stage.change(STATEFUL_SET, "db", {"spec": {"template": {"metadata": {"labels": {"v": "2"}}}}})
    await stage.steady(STATEFUL_SET, "db", 2, v="2")
    await stage.change(STATEFUL_SET, "db", {"spec": {"replicas": 1}})
    await stage.steady(STATEFUL_SET, "db", 1)
    last = _but_scheduling(await stage.picture(STATEFUL_SET, POD, CLAIM, CONTROLLER_REVISION))
    for number in range(2):
        await stage.delete(VOLUME, f"{stage.namespace}-{number}")
    return [first, last]


async def a_pod_on_every_node(stage: Stage) -> Sequence[object]:
    """A DaemonSet comes up, is renewed node by node, and leaves nodes that its selector no longer chooses."""
    labels = {"app": "agent"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [CONTAINER]}}
    await stage.make(DAEMON_SET, "agent", {"spec": {"selector": {"matchLabels": labels}, "template": template}})
    await stage.steady(DAEMON_SET, "agent", 3)
    first = await stage.picture(DAEMON_SET, POD, CONTROLLER_REVISION)
    await stage.change(DAEMON_SET, "agent", {"spec": {"template": {"metadata": {"labels": {"v": "2"}}}}})
    await stage.steady(DAEMON_SET, "agent", 3, v="2")
    second = await stage.picture(DAEMON_SET, CONTROLLER_REVISION)
    await stage.change(DAEMON_SET, "agent", {"spec": {"template": {"spec": NOWHERE}}})
    await stage.steady(DAEMON_SET, "agent", 0)
    return [first, second, await stage.picture(DAEMON_SET)]


async def work_that_ends(stage: Stage) -> Sequence[object]:
    """Jobs whose pods succeed, fail, take too long, or are held back."""
    for name, more in {
        "good": {"completions": 2},
        "bad": {"backoffLimit": 0},
        "slow": {"activeDeadlineSeconds": 1},
        "held": {"suspend": True},
    }.items():
        template = {"spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}
        await stage.make(JOB, name, {"spec": {"template": template, **more}})
    for name, phase, times in (("good", "Succeeded", 2), ("bad", "Failed", 1)):
        for _ in range(times):
            await stage.end_pod(f"job-name={name}", phase)
    await stage.says(JOB, "good", "CompletionsReached", "Complete")
    await stage.says(JOB, "bad", "BackoffLimitExceeded", "Failed")
    await stage.says(JOB, "slow", "DeadlineExceeded", "Failed")
    await stage.says(JOB, "held", "JobSuspended", "Suspended")

    async def told() -> bool:
        lines = await stage.glance()
        return all(any(word in each for each in lines) for word in ("Completed", "BackoffLimit", "Deadline", "Suspend"))

    await stage.until("the events", told)
    return await stage.picture(JOB)


async def pods_that_must_stay(stage: Stage) -> Sequence[object]:
    """Budgets count what is healthy and what may go, and the API server holds evictions to that."""
    budgets = {"least": {"minAvailable": 2}, "share": {"maxUnavailable": "50%"}, "nobody": {"minAvailable": 1}}
    for name, rule in budgets.items():
        await stage.make(BUDGET, name, {"spec": {**rule, "selector": {"matchLabels": {"app": name}}}})

    async def counted() -> bool:
        found = {each["metadata"]["name"]: each.get("status", {}) for each in await stage.all(BUDGET)}
        return [found[name].get("currentHealthy") for name in ("least", "share", "nobody")] == [2, 2, 0]

    for name in ("least", "share"):
        await stage.deployment(name, 2)
    for name in ("least", "share"):
        await stage.rolled_out(name)
    await stage.until("the pods to be counted", counted)
    first = await stage.picture(BUDGET)
    pod = (await stage.all(POD, labelSelector="app=least"))[0]["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": stage.namespace}}
    said = ""
    try:
        await stage.api.request("POST", POD.path(stage.namespace, pod, "eviction"), eviction)
    except ApiError as error:
        said = f"{error.status}: {error.message}"
    return [first, said]


async def a_node_that_is_ill(stage: Stage) -> Sequence[object]:
    """It is tainted, and those of its pods that do not put up with that are sent away."""
    node = await _lonely_node(stage)
    patient = [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}]
    hasty = [{**patient[0], "tolerationSeconds": 1}]
    for name, tolerations in (("patient", patient), ("hasty", hasty)):
        spec = {"containers": [CONTAINER], "nodeName": node, "tolerations": tolerations}
        await stage.make(POD, name, {"spec": spec})
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        await stage.change(POD, name, {"status": {"phase": "Running", "conditions": [ready]}}, "status")
    await stage.change(NODE, node, _readiness("False"), "status")

    async def sent_away() -> bool:
        leaving = {pod["metadata"]["name"]: pod["metadata"].get("deletionTimestamp") for pod in await stage.all(POD)}
        return bool(leaving["hasty"]) and any("TaintManager" in line for line in await stage.glance())

    await stage.until("the hasty pod to be sent away", sent_away)
    taints = (await stage.get(NODE, node))["spec"]["taints"]
    told = await stage.picture(POD)
    await stage.change(NODE, node, _readiness("True"), "status")

    async def well() -> bool:
        return [each["key"] for each in (await stage.get(NODE, node))["spec"]["taints"]] == [UNSCHEDULABLE]

    await stage.until("the taints to go", well)
    await _away_with(stage, node)
    return [sorted((each["key"], each["effect"]) for each in taints), told]


async def a_node_that_is_closed(stage: Stage) -> Sequence[object]:
    """Taken ports, a cordon and a taint keep pods away, each in its own words; lifting them lets the pods come."""
    nodes = sorted(each["metadata"]["name"] for each in await stage.api.items(NODE.path()))
    here = {"nodeSelector": {"kubernetes.io/hostname": nodes[0]}, "containers": [CONTAINER]}
    porter = {**here, "containers": [{**CONTAINER, "ports": [{"containerPort": 8080, "hostPort": 8099}]}]}
    taint = {"key": "reserved", "value": "yes", "effect": "NoSchedule"}

    async def why_not(name: str, spec: Json) -> str:
        await stage.make(POD, name, {"spec": spec})
        said: list[str] = []

        async def refused() -> bool:
            placed = condition(await stage.get(POD, name), "PodScheduled") or {}
            said.append(placed.get("message", ""))
            return placed.get("status") == "False"

        await stage.until(f"the {name} to be refused", refused)
        return said[-1]

    async def placed(name: str) -> bool:
        return holds(await stage.get(POD, name), "Ready")

    try:
        await stage.make(POD, "first", {"spec": porter})
        await stage.until("the first to be placed", lambda: placed("first"))
        told = [await why_not("second", porter)]
        await stage.change(NODE, nodes[0], {"spec": {"unschedulable": True}})
        told.append(await why_not("third", here))
        await stage.change(NODE, nodes[0], {"spec": {"unschedulable": None, "taints": [taint]}})
        told.append(await why_not("fourth", here))
    finally:
        await stage.change(NODE, nodes[0], {"spec": {"unschedulable": None, "taints": None}})
    for name in ("third", "fourth"):
        await stage.until(f"the {name} to be placed", partial(placed, name))
    return told


async def a_node_that_falls_silent(stage: Stage) -> Sequence[object]:
    """Nobody renews its lease: after a while nothing is known about it."""
    node = await _lonely_node(stage)
    await stage.make(POD, "here", {"spec": {"containers": [CONTAINER], "nodeName": node}})
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    await stage.change(POD, "here", {"status": {"phase": "Running", "conditions": [ready]}}, "status")

    async def lost() -> bool:
        return (condition(await stage.get(NODE, node), "Ready") or {}).get("status") == "Unknown"

    async def tainted() -> bool:
        return len((await stage.get(NODE, node))["spec"]["taints"]) == 3

    await stage.until("the node to be lost", lost, 60)
    await stage.until("the node to be tainted", tainted)
    found, told = await stage.get(NODE, node), await stage.picture(POD)
    await _away_with(stage, node)
    words = ("type", "status", "reason", "message")
    conditions = [[each.get(word) for word in words] for each in found["status"]["conditions"]]
    return [sorted((each["key"], each["effect"]) for each in found["spec"]["taints"]), sorted(conditions), told]


async def _lonely_node(stage: Stage) -> str:
    """One without a kubelet, closed to everybody's pods."""
    name = f"{stage.namespace}-node"
    await stage.make(NODE, name, {"spec": {"unschedulable": True}})
    await stage.change(NODE, name, _readiness("True"), "status")

    async def cordoned() -> bool:
        return [each["key"] for each in (await stage.get(NODE, name))["spec"].get("taints", [])] == [UNSCHEDULABLE]

    await stage.until("the node to be tainted as closed", cordoned)
    return name


def _readiness(status: str) -> Json:
    at = "2026-01-01T00:00:00Z"
    ready = {"type": "Ready", "status": status, "reason": "Said", "lastHeartbeatTime": at, "lastTransitionTime": at}
    return {"status": {"conditions": [ready]}}


async def _away_with(stage: Stage, node: str) -> None:
    for pod in await stage.all(POD):
        await stage.delete(POD, pod["metadata"]["name"], gracePeriodSeconds=0)
    await stage.delete(NODE, node)


def _but_scheduling(lines: Sequence[str]) -> list[str]:
    """Whether a pod is looked at before its claim is bound is chance."""
    return [each for each in lines if "Scheduling" not in each]


def _of_autoscalers(lines: Sequence[str]) -> list[str]:
    """Whether one is looked at before its pods have been measured is chance."""
    return [each for each in lines if "HorizontalPodAutoscaler" in each and "did not receive" not in each]


STORIES = (
    a_release_and_its_undoing,
    a_release_that_gets_nowhere,
    a_pause,
    a_recreation,
    pods_that_may_not_be_made,
    pods_taken_in_and_let_go,
    pods_that_fit_nowhere,
    answering_for_a_service,
    owners_that_go,
    a_namespace_that_goes,
    a_load_that_grows,
    loads_that_say_nothing,
    volumes_claimed,
    pods_with_numbers,
    a_pod_on_every_node,
    work_that_ends,
    pods_that_must_stay,
)
STORIES_OF_NODES = (a_node_that_is_ill, a_node_that_is_closed)
"""They add a node, which others would count, or close one."""
SLOW_STORIES = (a_node_that_falls_silent,)
