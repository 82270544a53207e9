"""A crash whose last words name what the latest release put into a setting."""

import pytest

from domain.cluster_state import ClusterState, LogKey
from domain.findings import Finding
from runbooks.fill import choose, fill
from runbooks.library import load
from tests.tools.detectors import things as k
from tools.detectors.blame import blamed
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold


def crashing(before: dict[str, str], after: dict[str, str], said: str) -> ClusterState:
    """One pod of the new revision crashes; one of the revision before serves."""

    def app(env: dict[str, str], tag: str) -> k.Json:
        return k.container(image=f"r/web:{tag}", env=[{"name": name, "value": value} for name, value in env.items()])

    old, new = app(before, "1"), app(after, "2")
    owner = k.deployment("web", replicas=2, ready=1, containers=[new])
    first = k.replica_set(owner, 1, replicas=1, age=90_000, containers=[old])
    second = k.replica_set(owner, 2, replicas=1, ready=0, age=1300, containers=[new])
    status = k.status(restarts=6, last=k.ended(1), **k.waiting("CrashLoopBackOff"))
    serving = k.pod("web-old", owner=first, containers=[old], labels={"app": "web"})
    pod = k.pod("web-new", status, owner=second, containers=[new], labels={"app": "web"}, age=1290, ready_since=20)
    return k.state(owner, first, second, serving, pod, logs={LogKey("shop", "web-new", "app", True): said})


def one(state: ClusterState) -> Finding:
    (finding,) = (f for f in find_all(state) if f.code == "crash-loop")
    return finding


def test_the_changed_setting_that_the_last_words_name_is_blamed() -> None:
    """Among several that a release changed; it is told with both values."""
    found = one(
        crashing(
            {"DATABASE_URL": "postgres://db.shop.svc:5432/web", "LOG_LEVEL": "info"},
            {"DATABASE_URL": "postgres://db-new.shop.svc:5432/web", "LOG_LEVEL": "debug"},
            "INFO starting\nERROR dial tcp: connect to db-new.shop.svc:5432: connection refused\n",
        )
    )

    assert found.facts["blamed_setting"] == found.facts["env_name"] == "DATABASE_URL"
    assert found.facts["previous_env_value"] == "postgres://db.shop.svc:5432/web"
    assert "DATABASE_URL was changed" in found.title


def test_the_log_that_tells_is_found_wherever_it_is_by_now() -> None:
    """Between reading the pods and reading their logs a container starts again, or ends: the logs have moved on."""
    told = "INFO starting\nERROR dial tcp redis-b:6379: connection refused\n"
    state = crashing({"CACHE": "redis-a:6379"}, {"CACHE": "redis-b:6379"}, "INFO starting\n")
    state.logs[LogKey("shop", "web-new", "app", False)] = told  # type: ignore[index]

    found = one(state)

    assert found.facts["blamed_setting"] == "CACHE"
    assert found.facts["last_line"] == "ERROR dial tcp redis-b:6379: connection refused"


def test_a_crash_that_speaks_of_something_else_blames_no_setting() -> None:
    found = one(crashing({"CACHE": "redis-a:6379"}, {"CACHE": "redis-b:6379"}, "panic: index out of range\n"))

    assert "blamed_setting" not in found.facts


def test_a_value_that_comes_from_somewhere_else_is_never_set_back_as_text() -> None:
    """What a Secret or a ConfigMap gives has no value here; going back to the revision before is the way."""
    state = crashing({"DATABASE_URL": "db-old.shop:5432"}, {}, "ERROR db-new.shop:5432 refused\n")
    reference = {"name": "DATABASE_URL", "valueFrom": {"configMapKeyRef": {"name": "db-new.shop", "key": "url"}}}
    for kind in ("Deployment", "ReplicaSet", "Pod"):
        for item in state.of(kind):
            spec = item["spec"]["template"]["spec"] if kind != "Pod" else item["spec"]
            if spec["containers"][0]["image"] == "r/web:2":
                spec["containers"][0]["env"] = [reference]

    facts = one(state).facts

    assert facts["env_name"] == "DATABASE_URL"
    assert not {"env_value", "previous_env_value", "blamed_setting"} & facts.keys()


def test_a_release_of_last_week_did_not_bring_what_began_today() -> None:
    """Its time is told with it, so that nobody takes back what has nothing to do with it."""
    state = crashing({}, {}, "panic\n")
    for item in state.of("ReplicaSet"):
        if item["metadata"]["name"].startswith("web-2"):
            item["metadata"]["creationTimestamp"] = k.at(7 * 86_400)

    found = one(state)
    (cause,) = fold([found], state)
    book = choose(cause, load())
    assert book is not None
    plan = fill(book, cause, context="test")

    assert found.facts["rolled_out_at"].startswith(k.at(7 * 86_400)[:19])
    assert not [step for step in plan.steps if step.command and "undo" in step.command.text]


def test_a_crash_loop_is_as_old_as_its_pod_where_it_never_did_anything_else() -> None:
    """Ready turns to false at every crash; who restarted evenly all its life was in trouble all its life."""
    found = one(crashing({}, {}, "panic\n"))

    assert found.since is not None
    assert found.since.strftime("%Y-%m-%dT%H:%M:%SZ") == k.at(1290)


@pytest.mark.parametrize(
    ("said", "old", "new", "is_blamed"),
    [
        ("lookup mq.wrong.example: no such host", "amqp://mq.shop:5672", "amqp://mq.wrong.example:5672", True),
        ("cannot reach rmq.wrong.example", "mq.shop", "mq.wrong.example", False),
        ("lookup db.new.svc.cluster.local failed", "db.old", "db.new", True),
        ("invalid pool size 'twenty-five'", "20", "twenty-five", True),
        ("listening on 80", "8080", "80", False),
        ("level is info", "warn", "info", False),
        ("connect 10.0.0.9:80 refused", "10.0.0.8", "10.0.0.9", True),
        ("connect db.shop:5432 refused", "db.shop:5432", "db.shop:5433", False),
    ],
)
def test_only_what_is_new_and_telling_counts(said: str, old: str, new: str, is_blamed: bool) -> None:
    """A short word or number may stand in any log by chance; what was there before explains nothing."""
    assert blamed(said, [("SETTING", old, new)]) == ("SETTING" if is_blamed else "")


def test_two_settings_that_are_named_alike_leave_it_open() -> None:
    changes = [("A", "old.example", "new.example"), ("B", "", "http://new.example/x")]

    assert blamed("no route to new.example", changes) == ""
