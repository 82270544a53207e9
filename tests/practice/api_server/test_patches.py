"""Patches of the three kinds make of an object what the real server makes of it, or are refused in its words."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from practice.api import Api, Json
from practice.api_server.schema.defaults import defaulted
from practice.api_server.schema.faults import invalid_status
from practice.api_server.schema.json_patch import json_patched
from practice.api_server.schema.merge_patch import merge_patched
from practice.api_server.schema.patch_errors import PatchRefused
from practice.api_server.schema.patches import patched
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.strategic_merge import merged
from practice.api_server.schema.validation import faults
from practice.control_plane import ControlPlane
from tests.practice.api_server.beside import JSON_PATCH, MERGE, STRATEGIC, ask_all, differences

TEMPLATE: Json = {
    "apiVersion": "v1",
    "kind": "PodTemplate",
    "metadata": {"name": "patched", "namespace": "default", "labels": {"a": "b"}, "finalizers": ["x.y/one", "x.y/two"]},
    "template": {
        "metadata": {"labels": {"app": "web", "tier": "back"}},
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": "main:1",
                    "args": ["a", "b"],
                    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}],
                    "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}],
                    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                },
                {"name": "side", "image": "side:1"},
            ],
            "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "w", "configMap": {"name": "w"}}],
            "tolerations": [{"key": "a", "operator": "Exists"}],
            "nodeSelector": {"disk": "ssd"},
            "imagePullSecrets": [{"name": "one"}, {"name": "two"}],
        },
    },
}
"""A kind with everything that patches can merge, and no controller that changes it meanwhile."""

NAMES = st.sampled_from(["A", "B", "C", "D"])
VARIABLES = st.one_of(
    st.builds(lambda name, value: {"name": name, "value": value}, NAMES, st.sampled_from(["x", "y", ""])),
    st.builds(lambda name: {"name": name, "$patch": "delete"}, NAMES),
    st.builds(lambda name: {"name": name, "value": None}, NAMES),
)
REPLACED = st.just([{"$patch": "replace"}, {"name": "Z", "value": "z"}])
PORTS = st.builds(
    lambda number, name: {"containerPort": number} | ({"name": name} if name else {}),
    st.sampled_from([80, 81, 82]),
    st.sampled_from(["http", "other", ""]),
)
CONTAINERS = st.fixed_dictionaries(
    {"name": st.sampled_from(["main", "side", "new"])},
    optional={
        "image": st.sampled_from(["main:2", "nginx"]),
        "args": st.one_of(st.none(), st.lists(st.sampled_from(["a", "c"]), max_size=2)),
        "env": st.one_of(st.lists(VARIABLES, max_size=3, unique_by=lambda each: each["name"]), REPLACED),
        "$setElementOrder/env": st.permutations([{"name": name} for name in "ABCD"]),
        "ports": st.lists(PORTS, max_size=2, unique_by=lambda each: each["containerPort"]),
        "resources": st.sampled_from([None, {"limits": {"cpu": "1"}}, {"$patch": "replace"}]),
    },
)
VOLUMES = st.sampled_from(
    [
        {"name": "v", "emptyDir": {"medium": "Memory"}},
        {"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "x"}},
        {"name": "w", "$patch": "delete"},
        {"name": "new", "secret": {"secretName": "s"}},
        {"name": "w", "configMap": None, "emptyDir": {}},
    ]
)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "containers": st.lists(CONTAINERS, max_size=2, unique_by=lambda each: each["name"]),
        "$setElementOrder/containers": st.permutations([{"name": name} for name in ("main", "side", "new")]),
        "volumes": st.lists(VOLUMES, max_size=2, unique_by=lambda each: each["name"]),
        "tolerations": st.lists(st.just({"key": "b", "operator": "Exists"}), max_size=1),
        "nodeSelector": st.sampled_from([None, {"disk": None, "zone": "a"}, {"$patch": "replace", "x": "y"}, {}]),
        "imagePullSecrets": st.sampled_from([[{"name": "two", "$patch": "delete"}], [{"name": "three"}], None]),
        "restartPolicy": st.sampled_from([None, "Never"]),
        "securityContext": st.sampled_from([None, {"runAsUser": 5}, {"$patch": "delete"}]),
    },
)
FINALIZERS = st.sampled_from(
    [
        {},
        {"finalizers": ["x.y/three"]},
        {"finalizers": ["x.y/one"], "$setElementOrder/finalizers": ["x.y/two", "x.y/one"]},
        {"$deleteFromPrimitiveList/finalizers": ["x.y/one"]},
        {"$deleteFromPrimitiveList/finalizers": ["x.y/none"], "$setElementOrder/finalizers": ["x.y/two", "x.y/one"]},
        {"finalizers": None},
    ]
)
LABELS = st.sampled_from([{}, {"a": None}, {"c": "d"}, {"$patch": "replace", "e": "f"}])
METADATA = st.builds(lambda labels, finalizers: {"labels": labels} | finalizers, LABELS, FINALIZERS)
STRATEGIC_PATCHES = st.fixed_dictionaries(
    {}, optional={"metadata": METADATA, "template": st.fixed_dictionaries({"spec": PODS})}
)
MERGE_PATCHES = st.recursive(
    st.sampled_from([None, "x", 1, ["a"], {}]),
    lambda inner: st.dictionaries(
        st.sampled_from(["metadata", "labels", "template", "spec", "nodeSelector", "a", "disk", "restartPolicy"]),
        inner,
        max_size=3,
    ),
    max_leaves=6,
).filter(lambda patch: isinstance(patch, dict) and isinstance(patch.get("metadata", {}), dict))
JSON_OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "test", "move", "copy", "guess"]),
        "path": st.sampled_from(
            [
                "/metadata/labels/a",
                "/metadata/labels/x~1y",
                "/template/spec/containers/0/args/0",
                "/template/spec/containers/0/args/-",
                "/template/spec/containers/0/args/-1",
                "/template/spec/containers/7",
                "/template/spec/nodeSelector",
                "/nothing/there",
                "nonsense",
            ]
        ),
    },
    optional={
        "value": st.sampled_from(["b", "c", {"zone": "a"}, None, 1]),
        "from": st.sampled_from(["/metadata/labels/a", "/template/spec/nodeSelector/disk", "/gone"]),
    },
)
JSON_PATCHES = st.lists(JSON_OPERATIONS, min_size=1, max_size=2)

PATH = "/api/v1/namespaces/default/podtemplates/patched"


@pytest.fixture(scope="module")
def made(control_plane: ControlPlane) -> Iterator[Json]:
    """The object that is patched, as the real server keeps it."""

    async def make() -> Json:
        async with Api(control_plane.kubeconfig) as api:
            return await api.request("POST", PATH.removesuffix("/patched"), TEMPLATE)

    async def remove() -> None:
        async with Api(control_plane.kubeconfig) as api:
            await api.delete(PATH)
            await api.patch(PATH, {"metadata": {"finalizers": None}}, kind="merge")

    yield asyncio.run(make())
    asyncio.run(remove())


def ours(made: Json, patch: Any, kind: str) -> tuple[int, Json]:
    schema = schema_of("v1", "PodTemplate")
    try:
        outcome = patched(made, json.dumps(patch).encode(), kind, schema, "Strict")
    except PatchRefused as refused:
        return refused.code, {"message": refused.message}
    item = defaulted(outcome.item)
    wrong = faults(item, made)
    return (422, invalid_status("", "PodTemplate", "patched", wrong)) if wrong else (200, item)


def check_alike(plane: ControlPlane, made: Json, patches: list[Any], kind: str) -> None:
    query = "?dryRun=All&fieldValidation=Strict"
    answers = ask_all(plane, [("PATCH", PATH + query, patch, kind) for patch in patches])
    for patch, (status, real) in zip(patches, answers, strict=True):
        code, found = ours(made, patch, kind)
        assert code == status, (patch, real.get("message"), found.get("message"))
        if status == 200:
            for each in (real, found):
                each["metadata"].pop("managedFields", None)
                each["metadata"].pop("generation", None)
            assert list(differences(real, found)) == [], patch
        elif kind == STRATEGIC or "patch: Invalid" not in real["message"]:
            assert found["message"] == real["message"], patch


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("patches", "kind"),
    [(STRATEGIC_PATCHES, STRATEGIC), (MERGE_PATCHES, MERGE), (JSON_PATCHES, JSON_PATCH)],
    ids=["strategic", "merge", "json"],
)
def test_patches_come_out_alike(
    control_plane: ControlPlane, made: Json, patches: st.SearchStrategy[Any], kind: str
) -> None:
    """A hundred that were drawn, each on the object as it was made."""
    check_alike(control_plane, made, drawn(patches, 100), kind)


def drawn(patches: st.SearchStrategy[Any], count: int) -> list[Any]:
    """All at once, so that the real server can be asked about all at once."""
    found: list[Any] = []

    @settings(max_examples=count, phases=[Phase.generate], database=None)
    @given(patches)
    def collect(patch: Any) -> None:
        found.append(patch)

    collect()
    return found


@pytest.mark.cluster
def test_patches_that_make_no_sense_are_refused_alike(control_plane: ControlPlane, made: Json) -> None:
    main = {"name": "main"}
    check_alike(
        control_plane,
        made,
        [
            {"template": {"spec": {"containers": [{"image": "x"}]}}},
            {"template": {"spec": {"containers": [{"name": "main", "$patch": "guess"}]}}},
            {"template": {"$patch": "guess"}},
            {
                "template": {
                    "spec": {
                        "containers": [main, {"name": "side"}],
                        "$setElementOrder/containers": [{"name": "side"}, main],
                    }
                }
            },
            {"template": {"spec": {"volumes": [{"name": "v", "$retainKeys": ["name"], "secret": {}}]}}},
            {"template": {"spec": {"containers": "x"}}},
            {"template": {"spec": {"restartPolicy": 1}}},
            {"template": {"spec": {"unheard": 1}}},
            {"metadata": {"labels": {"a": 1}}},
            {"metadata": {"finalizers": [["x"]]}},
            {"metadata": {"labels": "x"}},
        ],
        STRATEGIC,
    )


@given(MERGE_PATCHES)
def test_a_merge_patch_applied_twice_changes_nothing_more(patch: Json) -> None:
    once = merge_patched(TEMPLATE, patch)

    assert merge_patched(once, patch) == once


@given(STRATEGIC_PATCHES)
def test_a_patch_leaves_the_object_it_was_given_alone(patch: Json) -> None:
    before = json.dumps(TEMPLATE)

    with contextlib.suppress(PatchRefused):
        merged(TEMPLATE, patch, schema_of("v1", "PodTemplate"))

    assert json.dumps(TEMPLATE) == before


def test_a_json_patch_that_fails_halfway_changes_nothing() -> None:
    item = {"a": {"b": 1}}

    with pytest.raises(PatchRefused):
        json_patched(item, [{"op": "add", "path": "/a/c", "value": 2}, {"op": "test", "path": "/a/b", "value": 9}])

    assert item == {"a": {"b": 1}}
