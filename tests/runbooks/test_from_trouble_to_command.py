"""From a cluster in trouble to the first command and its way back, as a person would be shown them."""

import pytest

from domain.cluster_state import ClusterState
from domain.risk import Risk
from domain.scripts import Plan
from runbooks.fill import choose, fill
from runbooks.library import load
from tests.tools.detectors import things as k
from tests.tools.detectors.test_autoscaler_at_limit import autoscaler, serving
from tests.tools.detectors.test_blame import crashing
from tests.tools.detectors.test_claim_pending import claim, mounting, storage_class
from tests.tools.detectors.test_cordoned import MESSAGE, labelled
from tests.tools.detectors.test_selector import selecting
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold

BOOKS = load()


def plan_of(state: ClusterState) -> Plan:
    first, *_ = fold(find_all(state), state)
    book = choose(first, BOOKS)
    assert book is not None
    return fill(book, first, context="test")


def cordoned() -> ClusterState:
    owner = k.deployment("web", replicas=1, ready=0)
    revision = k.replica_set(owner, 1, replicas=1, ready=0, age=90_000)
    spec = {"nodeSelector": {"disk": "ssd"}}
    pod = k.pod("web-0", k.status(), owner=revision, node="", phase="Pending", spec=spec, labels={"app": "web"})
    waits = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": MESSAGE}
    pod["status"]["conditions"] = [{**waits, "lastTransitionTime": k.at(600)}]
    return k.state(owner, revision, pod, labelled("node-a", {"disk": "ssd"}, cordoned=True), labelled("node-b", {}))


def wrong_port() -> ClusterState:
    """The probe asks a port that nobody serves since the latest rollout; a pod of the one before serves."""

    def app(port: int) -> k.Json:
        return k.container(
            ports=[{"containerPort": 8080}], readinessProbe={"httpGet": {"path": "/ready", "port": port}}
        )

    owner = k.deployment("web", replicas=2, ready=1, containers=[app(9090)])
    first = k.replica_set(owner, 1, replicas=1, age=90_000, containers=[app(8080)])
    second = k.replica_set(owner, 2, replicas=1, ready=0, age=700, containers=[app(9090)])
    serving = k.pod("web-a", owner=first, containers=[app(8080)], labels={"app": "web"})
    late = k.pod(
        "web-b", k.status(**k.running(690)), owner=second, containers=[app(9090)], labels={"app": "web"}, age=695
    )
    refused = k.event(late, "Unhealthy", "Readiness probe failed: dial tcp 10.0.0.1:9090: connect: connection refused")
    return k.state(owner, first, second, serving, late, refused)


def paused() -> ClusterState:
    held = {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused", "lastUpdateTime": k.at(1200)}
    owner = k.deployment("web", replicas=2, ready=1, conditions=[held])
    owner["spec"]["paused"] = True
    revision = k.replica_set(owner, 1, replicas=2, ready=1, age=90_000)
    made = [k.pod("web-0", owner=revision), k.pod("web-1", k.status(**k.running(30)), owner=revision, age=40)]
    return k.state(owner, revision, *made)


SELECTOR = "kubectl -n shop patch service cart --type=merge -p "


@pytest.mark.parametrize(
    ("state", "command", "undo"),
    [
        (
            selecting({"app.kubernetes.io/name": "cartt", "team": "shop"}),
            SELECTOR + """'{"spec":{"selector":{"app.kubernetes.io/name":"cart"}}}'""",
            SELECTOR + """'{"spec":{"selector":{"app.kubernetes.io/name":"cartt"}}}'""",
        ),
        (
            selecting({"app.kubernetes.io/nmae": "cart", "team": "shop"}),
            SELECTOR + """'{"spec":{"selector":{"app.kubernetes.io/nmae":null,"app.kubernetes.io/name":"cart"}}}'""",
            SELECTOR + """'{"spec":{"selector":{"app.kubernetes.io/nmae":"cart","app.kubernetes.io/name":null}}}'""",
        ),
        (
            selecting({"app.kubernetes.io/name": "cart", "track": "canary"}),
            SELECTOR + """'{"spec":{"selector":{"track":null}}}'""",
            SELECTOR + """'{"spec":{"selector":{"track":"canary"}}}'""",
        ),
        (cordoned(), "kubectl uncordon node-a", "kubectl cordon node-a"),
        (
            mounting(claim(), storage_class("other")),
            "kubectl -n shop rollout undo deployment/web --to-revision=1",
            "kubectl -n shop rollout undo deployment/web --to-revision=2",
        ),
        (
            serving(autoscaler()),
            """kubectl -n shop patch hpa web --type=merge -p '{"spec":{"maxReplicas":12}}'""",
            """kubectl -n shop patch hpa web --type=merge -p '{"spec":{"maxReplicas":4}}'""",
        ),
        (
            wrong_port(),
            "kubectl -n shop rollout undo deployment/web --to-revision=1",
            "kubectl -n shop rollout undo deployment/web --to-revision=2",
        ),
        (
            crashing({"DB": "db.shop:5432"}, {"DB": "db.shpo:5432"}, "ERROR lookup db.shpo: no such host\n"),
            "kubectl -n shop set env deployment/web -c app DB=db.shop:5432",
            "kubectl -n shop set env deployment/web -c app DB=db.shpo:5432",
        ),
        (paused(), "kubectl -n shop rollout resume deployment/web", "kubectl -n shop rollout pause deployment/web"),
    ],
    ids=["selector", "label name", "label too many", "cordon", "claim", "autoscaler", "probe", "setting", "paused"],
)
def test_trouble_leads_to_the_command_that_mends_it(state: ClusterState, command: str, undo: str) -> None:
    step = plan_of(state).steps[0]

    assert step.command is not None, step.why
    assert step.command.text == command
    assert [back.text for back in step.undo] == [undo]
    assert step.risk is Risk.medium
    assert step.verify, "whoever runs it has to be told whether it worked"


def test_a_node_belongs_to_no_namespace_and_its_pods_to_theirs() -> None:
    """What is written is the node; what tells whether it helped is the workload."""
    step = plan_of(cordoned()).steps[0]

    assert [str(ref) for ref in step.objects] == ["Node node-a", "Deployment shop/web"]


@pytest.mark.parametrize(
    ("state", "needs"),
    [
        (selecting({"app.kubernetes.io/name": "card", "team": "shopp"}), "the label"),
        (mounting(claim(), storage_class("other"), name="data"), ""),
    ],
)
def test_what_is_not_known_is_left_to_a_person(state: ClusterState, needs: str) -> None:
    """Two wrong labels at once are more than a typo; a person is told what is missing."""
    plan = plan_of(state)

    assert any(step.command is None and needs in f"{step.title} {step.why}" for step in plan.steps)
