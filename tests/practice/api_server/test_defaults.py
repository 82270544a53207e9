"""What is not said is filled in, and who set what is written down, as on the real server."""

import asyncio
import copy
import json
from collections.abc import Iterator

import pytest

from practice.api import Api, Json
from practice.api_server.schema.defaults import defaulted
from practice.api_server.schema.managed_fields import manager_of, updated
from practice.api_server.schema.patches import patched
from practice.api_server.schema.pod_defaults import pull_policy
from practice.api_server.schema.schemas import schema_of
from practice.api_server.schema.unknown_fields import decoded
from practice.control_plane import ControlPlane
from tests.practice.api_server.beside import (
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    ask_all,
    created,
    differences,
    name_of,
    objects,
)

pytestmark = [pytest.mark.timeout(120)]

OF_THE_SERVER = "uid creationTimestamp managedFields namespace resourceVersion generation finalizers".split()
BY_ADMISSION: dict[str, tuple[str, ...]] = {
    "Pod": (
        "spec.containers[0].volumeMounts",
        "spec.preemptionPolicy",
        "spec.priority",
        "spec.serviceAccount",
        "spec.tolerations",
        "spec.volumes",
        "status.phase",
        "status.qosClass",
    ),
    "DaemonSet": ("metadata.annotations",),
    "Job": ("metadata.labels", "spec.selector", "spec.template.metadata.labels"),
    "Service": ("spec.clusterIP", "spec.ipFamil", "spec.ports[0].nodePort", "spec.ports[1].nodePort"),
    "PersistentVolume": ("status.lastPhaseTransitionTime",),
    "Namespace": ("spec.finalizers",),
    "Node": ("spec.taints",),
}
"""What the real server adds after defaulting: strategies and admission, which are elsewhere here too."""


def read(item: Json) -> Json:
    return defaulted(decoded(copy.deepcopy(item), schema_of(item["apiVersion"], item["kind"])).item)


@pytest.mark.cluster
def test_every_kind_gets_the_real_servers_defaults(control_plane: ControlPlane) -> None:
    items = objects()
    answers = created(control_plane, items)

    assert {status for status, _ in answers} == {201}, [answer for status, answer in answers if status != 201]
    found = [
        f"{name_of(item)}{each}" for item, (_, real) in zip(items, answers, strict=True) for each in unlike(real, item)
    ]

    assert found == []


def unlike(real: Json, item: Json) -> Iterator[str]:
    ours = read(item)
    for name in OF_THE_SERVER:
        real["metadata"].pop(name, None)
        ours["metadata"].pop(name, None)
    for each in differences(real, ours):
        if not each.removeprefix(".").startswith(BY_ADMISSION.get(item["kind"], ("no such path",))):
            yield each


@pytest.mark.cluster
def test_a_new_objects_fields_belong_to_who_made_it(control_plane: ControlPlane) -> None:
    items = objects()
    answers = created(control_plane, items, "&fieldManager=me")

    for item, (_, real) in zip(items, answers, strict=True):
        found = real["metadata"].get("managedFields", [])
        ours = updated(None, read(item), manager="me", at="2026-01-01T00:00:00Z")
        assert without_times(ours) == without_times(found), name_of(item)


PATCHES: list[tuple[str, str, object, str]] = [
    ("two", STRATEGIC, {"spec": {"replicas": 2}}, ""),
    ("maker", STRATEGIC, {"spec": {"replicas": 3}}, ""),
    (
        "two",
        STRATEGIC,
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "name": "main",
                                "image": "nginx:2",
                                "env": [{"name": "B", "$patch": "delete"}, {"name": "C", "value": "c"}],
                                "ports": [{"containerPort": 90}],
                                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                            }
                        ],
                        "volumes": [{"name": "v"}],
                    }
                }
            }
        },
        "",
    ),
    ("three", MERGE, {"metadata": {"labels": {"x": "y"}, "annotations": {"kubernetes.io/change-cause": None}}}, ""),
    (
        "four",
        JSON_PATCH,
        [
            {"op": "remove", "path": "/spec/template/spec/containers/1"},
            {"op": "add", "path": "/metadata/finalizers", "value": ["a.b/c", "d.e/f"]},
        ],
        "",
    ),
    ("five", MERGE, {"status": {"replicas": 2, "conditions": [{"type": "Odd", "status": "True"}]}}, "status"),
    ("six", MERGE, {"spec": {"replicas": 7}, "status": {"replicas": 3}}, ""),
    ("maker", MERGE, {"metadata": {"annotations": None}, "spec": {"paused": None}}, ""),
]


@pytest.mark.cluster
def test_a_changed_field_belongs_to_who_changed_it_last(control_plane: ControlPlane) -> None:
    """Patches of every kind by several managers, each on the object as it was made, beside the real server."""
    path = "/apis/apps/v1/namespaces/default/deployments/managed"
    made = asyncio.run(settled(control_plane, path))
    requests = [
        ("PATCH", f"{path}{'/' * bool(through)}{through}?dryRun=All&fieldManager={manager}", patch, kind)
        for manager, kind, patch, through in PATCHES
    ]

    answers = ask_all(control_plane, requests)
    ask_all(control_plane, [("DELETE", path, {}, "application/json")])

    schema = schema_of("apps/v1", "Deployment")
    for (manager, kind, patch, through), (status, real) in zip(PATCHES, answers, strict=True):
        assert status == 200, real
        changed = defaulted(patched(made, json.dumps(patch).encode(), kind, schema).item)
        ours = updated(made, changed, manager=manager, at="2026-01-01T00:00:00Z", subresource=through)
        assert without_times(ours) == without_times(real["metadata"]["managedFields"]), (manager, patch)


async def settled(plane: ControlPlane, path: str) -> Json:
    """A Deployment that the controllers are done with: it is paused and wants no pods."""
    item = next(each for each in objects() if name_of(each) == "Deployment/rich")
    item["metadata"] |= {"name": "managed", "namespace": "default"}
    item["spec"] |= {"paused": True}
    async with Api(plane.kubeconfig) as api:
        made = await api.create(item, field_manager="maker")
        while made["status"].get("observedGeneration") != 1 or len(made["status"].get("conditions", [])) < 2:
            await asyncio.sleep(0.05)
            made = await api.get(path)
        await asyncio.sleep(0.5)
        return await api.get(path)


def without_times(entries: list[Json]) -> list[Json]:
    found = [{key: value for key, value in each.items() if key != "time"} for each in entries]
    return sorted(found, key=lambda each: (each["manager"], each.get("subresource", "")))


def test_more_than_ten_managers_become_ten() -> None:
    """The oldest are summed up as `ancient-changes`."""
    item = read({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"k0": "0"}})
    item["metadata"]["managedFields"] = updated(None, item, manager="m00", at="2026-01-01T00:00:00Z")

    for number in range(1, 13):
        changed = copy.deepcopy(item)
        changed["data"][f"k{number}"] = "x"
        at = f"2026-01-01T00:{number:02}:00Z"
        changed["metadata"]["managedFields"] = updated(item, changed, manager=f"m{number:02}", at=at)
        item = changed

    entries = item["metadata"]["managedFields"]
    assert len(entries) == 10
    assert entries[0]["manager"] == "ancient-changes"
    assert entries[0]["fieldsV1"]["f:data"] == {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}, "f:k3": {}}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1", "IfNotPresent"),
        ("registry.example.com:5000/a/b", "Always"),
        (f"nginx@sha256:{'0' * 64}", "IfNotPresent"),
        ("UPPER/case", "Always"),
    ],
)
def test_an_image_without_a_tag_is_always_pulled(image: str, policy: str) -> None:
    assert pull_policy(image) == policy


def test_a_client_that_gives_no_manager_is_known_by_its_program() -> None:
    assert manager_of("", "kubectl/v1.36.3 (linux/amd64)") == "kubectl"
    assert manager_of("me", "kubectl/v1.36.3 (linux/amd64)") == "me"
