"""kubectl's many ways of saying one thing compile to the same API requests."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scripts import ApiRequest
from policy.kubectl import NotUnderstood, for_people, understand

PATCH_WEB = ApiRequest("patch", "apps", "deployments", "shop", "web")


def writes(*words: str, namespace: str = "shop") -> set[ApiRequest]:
    call = understand(("kubectl", *words), namespace=namespace)
    return {request for request in call.requests if request.verb not in ("get", "list", "watch")}


@pytest.mark.parametrize(
    "kind",
    ["deploy", "deployment", "deployments", "Deployment", "deployments.apps", "deployment.apps", "deploy.v1.apps"],
)
@pytest.mark.parametrize("joined", [True, False])
def test_every_name_of_a_kind_means_the_same(kind: str, joined: bool) -> None:
    """Short, singular, plural, with group and version; with a slash or with a space."""
    words = (f"{kind}/web",) if joined else (kind, "web")

    assert writes("rollout", "restart", *words) == {PATCH_WEB}


_NAMESPACE_FORMS = [("-n", "shop"), ("-nshop",), ("-n=shop",), ("--namespace", "shop"), ("--namespace=shop",)]
_REPLICA_FORMS = [("--replicas=3",), ("--replicas", "3")]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(_NAMESPACE_FORMS), st.sampled_from(_REPLICA_FORMS), st.permutations(range(3)))
def test_flags_may_stand_anywhere_in_any_form(
    space: tuple[str, ...], replicas: tuple[str, ...], order: list[int]
) -> None:
    """The requests are the same."""
    parts = [space, replicas, ("deploy/web",)]
    words = tuple(itertools.chain.from_iterable(parts[n] for n in order))
    ahead = ("kubectl", *space, "scale", "deploy/web", *replicas)

    expected = {ApiRequest("patch", "apps", "deployments", "shop", "web", "scale")}
    assert writes("scale", *words, namespace="elsewhere") == expected
    assert {r for r in understand(ahead).requests if r.verb == "patch"} == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("set image deploy web web=x:2", {PATCH_WEB}),
        ("set image deploy/web web=x:2 side=y:1", {PATCH_WEB}),
        ("set env deploy/web A=1 B-", {PATCH_WEB}),
        ("set resources deploy web --limits=cpu=1,memory=1Gi", {PATCH_WEB}),
        ("rollout undo deploy/web --to-revision=2", {PATCH_WEB}),
        ("rollout pause deploy/web", {PATCH_WEB}),
        ("annotate deploy web note=x", {PATCH_WEB}),
        ("scale deploy/web --replicas=2 --current-replicas=1",
         {ApiRequest("update", "apps", "deployments", "shop", "web", "scale")}),
        ("cordon n1", {ApiRequest("patch", "", "nodes", "", "n1")}),
        ("uncordon node/n1", {ApiRequest("patch", "", "nodes", "", "n1")}),
        ("delete pod a b", {ApiRequest("delete", "", "pods", "shop", name) for name in "ab"}),
        ("delete pod/a pods/b", {ApiRequest("delete", "", "pods", "shop", name) for name in "ab"}),
        ("label pods a x=y", {ApiRequest("patch", "", "pods", "shop", "a")}),
        ("get pods", set()),
        ("logs web --tail=5 -p", set()),
        ("set env deploy/web --list", set()),
        ("scale deploy/web --replicas=2 --dry-run=server", set()),
    ],
)  # fmt: skip
def test_each_command_makes_exactly_these_writes(words: str, expected: set[ApiRequest]) -> None:
    """One for each object, nothing beside it."""
    assert writes(*words.split()) == expected


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("get pods", ApiRequest("list", "", "pods", "shop", "")),
        ("get pods -A", ApiRequest("list", "", "pods", "", "")),
        ("get po web -o yaml", ApiRequest("get", "", "pods", "shop", "web")),
        ("get pods -w", ApiRequest("watch", "", "pods", "shop", "")),
        ("get nodes", ApiRequest("list", "", "nodes", "", "")),
        ("get pods,svc", ApiRequest("list", "", "services", "shop", "")),
        ("get all", ApiRequest("list", "apps", "deployments", "shop", "")),
        (
            "get virtualservices.networking.istio.io",
            ApiRequest("list", "networking.istio.io", "virtualservices", "shop", ""),
        ),
        ("describe node n1", ApiRequest("get", "", "nodes", "", "n1")),
        ("logs web", ApiRequest("get", "", "pods", "shop", "web", "log")),
        ("logs deploy/web", ApiRequest("list", "", "pods", "shop", "")),
        ("top pods", ApiRequest("list", "metrics.k8s.io", "pods", "shop", "")),
        ("rollout status deploy/web", ApiRequest("watch", "apps", "deployments", "shop", "")),
        ("wait --for=delete pod/a", ApiRequest("watch", "", "pods", "shop", "")),
        ("events", ApiRequest("list", "", "events", "shop", "")),
    ],
)
def test_reading_commands_say_what_they_read(words: str, read: ApiRequest) -> None:
    """So that the proxy can let cluster-wide reads through, one by one."""
    assert read in understand(("kubectl", *words.split()), namespace="shop").requests


@settings(max_examples=150, deadline=None)
@given(
    st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12),
    st.sampled_from(["get pods", "scale deploy/web --replicas=2"]),
)
def test_a_flag_nobody_knows_is_not_understood(name: str, command: str) -> None:
    """It could be anything: the gate reads arguments."""
    known = {"help", "watch", "output", "all", "wide", "record", "selector", "timeout", "recursive", "watch-only"}
    verdict: object = None
    if name in known:
        return

    try:
        verdict = understand(("kubectl", *command.split(), f"--{name}-zz=1"))
    except NotUnderstood:
        return

    raise AssertionError(verdict)


@pytest.mark.parametrize(
    "words",
    [
        "get pods pods/a",
        "get pods --dry-run",
        "scale deploy/web --replicas=2 --dry-run",
        "scale deploy/web --replicas=2 --replicas=3",
        "scale deploy/web --replicas=many",
        "scale deploy/web",
        "scale deploy/../web --replicas=2",
        "scale deploy/web%2f --replicas=2",
        "scale deploy/WEB --replicas=2",
        "scale pod/web --replicas=2",
        "scale cm/web --replicas=2",
        "get pods -n ../x",
        "get pods -n",
        "get pods -- -A",
        "get pods -f x.yaml",
        "get -k .",
        "get pods -o go-template-file=/etc/passwd",
        "get pods -o jsonpath-file=x",
        "get pods -o custom-columns-file=x",
        "get pods --watch=maybe",
        "get widgets",
        "set image deploy/web",
        "set image deploy/web web=$(x)",
        "set image deploy/web web=",
        "set env deploy/web",
        "set env deploy/web - A=1",
        "set env deploy/web --from=secret/db",
        "set env deploy/web --list --resolve",
        "set resources deploy/web",
        "rollout undo deploy/web --to-revision=x",
        "rollout pause sts/db",
        "rollout restart pod/a",
        "label deploy web",
        "label deploy web =x",
        "delete pod a --cascade=orphan",
        "patch deploy web",
        "patch deploy web -p notjson",
        'patch deploy web -p {"spec":1,"spec":2}',
        "patch deploy web --type=apply -p {}",
        "patch deploy web --patch-file=x",
        "logs",
        "logs a b c",
        "wait pod/a",
        "cluster-info dump",
        "--replicas=2 scale deploy/web",
        "foo",
        "",
    ],
)
def test_what_is_not_well_formed_is_not_understood(words: str) -> None:
    """kubectl might refuse it too; nobody has to find out."""
    with pytest.raises(NotUnderstood):
        understand(("kubectl", *words.split()), namespace="shop")


def test_people_get_the_cluster_in_every_line_they_copy() -> None:
    """What runs never carries a context; what people paste into their own shell must."""
    text = "kubectl get pods -n shop && kubectl get nodes\nkubectl logs web | grep kubectl"

    assert for_people(text, "prod cluster") == (
        "kubectl --context 'prod cluster' get pods -n shop && kubectl --context 'prod cluster' get nodes\n"
        "kubectl --context 'prod cluster' logs web | grep kubectl"
    )
    assert for_people(text, "") == text
